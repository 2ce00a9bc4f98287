/**
 * What `run` and `plan` have in common: inputs, data types and settings as a context that is ready to plan.
 * @module
 */
import { Config, parseAssignment } from "@millrace/core/config";
import { Context } from "@millrace/core/context";
import { codecOf, DEFAULT_CODEC } from "@millrace/core/codecs";
import { withOptions } from "@millrace/core/define";
import { Plan } from "@millrace/core/plan";
import type { Plugin } from "@millrace/core/plugin";
import { FolderStore } from "@millrace/core/store";
import { formatBytes, parseBytes } from "@millrace/core/units";
import type { SandboxedPlugin } from "@millrace/executor/sandbox";
import { inOtherSet, loadPlugins, SOURCE } from "./catalog.ts";
import { installedList, neededPlugins } from "./installed_plugins.ts";
import { usage, UsageError } from "./errors.ts";
import { type Executors, type ExecutorSettings, openExecutors } from "./executors.ts";
import type { Io } from "./io.ts";
import { checkRunId, runIdOf } from "./run_id.ts";

/** What the command line says about a request. */
export interface SessionOptions extends ExecutorSettings {
  /** Data types, separated by commas. */
  readonly type?: string | undefined;
  /** Folder of the results. */
  readonly store?: string | undefined;
  /** How the columns of new results are held. */
  readonly codec?: string | undefined;
  /** Folders of more results, which are only read. */
  readonly readFrom?: readonly string[] | undefined;
  /** Data types to compute and store too, separated by commas. */
  readonly save?: string | undefined;
  /** Name of the run. */
  readonly runId?: string | undefined;
  /** Memory budget. */
  readonly memory?: string | undefined;
  /** `plugin.option=value` of each `--set`. */
  readonly set?: readonly string[] | undefined;
  /** Options that a stored result was made with, by `plugin.option`: those that are set come before them. */
  readonly made?: Readonly<Record<string, unknown>> | undefined;
  /** Modules with plugins: the value of each `--plugin`. */
  readonly plugin?: readonly string[] | undefined;
  /** Set of built-in plugins. Default `signal`. */
  readonly plugins?: string | undefined;
  /** Lock file of installed plugins. */
  readonly lock?: string | undefined;
  /** Whether installed plugins are used. Default true. */
  readonly installed?: boolean | undefined;
  /** Read damaged files up to the damage. */
  readonly recover?: true | undefined;
  /** Compute what is stored too. */
  readonly fresh?: true | undefined;
}

/** A request that was checked. */
export interface Session extends AsyncDisposable {
  /** Plugins, options and store. */
  readonly context: Context;
  /** Name of the run. */
  readonly runId: string;
  /** Wanted data types. */
  readonly types: readonly string[];
  /** What is to be done. */
  readonly plan: Plan;
  /** Where it is done. */
  readonly executors: Executors;
  /** Keys of `--set` that nothing of it takes. */
  readonly unused: readonly string[];
}

/** Tell of options that were set and have no effect. */
export function tellUnused({ unused, types }: Pick<Session, "unused" | "types">, io: Pick<Io, "err">): void {
  for (const key of unused) {
    io.err(`Note: --set ${key} has no effect here: ${types.join(", ")} is computed without it\n`);
  }
}

/**
 * Check a request and plan it.
 *
 * @param signal Ends the planning.
 * @param plans Make the plan; without it, the session has an empty one.
 * @throws {UsageError} On data types, options or values that there are not.
 * @throws {Error} On input that is not there, a store that cannot be read, or plugins that cannot be loaded.
 */
