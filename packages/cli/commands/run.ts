/**
 * Definition of `millrace run`.
 * @module
 */
import type { Io } from "../io.ts";
import { withComputing, withRequest } from "./_options.ts";
import type { Program } from "./_program.ts";

const HELP = `
Folders stand for the data files in them or in RAW, of one format: CoMPASS or V1725 .BIN, .csv, WaveDump .dat, .npy, .npz,
.lh5, .wav, .arrow, .parquet; what is left out is said. Patterns are quoted. All inputs together are one run. What the
store has already from the same input, plugins and options is not computed again; a run that was interrupted goes on where
it ended; what another process is computing is waited for.
Plugins are computed in threads; in processes, which need the permission --allow-run=/bin/sh, where a crash is to end
nothing else; or inline. The results are the same. A --plugin from http: needs the permission --allow-import=HOST. Give
permissions behind "deno run", in front of the path of packages/cli/main.ts. Plugins of millrace.lock (millrace plugin add)
run in sandboxes, which need --allow-run=/bin/sh too.

Examples:
  millrace run ./DAQ/run_7 --type hit_threshold,basic_features --store ./data
  millrace run './DAQ/run_7/RAW/*CH0*.BIN' --run-id run_7_ch0 --type records --store ./data
  millrace run ./DAQ/run_7 --type hit_threshold --set hit_threshold.threshold=25 --store ./data
  millrace run ./DAQ/run_7 --type basic_features --save records --store ./data --read-from /shared/data
  millrace run traces.npy --type basic_features --set raw_files.dt=2ns --store ./data
  millrace run broken.BIN --type records --recover --store ./data --json
  millrace run ./DAQ/run_7 --type hit_threshold --chunk-size auto --workers 2 --store ./data
  millrace run ./DAQ/run_7 --type my_hits --plugin ./my_hits.ts --store ./data
  millrace run raw_records.bin --plugins strax --type peaks --set raw_records.joinFragments=true --store ./data
  millrace run ./DAQ/run_7 --type hit_threshold --plugin http://127.0.0.1:8080/mine.ts --store ./data
  millrace run ./DAQ/run_7 --type hit_threshold --executor inline --trace trace.json --store ./data
`;

/** Add `run` to the program. */
export function addRun(program: Program, io: Io): void {
  const run = program.command("run")
    .description("Compute data types of a run and store them")
    .argument("<input...>", "files, folders or patterns of one run");
  withRequest(run)
    .option(
      "--codec <name>",
      "hold new results as: none, zstd or waveform (default: waveform); changes no row",
    )
    .option("--chunk-size <rows>", "rows a chunk, over what plugins say, or auto; changes no result")
    .option(
      "--chunk-bytes <size>",
      "bytes of rows in a stored chunk of a new result (default: 8MiB, less with little memory)",
    )
    .option("--chunk-span <time>", "longest time of a stored chunk of a new result (default: 60s)")
    .option("--memory <size>", "memory that the run may hold: 1 MiB and 1 MiB a worker at least", "1GiB");
  withComputing(run)
    .option("--fresh", "compute also what is stored already, or was left by an interrupted run")
    .option("--trace <file>", "write what ran where and when, for chrome://tracing or ui.perfetto.dev")
    .option("--json", "tell what was done as JSON on standard output")
    .helpOption("-h, --help", "show help")
    .addHelpText("after", HELP)
    .action(async (inputs, _options, command) => {
      const { runAction } = await import("../actions/run.ts");
      await runAction(inputs, command.optsWithGlobals(), io);
    });
}
