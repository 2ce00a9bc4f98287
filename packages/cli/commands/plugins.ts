/**
 * Definition of `millrace plugins`.
 * @module
 */
import type { Io } from "../io.ts";
import { lockOption, noInstalledOption, pluginOption, pluginsOption } from "./_options.ts";
import type { Program } from "./_program.ts";

const HELP = `
Examples:
  millrace plugins
  millrace plugins hit_threshold
  millrace plugins --all
  millrace plugins --plugins strax
  millrace plugins hit_threshold --json
  millrace plugins my_hits --plugin ./my_hits.ts
`;

/** Add `plugins` to the program. */
export function addPlugins(program: Program, io: Io): void {
  program.command("plugins")
    .description("List the plugins, or show the columns and options of one")
    .argument("[name]", "name of a plugin or a data type")
    .addOption(pluginsOption)
    .addOption(pluginOption)
    .option("--all", "show columns and options of all plugins")
    .addOption(lockOption)
    .addOption(noInstalledOption)
    .option("--json", "as JSON")
    .helpOption("-h, --help", "show help")
    .addHelpText("after", HELP)
    .action(async (name, _options, command) => {
      const { pluginsAction } = await import("../actions/plugins.ts");
      await pluginsAction(name, command.optsWithGlobals(), io);
    });
}
