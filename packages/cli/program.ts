/**
 * The command line as a function: arguments in, exit code out.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { main } from "./program.ts";
 * import { memoryIo } from "./io.ts";
 *
 * const io = memoryIo();
 * assert.equal(await main(["rnu"], io), 2);
 * assert.equal(io.stderr, 'millrace: Unknown command "rnu"; did you mean "run"? See millrace --help\n');
 * ```
 * @module
 */
import { Command, CommanderError } from "@commander-js/extra-typings";
import { writeTo } from "./commands/_program.ts";
import { addCare } from "./commands/care.ts";
import { addExport } from "./commands/export.ts";
import { addImport } from "./commands/import.ts";
import { addPlan } from "./commands/plan.ts";
import { addPlugin } from "./commands/plugin.ts";
import { addPlugins } from "./commands/plugins.ts";
import { addRegistry, registryArgs } from "./commands/registry.ts";
import { addRun } from "./commands/run.ts";
import { addShow } from "./commands/show.ts";
import { addSim } from "./commands/sim.ts";
import { describeError, exitCodeOf, UsageError } from "./errors.ts";
import { printableLines } from "./render/table.ts";
import { type Io, OutputClosedError, systemIo } from "./io.ts";
import { VERSION } from "./version.ts";

const EXAMPLES = `
A first look:
  millrace sim --out ./DAQ/run_7 --channels 4 --rate 2kHz --duration 10s --seed 7
  millrace plan ./DAQ/run_7 --type hit_threshold
  millrace run ./DAQ/run_7 --type hit_threshold,basic_features --store ./data
  millrace show ./data run_7 hit_threshold --time 1s..2s --limit 5

millrace COMMAND --help has more examples for each command.
`;

/**
 * Run a command.
 *
 * @param args The words behind `millrace`.
 * @param io Where to write. Default: the process, which has no right to start programs after a `run` that needs none.
 * @returns The exit code: 0 done, 1 failed, 2 not understood, 130 and 143 interrupted, 141 output closed. Nothing is
 * thrown: what went wrong is told on standard error.
 */
export async function main(args: readonly string[], io: Io = systemIo()): Promise<number> {
  const program = makeProgram(io);
  let help = helpOf("millrace", program, args);
  try {
    if (args.length === 0) program.help({ error: true });
    const registry = registryArgs(args);
    if (registry) {
      const { registryCommands, runRegistry } = await import("./actions/registry.ts");
      const commands = registryCommands(io);
      help = helpOf("millrace registry", commands, registry);
      await runRegistry(commands, registry);
      return 0;
    }
    await program.parseAsync([...args], { from: "user" });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return misunderstood(error, help, io, takesSettings(program, args));
    if (error instanceof OutputClosedError) return exitCodeOf(error);
    const hint = error instanceof UsageError ? `\nSee ${help}` : "";
    io.err(`millrace: ${printableLines(describeError(error, { debug: args.includes("--debug") }))}${hint}\n`);
    return exitCodeOf(error);
  }
}

function makeProgram(io: Io): Command<[], { debug?: true; quiet?: true }> {
  const program = new Command("millrace")
    .description("Stream detector waveforms through plugins: simulate, process, store and look at runs")
    .version(VERSION, "-V, --version", "show the version")
    .helpOption("-h, --help", "show help")
    .helpCommand("help [command]", "show help for a command")
    .option("--debug", "show where in the code an error came from")
    .option("--quiet", "no progress and no summary, only errors")
    .addHelpText("after", EXAMPLES);
  writeTo(program, io);
  addRun(program, io);
  addShow(program, io);
  addExport(program, io);
  addImport(program, io);
  addPlan(program, io);
  addPlugins(program, io);
  addPlugin(program, io);
  addSim(program, io);
  addCare(program, io);
  addRegistry(program);
  return program;
}

/** What shows the help of the command, or of the one within it, that the words begin with. */
function helpOf(name: string, program: CommandTree, args: readonly string[]): string {
  let at = program;
  const names = [name];
  for (const word of args) {
    if (word.startsWith("-")) continue;
    const next = at.commands.find((command) => command.name() === word);
    if (!next) break;
    names.push(word);
    at = next;
  }
  return [...names, "--help"].join(" ");
}

/** Whether the command takes options of plugins. */
function takesSettings(program: CommandTree, args: readonly string[]): boolean {
  const name = args.find((word) => !word.startsWith("-"));
  const command = program.commands.find((one) => one.name() === name);
  return command?.options.some(({ long }) => long === "--set") ?? false;
}

interface CommandTree {
  readonly commands: readonly CommandTree[];
  readonly options: readonly { readonly long?: string | undefined }[];
  name(): string;
}

/** Exit code of what the parser says, in our words. */
function misunderstood(error: CommanderError, help: string, io: Io, settings: boolean): number {
  if (error.exitCode === 0) return 0;
  if (error.code === "commander.help") return 2; // the help was shown instead
  const [what = "", guess] = error.message.replace(/^error: /, "").split("\n");
  const text = what.charAt(0).toUpperCase() + what.slice(1).replaceAll("'", '"').replace(/\.$/, "");
  const names = guess?.match(/\((?:Did you mean )(?:one of )?(.*)\?\)/)?.[1];
  const meant = names ? `; did you mean ${names.split(", ").map((name) => `"${name}"`).join(" or ")}?` : "";
  const set = settings && error.code === "commander.unknownOption" && !names
    ? "; options of plugins are given as --set PLUGIN.OPTION=VALUE, such as --set raw_files.dt=16ns"
    : "";
  io.err(`millrace: ${text}${meant || `${set}.`} See ${help}\n`);
  return 2;
}
