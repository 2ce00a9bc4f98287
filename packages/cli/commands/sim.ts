/**
 * Definition of `millrace sim`.
 * @module
 */
import type { Io } from "../io.ts";
import { collect, type Program } from "./_program.ts";

const HELP = `
The same options give the same bytes. A folder gets RAW/*.BIN and settings.xml, as CoMPASS writes them; a file gets its
settings beside it. What is there already is not replaced without --force.

Examples:
  millrace sim --out ./DAQ/run_7 --channels 4 --rate 2kHz --duration 10s --seed 7
  millrace sim --out small.BIN --duration 100ms --samples 400 --dt 4ns --truth truth.json
  millrace sim --out ./DAQ/hard --pile-up 0.1 --coincidences 0.2 --dark-rate 500Hz --gap 2s..4s --duration 5s
`;

/** Add `sim` to the program. */
export function addSim(program: Program, io: Io): void {
  program.command("sim")
    .description("Simulate a run of a digitizer into CoMPASS files")
    .option("-o, --out <folder|file.BIN>", "where to write")
    .option("--channels <count>", "channels (default: 4)")
    .option(
      "--rate <frequency>",
      "pulses a second and channel; several, separated by commas, for each (default: 1kHz)",
    )
    .option("--duration <time>", "length of the run (default: 1s)")
    .option("--seed <number>", "seed of the random numbers (default: 1)")
    .option("--samples <count>", "samples of a record (default: 800)")
    .option("--dt <time>", "sampling interval (default: 2ns)")
    .option("--pretrigger <samples>", "samples before the pulse (default: an eighth of the record)")
    .option("--polarity <direction>", "negative or positive pulses (default: negative)")
    .option("--bits <count>", "resolution of the digitizer (default: 14)")
    .option(
      "--baseline <counts>",
      "baseline, ADC counts (default: 90 % of the range, 10 % for positive pulses)",
    )
    .option("--noise <counts>", "noise, ADC counts rms (default: 3)")
    .option("--amplitude <least..most>", "pulse heights, ADC counts (default: 50..4000)")
    .option("--pile-up <probability>", "that a second pulse lies in a record (default: 0)")
    .option("--dark-rate <frequency>", "dark counts a second and channel (default: 0)")
    .option("--coincidences <probability>", "that all channels see a pulse (default: 0)")
    .option("--gap <start..end>", "a stretch without pulses, may be given again", collect)
    .option("--disorder <time>", "how far apart records may be written out of order (default: 2ns)")
    .option("--split <by>", "one file for the run, or one a channel: run or channel (default: run)")
    .option("--truth <file.json>", "write what was simulated, a row a pulse")
    .option("--force", "replace what is there")
    .option("--json", "tell what was written as JSON on standard output")
    .helpOption("-h, --help", "show help")
    .addHelpText("after", HELP)
    .action(async (_options, command) => {
      const { simAction } = await import("../actions/sim.ts");
      await simAction(command.optsWithGlobals(), io);
    });
}
