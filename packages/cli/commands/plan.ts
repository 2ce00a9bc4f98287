/**
 * Definition of `millrace plan`.
 * @module
 */
import type { Io } from "../io.ts";
import { withComputing, withRequest } from "./_options.ts";
import type { Program } from "./_program.ts";

const HELP = `
Examples:
  millrace plan ./DAQ/run_7 --type hit_threshold,basic_features --store ./data
  millrace plan ./DAQ/run_7 --type basic_features --save records --store ./data --read-from /shared/data
  millrace plan ./DAQ/run_7 --type records --set records.baselineSamples=100 --json
  millrace plan ./DAQ/run_7 --type my_hits --plugin ./my_hits.ts --executor process
`;

/** Add `plan` to the program. */
export function addPlan(program: Program, io: Io): void {
  const plan = program.command("plan")
    .description("Show what would be read and computed, without doing it")
    .argument("<input...>", "files, folders or patterns of one run");
  withComputing(withRequest(plan))
    .option("--fresh", "plan to compute also what is stored already")
    .option("--json", "the plan as JSON")
    .helpOption("-h, --help", "show help")
    .addHelpText("after", HELP)
    .action(async (inputs, _options, command) => {
      const { planAction } = await import("../actions/plan.ts");
      await planAction(inputs, command.optsWithGlobals(), io);
    });
}
