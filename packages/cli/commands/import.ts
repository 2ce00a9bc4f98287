/**
 * Definition of `millrace import`.
 * @module
 */
import type { Io } from "../io.ts";
import type { Program } from "./_program.ts";

const HELP = `
The format follows the file's ending: .parquet, .csv, .jsonl, .arrow, .npy, .npz. A column "time" with whole picoseconds
since the start of the run is needed, and rows in its order. CSV and JSON lines say no types: integers become i64, other
numbers f64, and time, endtime and peakTime times; --schema says others.

Examples:
  millrace import hits.parquet --run run_7 --type my_hits --store ./data
  millrace import hits.csv --run run_7 --type my_hits --schema '{"time":"time","channel":"u16","height":"f32"}' --store ./data
`;

/** Add `import` to the program. */
export function addImport(program: Program, io: Io): void {
  program.command("import")
    .description("Store rows of a file of another program as a result")
    .argument("<file>", "the file")
    .requiredOption("--run <name>", "name of the run")
    .requiredOption("-t, --type <name>", "name of the data type")
    .requiredOption("-s, --store <folder>", "folder of the results")
    .option("--kind <name>", "data kind: types of one kind have the same rows (default: the type's own)")
    .option("--format <name>", "parquet, csv, jsonl, arrow, npy or npz (default: as the file's ending says)")
    .option("--schema <json>", "types of the columns")
    .option("-c, --columns <names>", "only these columns, separated by commas, and time and endtime")
    .option("--codec <name>", "hold the result as: none, zstd or waveform (default: waveform)")
    .option("--replace", "replace a result of that run and type")
    .option("--json", "tell what was done as JSON")
    .helpOption("-h, --help", "show help")
    .addHelpText("after", HELP)
    .action(async (file, _options, command) => {
      const { importAction } = await import("../actions/import.ts");
      await importAction(file, command.optsWithGlobals(), io);
    });
}
