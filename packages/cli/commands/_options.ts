// Options that several commands have.

import { Option } from "@commander-js/extra-typings";
import { collect } from "./_program.ts";

export const pluginsOption = new Option(
  "--plugins <set>",
  "built-in plugins to use: signal or strax (default: signal)",
);
export const pluginOption = new Option(
  "--plugin <file|url>",
  "use the plugins that a module exports too, may be given again",
).argParser(collect);
export const setOption = new Option(
  "--set <plugin.option=value>",
  "set an option of a plugin, may be given again",
).argParser(collect);
export const lockOption = new Option(
  "--lock <file>",
  "lock file of installed plugins (default: millrace.lock here, or in the nearest folder above)",
);
export const noInstalledOption = new Option("--no-installed", "leave installed plugins out");
export const executorOption = new Option(
  "--executor <kind>",
  "compute in: thread, process or inline (default: thread)",
);
export const workersOption = new Option(
  "--workers <count>",
  "most workers (default: as many as the machine has processors)",
);
export const recoverOption = new Option(
  "--recover",
  "keep what can be read of damaged files, leave out rows that come too late, and report both, instead of failing",
);
