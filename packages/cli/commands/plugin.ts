/**
 * Definition of `millrace plugin`: install, look after, write and publish plugins of others.
 * @module
 */
import type { Command } from "commander";
import type { Io } from "../io.ts";
import type { Program } from "./_program.ts";
import { addAuthoring } from "./plugin_authoring.ts";
import { addInstalling } from "./plugin_installing.ts";
import { addInspecting } from "./plugin_inspecting.ts";

const HELP = `
Installed plugins run in a sandbox: a process of its own, with nothing allowed but what you grant. They stand in
millrace.lock, which belongs under version control, and lie in .millrace/plugins beside it, which does not.

Examples:
  millrace plugin add @lab/pulse-shape@^1 --registry http://registry.lab:8000
  millrace plugin list
  millrace plugin init my-plugin --scope lab

millrace plugin COMMAND --help has more examples for each command.
`;

/** Add `plugin` to the program. */
export function addPlugin(program: Program, io: Io): void {
  const plugin = program.command("plugin")
    .description("Install plugins that others wrote, or write and publish one")
    .helpOption("-h, --help", "show help")
    .helpCommand("help [command]", "show help for a command")
    .addHelpText("after", HELP) as unknown as Command; // their options are read as one object
  addInstalling(plugin, io);
  addInspecting(plugin, io);
  addAuthoring(plugin, io);
}
