// What the commands below `plugin` share.
import type { Command } from "commander";

/** A command with help and examples, and the lock file that all of them may be told. */
export function subcommand(
  plugin: Command,
  usage: string,
  description: string,
  examples: readonly string[],
): Command {
  return plugin.command(usage)
    .description(description)
    .helpOption("-h, --help", "show help")
    .addHelpText("after", `\nExamples:\n${examples.map((line) => `  millrace plugin ${line}\n`).join("")}`);
}

/** The options of commands that read or change the lock file. */
export function locked(command: Command): Command {
  return command
    .option("--lock <file>", "the lock file (default: millrace.lock here, or in the nearest folder above)")
    .option("--json", "as JSON");
}

/** The options of commands that install. */
export function consenting(command: Command): Command {
  return command
    .option(
      "--registry <url>",
      "the registry (default: the variable MILLRACE_REGISTRY or JSR_URL, or that of the lock file)",
    )
    .option(
      "--allow-permissions <list>",
      "agree beforehand to exactly these, e.g. net=HOST:443,read=PATH, or none",
    )
    .option("--publisher-key <key>", "public key of the publisher, to be trusted from now on")
    .option("--allow-unverified", "also what no trusted publisher signed")
    .option("--allow-downgrade", "also an older version than the one that is installed");
}
