// plugin list, info, audit, verify, search
import type { Command } from "commander";
import type { Io } from "../io.ts";
import { locked, subcommand } from "./_plugin.ts";

/** Add the commands that only look. */
export function addInspecting(plugin: Command, io: Io): void {
  const actions = () => import("../actions/plugin/inspect.ts");
  locked(subcommand(plugin, "list", "List the installed plugins", ["list", "list --json"]))
    .action(async (_options: unknown, command: Command) => {
      await (await actions()).listAction(command.optsWithGlobals(), io);
    });
  locked(subcommand(
    plugin,
    "info <name>",
    "Show what an installed plugin provides, wants and depends on, and who signed it; or one of a registry",
    ["info @lab/pulse-shape", "info @lab/pulse-shape@^2 --registry http://registry.lab:8000"],
  )).option("--registry <url>", "the registry of a plugin that is not installed")
    .action(async (name: string, _options: unknown, command: Command) => {
      await (await actions()).infoAction(name, command.optsWithGlobals(), io);
    });
  locked(subcommand(
    plugin,
    "audit",
    "Check with the registries that the plugins are in their logs, and neither blocked nor yanked since",
    ["audit", "audit --json"],
  )).action(async (_options: unknown, command: Command) => {
    const { auditAction } = await import("../actions/plugin/audit.ts");
    await auditAction(command.optsWithGlobals(), io);
  });
  locked(subcommand(
    plugin,
    "verify [names...]",
    "Check all files and signatures of installed plugins, and that their samples come out right in the sandbox",
    ["verify", "verify @lab/pulse-shape"],
  )).action(async (names: string[], _options: unknown, command: Command) => {
    const { verifyAction } = await import("../actions/plugin/verify.ts");
    await verifyAction(names, command.optsWithGlobals(), io);
  });
  locked(subcommand(
    plugin,
    "search [words...]",
    "Find plugins in a registry by what they do",
    ["search pulse --registry http://registry.lab:8000", "search --provides peaks --without any"],
  )).option("--registry <url>", "the registry (default: as for add)")
    .option("--provides <type>", "a plugin makes this data type")
    .option("--needs <type>", "a plugin needs this data type")
    .option("--permission <name>", "a plugin wants this permission")
    .option("--without <name>", 'no plugin wants this permission; "any": none at all')
    .option("--license <name>", "the licence")
    .action(async (words: string[], _options: unknown, command: Command) => {
      await (await actions()).searchAction(words, command.optsWithGlobals(), io);
    });
}
