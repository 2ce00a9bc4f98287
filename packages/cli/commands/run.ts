/**
 * Definition of `millrace run`.
 * @module
 */
import type { Io } from "../io.ts";
import { collect, type Program } from "./_program.ts";

const HELP = `
Folders stand for the .BIN files in them or in RAW; patterns are quoted. All inputs together are one run. What the store
has already from the same input, plugins and options is not computed again.

Examples:
  millrace run ./DAQ/run_7 --type hit_threshold,basic_features --store ./data
  millrace run './DAQ/run_7/RAW/*CH0*.BIN' --run-id run_7_ch0 --type records --store ./data
  millrace run ./DAQ/run_7 --type hit_threshold --set hit_threshold.threshold=25 --store ./data
  millrace run broken.BIN --type records --recover --store ./data --json
`;

/** Add `run` to the program. */
export function addRun(program: Program, io: Io): void {
  program.command("run")
    .description("Compute data types of a run and store them")
    .argument("<input...>", "files, folders or patterns of one run")
    .option("-t, --type <types>", "data types to compute, separated by commas")
    .option("-s, --store <folder>", "folder of the results")
    .option("--run-id <name>", "name of the run (default: that of the input)")
    .option("--chunk-size <rows>", "rows a chunk, over what plugins say; changes no result")
    .option("--memory <size>", "memory that the run may hold", "1GiB")
    .option("--set <plugin.option=value>", "set an option of a plugin, may be given again", collect)
    .option("--recover", "keep what stands before the damage in a broken file")
    .option("--fresh", "compute also what is stored already")
    .option("--json", "tell what was done as JSON on standard output")
    .helpOption("-h, --help", "show help")
    .addHelpText("after", HELP)
    .action(async (inputs, _options, command) => {
      const { runAction } = await import("../actions/run.ts");
      await runAction(inputs, command.optsWithGlobals(), io);
    });
}