export async function openSession(
  inputs: readonly string[],
  options: SessionOptions,
  signal?: AbortSignal,
  plans = true,
): Promise<Session> {
  const types = listOf(options.type);
  if (types.length === 0) {
    const there = [...await loadPlugins(options.plugin, options.plugins), ...await installedList(options)];
    throw new UsageError(
      `Cannot tell what to compute: give data types with --type; there are ${
        there.flatMap(({ provides }) => provides).join(", ")
      }`,
    );
  }
  const saved = listOf(options.save);
  const runId = options.runId ?? runIdOf(inputs, Deno.cwd());
  checkRunId(runId);
  const memory = usage(() => parseBytes(options.memory ?? "1GiB"));
  const config: [values: Record<string, unknown>, source: string][] = [
    [{ [SOURCE]: { input: inputs, ...(options.recover ? { recover: true } : {}) } }, "command line"],
  ];
  if (options.made) config.push([options.made, "stored result"]);
  for (const text of options.set ?? []) {
    const { key, value } = usage(() => parseAssignment(text));
    config.push([{ [key]: value }, "--set"]);
  }
  const shared = options.readFrom ?? [];
  if (options.store !== undefined) await checkStore(options.store);
  for (const folder of shared) await checkStore(folder, true);
  const codec = usage(() => codecOf(options.codec ?? DEFAULT_CODEC)).name;
  const stores = [
    ...options.store === undefined ? [] : [new FolderStore(options.store, { codec })],
    ...shared.map((folder) => new FolderStore(folder, { readOnly: true })),
  ];
  const executors = await openExecutors(options);
  checkMemory(memory, executors);
  const context = new Context({
    memory,
    ...(stores.length === 0 ? {} : { store: stores }),
    ...(executors.provider ? { executor: executors.provider } : {}),
  });
  const sandboxed: SandboxedPlugin[] = [];
  // Nobody waits for what a worker has in hand when the user wants an end.
  const close = async (): Promise<void> => {
    try {
      await context[Symbol.asyncDispose]();
    } finally {
      await executors.end(signal?.aborted ? signal.reason : undefined);
      for (const plugin of sandboxed) await plugin[Symbol.asyncDispose]();
    }
  };
  try {
    context.register(await loadPlugins(options.plugin, options.plugins));
    sandboxed.push(...await neededPlugins(types, context.providers, options));
    context.register(sandboxed);
    for (const type of [...types, ...saved]) {
      const other = context.providers.has(type) ? "" : await inOtherSet(type, options.plugins);
      if (other) {
        throw new UsageError(`Cannot compute "${type}": no plugin that is used provides it; ${other}`);
      }
    }
    for (const [values, source] of config) context.setConfig(values, source);
    const plugins = new Set(context.providers.values());
    const used = usage(() => checkSettings(config, plugins, [...types, ...saved], context.providers));
    const known = [...types, ...saved].every((type) => context.providers.has(type));
    let plan: Plan;
    try {
      plan = !plans
        ? new Plan(runId, types, [])
        : await context.plan(runId, [...new Set([...types, ...saved])], {
          ...executors.settings,
          ...(options.fresh ? { fresh: true } : {}),
          ...(signal ? { signal } : {}),
        });
    } catch (error) {
      throw known ? error : new UsageError((error as Error).message, { cause: error });
    }
    const isUsed = (key: string) => [...used].some((other) => other === key || other.startsWith(`${key}.`));
    const unused = config.flatMap(([values, source]) => source === "--set" ? Object.keys(values) : [])
      .filter((key, i, all) => !isUsed(key) && all.indexOf(key) === i);
    return { context, runId, types, plan, executors, unused, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Bytes for the run and for each worker, below which dense runs of a few plugins fail: pieces have a least size. */
const LEAST_MEMORY = 2 ** 20;

/** @throws {UsageError} On memory that does not do for a run of a few plugins: says the least that does. */
function checkMemory(memory: number, { workers }: Executors): void {
  const least = LEAST_MEMORY * (1 + Math.max(1, workers));
  if (memory >= least) return;
  const fewer = workers > 1 ? `, or fewer workers (${formatBytes(2 * LEAST_MEMORY)} do for one)` : "";
  throw new UsageError(
    `Cannot run with ${formatBytes(memory)} of memory: ${formatBytes(least)} are the least${
      workers > 1 ? ` with ${workers} workers` : ""
    }, and long records, many files or many plugins need more; give more with --memory${fewer}`,
  );
}

/** Words separated by commas, each once. */
export function listOf(text: string | undefined): string[] {
  return [...new Set((text ?? "").split(",").map((word) => word.trim()).filter((word) => word !== ""))];
}

async function checkStore(store: string, mustBeThere = false): Promise<void> {
  let info: Deno.FileInfo;
  try {
    info = await Deno.stat(store);
  } catch (error) {
    const isMissing = error instanceof Deno.errors.NotFound;
    if (isMissing && !mustBeThere) return; // the first result makes it
    if (isMissing) {
      throw new Error(
        `Cannot read results from "${store}" (--read-from): there is no such folder; check the path`,
      );
    }
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`Cannot use "${store}" as a store: ${why}; choose another folder`, { cause: error });
  }
  if (!info.isDirectory) throw new Error(`Cannot use "${store}" as a store: it is a file; give a folder`);
}

// The values of the plugins that are needed, so that a bad one is told before any input is touched; gives the keys that are used.
function checkSettings(
  settings: readonly (readonly [values: Record<string, unknown>, source: string])[],
  plugins: ReadonlySet<Plugin>,
  types: readonly string[],
  providers: ReadonlyMap<string, Plugin>,
): ReadonlySet<string> {
  const config = new Config();
  for (const [values, source] of settings) config.set(values, source);
  config.check(plugins);
  const needed = new Set<Plugin>();
  const used = new Set<string>();
  const need = (type: string) => {
    const plugin = providers.get(type);
    if (!plugin || needed.has(plugin)) return;
    needed.add(plugin);
    const resolved = config.resolve(plugin);
    for (const { key } of Object.values(resolved.sources)) used.add(key);
    const values = resolved.values as Readonly<Record<string, unknown>>;
    withOptions(plugin, values).dependsOn.forEach(need);
  };
  types.forEach(need);
  return used;
}
