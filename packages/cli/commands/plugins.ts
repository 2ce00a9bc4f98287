/**
 * Definition of `millrace plugins`.
 * @module
 */
import type { Io } from "../io.ts";
import { collect, type Program } from "./_program.ts";

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
    .option("--plugins <set>", "built-in plugins to use: signal or strax (default: signal)")
    .option("--plugin <file|url>", "use the plugins that a module exports too, may be given again", collect)
    .option("--all", "show columns and options of all plugins")
    .option(
      "--lock <file>",
      "lock file of installed plugins (default: millrace.lock here, or in the nearest folder above)",
    )
    .option("--no-installed", "leave installed plugins out")
    .option("--json", "as JSON")
    .helpOption("-h, --help", "show help")
    .addHelpText("after", HELP)
    .action(async (name, _options, command) => {
      const { pluginsAction } = await import("../actions/plugins.ts");
      await pluginsAction(name, command.optsWithGlobals(), io);
    });
}
