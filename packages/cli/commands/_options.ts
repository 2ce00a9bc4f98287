// Options that several commands have.

import { type Command, type CommandUnknownOpts, Option } from "@commander-js/extra-typings";
import { collect } from "./_program.ts";

export const pluginsOption = new Option(
  "--plugins <set>",
  "built-in plugins to use: signal or strax (default: signal)",
);
export const pluginOption = new Option(
  "--plugin <file|url>",
  "use the plugins that a module exports too, may be given again",
).argParser(collect);
const setOption = new Option(
  "--set <plugin.option=value>",
  "set an option of a plugin, may be given again",
).argParser(collect);
export const lockOption = new Option(
  "--lock <file>",
  "lock file of installed plugins (default: millrace.lock here, or in the nearest folder above)",
);
export const noInstalledOption = new Option("--no-installed", "leave installed plugins out");
const executorOption = new Option(
  "--executor <kind>",
  "compute in: thread, process or inline (default: thread)",
);
const workersOption = new Option(
  "--workers <count>",
  "most workers (default: as many as the machine has processors)",
);
const recoverOption = new Option(
  "--recover",
  "keep what can be read of damaged files, leave out rows that come too late, and report both, instead of failing",
);

const typeOption = new Option("-t, --type <types>", "data types to compute, separated by commas");
const storeOption = new Option("-s, --store <folder>", "folder of the results");
const readFromOption = new Option(
  "--read-from <folder>",
  "look for results there too (only reading), may be given again",
).argParser(collect);
const saveOption = new Option(
  "--save <types>",
  "compute and store these data types too, separated by commas",
);
const runIdOption = new Option("--run-id <name>", "name of the run (default: that of the input)");

/** What the options of {@linkcode withRequest} give. (An interface would not be one of any options.) */
type RequestValues = {
  readonly type?: string;
  readonly store?: string;
  readonly readFrom?: readonly string[];
  readonly save?: string;
  readonly runId?: string;
};

/** What the options of {@linkcode withPlugins} give. */
interface PluginValues {
  readonly set?: readonly string[];
  readonly plugins?: string;
  readonly plugin?: readonly string[];
  readonly lock?: string;
  readonly installed: boolean;
  readonly recover?: true;
}

/** What the options of {@linkcode withComputing} give beside them. */
interface PlaceValues {
  readonly executor?: string;
  readonly workers?: string;
}

// Said, not inferred: of a command that is not known yet, commander's types take the compiler minutes.
type With<C, V> = C extends Command<infer A, infer O, infer G> ? Command<A, O & V, G> : never;

function withAll<C extends CommandUnknownOpts, V>(command: C, options: readonly Option[]): With<C, V> {
  for (const option of options) command.addOption(option);
  return command as unknown as With<C, V>;
}

/** The command with the options that say what of which run is wanted, and where results are. */
export function withRequest<C extends CommandUnknownOpts>(command: C): With<C, RequestValues> {
  return withAll(command, [typeOption, storeOption, readFromOption, saveOption, runIdOption]);
}

/** The command with the options that say which plugins compute, from which input. */
export function withPlugins<C extends CommandUnknownOpts>(command: C): With<C, PluginValues> {
  return withAll(command, [
    setOption,
    pluginsOption,
    pluginOption,
    lockOption,
    noInstalledOption,
    recoverOption,
  ]);
}

/** The same, and where they compute. */
export function withComputing<C extends CommandUnknownOpts>(command: C): With<C, PluginValues & PlaceValues> {
  withPlugins(command);
  return withAll(command, [executorOption, workersOption]);
}
