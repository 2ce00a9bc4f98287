/**
 * Definition of `millrace plugins`.
 * @module
 */
import type { Io } from "../io.ts";
import type { Program } from "./_program.ts";

const HELP = `
Examples:
  millrace plugins
  millrace plugins hit_threshold
  millrace plugins hit_threshold --json
`;

/** Add `plugins` to the program. */
export function addPlugins(program: Program, io: Io): void {
  program.command("plugins")
    .description("List the plugins, or show the columns and options of one")
    .argument("[name]", "name of a plugin or a data type")
    .option("--json", "as JSON")
    .helpOption("-h, --help", "show help")
    .addHelpText("after", HELP)
    .action(async (name, _options, command) => {
      const { pluginsAction } = await import("../actions/plugins.ts");
      await pluginsAction(name, command.optsWithGlobals(), io);
    });
}
