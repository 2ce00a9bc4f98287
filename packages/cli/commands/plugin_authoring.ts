// plugin init, check, publish
import type { Command } from "commander";
import type { Io } from "../io.ts";
import { subcommand } from "./_plugin.ts";

/** Add the commands for those who write plugins. */
export function addAuthoring(plugin: Command, io: Io): void {
  subcommand(
    plugin,
    "init <folder>",
    "Make a plugin project: plugin, test, manifest, sample, README",
    ["init my-plugin --scope lab", "init ./plugins/long-hits --scope lab"],
  ).option("--scope <name>", "scope that it is published in", "lab")
    .option("--json", "as JSON")
    .action(async (folder: string, _options: unknown, command: Command) => {
      const { initAction } = await import("../actions/plugin/init.ts");
      await initAction(folder, command.optsWithGlobals(), io);
    });
  subcommand(
    plugin,
    "check [folder]",
    "Check a plugin project as the registry does, and its conformance and sample in the sandbox",
    ["check", "check ./my-plugin --json"],
  ).option("--registry <url>", "the registry that other packages come from (default: as for add)")
    .option("--json", "as JSON")
    .action(async (folder: string | undefined, _options: unknown, command: Command) => {
      const { checkAction } = await import("../actions/plugin/check.ts");
      await checkAction(folder ?? ".", command.optsWithGlobals(), io);
    });
  subcommand(
    plugin,
    "publish [folder]",
    "Publish a plugin project with deno publish, and sign it with the publisher's key",
    [
      "publish --registry http://registry.lab:8000 --key ./publisher.key",
      "publish ./my-plugin --registry http://registry.lab:8000 --token TOKEN --key ./publisher.key",
    ],
  ).option("--registry <url>", "the registry (default: as for add)")
    .option(
      "--token <token>",
      "what it is asked with (default: the variable MILLRACE_TOKEN; else a page asks you)",
    )
    .option("--key <file>", "of millrace registry key create; without one the version stays unverified")
    .option("--dry-run", "check only")
    .option("--json", "as JSON")
    .action(async (folder: string | undefined, _options: unknown, command: Command) => {
      const { publishAction } = await import("../actions/plugin/publish.ts");
      await publishAction(folder ?? ".", command.optsWithGlobals(), io);
    });
}
