/**
 * Definition of `millrace export`.
 * @module
 */
import type { Io } from "../io.ts";
import { NAMES, type Program } from "./_program.ts";

const HELP = `
The format follows the file's ending: .parquet, .csv, .jsonl, .arrow, .npy, .npz. Times are picoseconds since the start of
the run (64-bit integers). Samples are lists in Parquet, Arrow and JSON, numbers separated by spaces in CSV; .npz has them
as one array with NAME_offsets, .npy takes those of one length alone. Several types of one kind come side by side.

Examples:
  millrace export ./data run_7 hit_threshold --to hits.parquet
  millrace export ./data run_7 hit_threshold --to hits.csv --where 'height > 20' --columns channel,height
  millrace export ./data run_7 records --to first.npz --time 0..1ms --compress
`;

/** Add `export` to the program. */
export function addExport(program: Program, io: Io): void {
  program.command("export")
    .description("Write rows of a stored result into a file for other programs")
    .argument("<store>", "folder of the results")
    .argument("<run>", "name of the run")
    .argument("<type>", "data type, or several of one kind separated by commas")
    .requiredOption("--to <file>", "the file")
    .option("--format <name>", "parquet, csv, jsonl, arrow, npy or npz (default: as the file's ending says)")
    .option(
      "-w, --where <expression>",
      "only rows for which it is true, such as 'height > 20 and channel in (1, 2)'",
    )
    .option("--time <start..end>", "only rows that start in a time range")
    .option("-c, --columns <names>", "only these columns, separated by commas, and time and endtime")
    .option("--compress", "compress an .npz file, as numpy.savez_compressed does")
    .option("--json", "tell what was done as JSON")
    .helpOption("-h, --help", "show help")
    .addHelpText("after", NAMES + HELP)
    .action(async (store, run, type, _options, command) => {
      const { exportAction } = await import("../actions/export.ts");
      await exportAction(store, run, type, command.optsWithGlobals(), io);
    });
}
