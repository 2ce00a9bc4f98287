/**
 * The registry's commands: {@linkcode registryProgram}.
 * @module
 */
import { Command } from "@commander-js/extra-typings";
import { accessCommands } from "./access.ts";
import { maintenanceCommands } from "./maintenance.ts";
import { serveCommand } from "./serve.ts";
import { versionCommands } from "./versions.ts";

/** All commands, to be run by themselves or as a part of another program. */
// deno-lint-ignore no-explicit-any -- the type is the library's own, with the options of no command
export function registryProgram(): Command<any, any, any> {
  const program = new Command("registry").description(
    "Serve and look after a registry of packages and plugins",
  );
  for (
    const command of [serveCommand(), ...accessCommands(), ...versionCommands(), ...maintenanceCommands()]
  ) {
    program.addCommand(command);
  }
  return program;
}
