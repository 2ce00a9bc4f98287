/**
 * Definition of `millrace show`.
 * @module
 */
import type { Io } from "../io.ts";
import { NAMES, type Program } from "./_program.ts";

const HELP = `
Times are picoseconds from the start of the run; write them with a unit (ps, ns, us, ms, s, min, h). A time range holds
the rows that start in it. JSON is an array with a row a line: times and 64-bit integers are texts, NaN and infinite
values are null, samples are complete. Expressions know and, or, not, in (1, 2), in 1s..2s, arithmetic, and units of time.

Examples:
  millrace show ./data
  millrace show ./data run_7
  millrace show ./data run_7 hit_threshold --time 1s..2s --limit 5
  millrace show ./data run_7 basic_features --columns time,channel,height --json
  millrace show ./data run_7 hit_threshold --where 'height > 20 and time >= 1.5s' --limit 5
  millrace show ./data run_7 hit_threshold,hit_features --columns height,width
  millrace show ./data run_7 hit_threshold@4f1a --limit 5
  millrace show ./data run_7 records --picture
`;

/** Add `show` to the program. */
export function addShow(program: Program, io: Io): void {
  program.command("show")
    .description("List runs, the data types of a run, or print rows")
    .argument("<store>", "folder of the results")
    .argument("[run]", "name of the run")
    .argument("[type]", "data type, or several of one kind separated by commas")
    .option(
      "-w, --where <expression>",
      "only rows for which it is true, such as 'height > 20 and channel in (1, 2)'",
    )
    .option("--time <start..end>", "only rows that start in a time range")
    .option("-n, --limit <rows>", "most rows to print, or all (default: 20, with --json all)")
    .option("-c, --columns <names>", "only these columns, separated by commas")
    .option(
      "--picture [row]",
      "draw a waveform and its hits, or a spectrum (default: the first with samples; rows count from 0)",
    )
    .option("--plugins <set>", "built-in plugins whose options are told: signal or strax (default: signal)")
    .option("--json", "as JSON")
    .helpOption("-h, --help", "show help")
    .addHelpText("after", NAMES + HELP)
    .action(async (store, run, type, _options, command) => {
      const { showAction } = await import("../actions/show.ts");
      await showAction(store, run, type, command.optsWithGlobals(), io);
    });
}
