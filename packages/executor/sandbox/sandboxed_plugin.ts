/**
 * A plugin in a sandbox, for a context to register like any other: {@linkcode sandboxedPlugin}.
 * @module
 */
import { dirname, join } from "node:path";
import { BufferPool } from "@millrace/core/buffers";
import type { ComputeContext, Geometry, Outputs, Plugin } from "@millrace/core/plugin";
import type { OptionSpec } from "@millrace/core/option";
import { checkWrites, effectiveGrants } from "./grants.ts";
import { outputsOf, taskOf } from "./_call.ts";
import { type Declaration, declarationOf, geometryFrom } from "./_declaration.ts";
import { checkFiles } from "./_files.ts";
import { coreImports, fileUrl, harness as findHarness, importMapOf, startOf } from "./_harness.ts";
import { limitsOf } from "./_limits.ts";
import { SandboxPool } from "./_pool.ts";
import type { SandboxProcess } from "./_process.ts";
import { templateOf } from "./_template.ts";
import type { SandboxLimits, VendoredPlugin } from "./types.ts";
import { SandboxViolation } from "./violation.ts";

/** How a plugin is run. */
export interface SandboxOptions {
  /** Limits over those of the vendored plugin. */
  readonly limits?: Partial<SandboxLimits>;
  /**
   * What becomes of a stretch in which the plugin passes a limit: the run fails (default), or the stretch has no rows and
   * a notice says so. A result with such a stretch is not complete, and its notices are stored with it.
   */
  readonly onViolation?: "fail" | "skip";
  /** Most sandboxes at once. Default: what the plugin says, at most the machine's processors. */
  readonly maxWorkers?: number;
  /** Folder for what sandboxes need for as long as they live, e.g. in memory. Default: the system's for temporary files. */
  readonly temporary?: string;
  /** Takes each line that the plugin prints. Default: nobody does; the last ones are in errors. */
  readonly onLine?: (line: string) => void;
}

/** A plugin whose code runs in processes of its own. Disposing it ends them. */
export interface SandboxedPlugin extends Plugin, AsyncDisposable {
  /** Numbers of the processes that are alive. */
  readonly pids: () => readonly number[];
}

type Context = ComputeContext<Readonly<Record<string, unknown>>>;
type Compute = (context: Context, call: "compute" | "flush") => Promise<Outputs>;

/**
 * Starts a sandbox, asks the plugin in it what it declares, and makes a stand-in for it. None of its code runs in this
 * process.
 *
 * Needs permission to run `/bin/sh`, to read the plugin's folder and to write temporary files; Linux only.
 *
 * Failure contract: a stretch in which the plugin passes a limit, lies or dies fails the run with a `PipelineError` whose
 * cause is a {@linkcode SandboxViolation} (or an error that says how it ended); its process is gone then, others go on, and
 * the next run has a new one. An aborted run's processes are killed. Processes that nobody needs end after two seconds.
 *
 * @throws {SandboxViolation} When its files are not those that were installed, or it declares what it cannot.
 * @throws {TypeError} On grants or a kind of plugin that cannot be.
 * @throws {Error} Where there can be no sandbox, or the plugin cannot be loaded.
 *
 * @example
 * ```ts ignore
 * await using shape = await sandboxedPlugin(vendored);
 * await using ctx = new Context({ store: "./data" });
 * ctx.register(signalPlugins, shape);
 * ```
 */
export async function sandboxedPlugin(
  vendored: VendoredPlugin,
  options: SandboxOptions = {},
): Promise<SandboxedPlugin> {
  const { name } = vendored;
  if (Deno.build.os !== "linux") {
    throw new Error(
      `Cannot run plugin "${name}" in a sandbox on ${Deno.build.os}: its limits are kept on Linux only`,
    );
  }
  const { pool, module } = await openPool(vendored, options);
  try {
    const place = { module, export: vendored.export };
    const ask = async (call: string, input: unknown): Promise<unknown> => {
      const process = await pool.take(undefined, false);
      try {
        const reply = await process.call(call, input);
        reply.release();
        return reply.value;
      } finally {
        pool.give(process, false);
      }
    };
    const declaration = declarationOf(name, await ask("describePlugin", place));
    if (declaration.kind === "source") {
      throw new TypeError(
        `Cannot run plugin "${name}" in a sandbox: it is a source, and sources read what their user has; ` +
          "trust it explicitly to run it in the fast tier",
      );
    }
    pool.max = options.maxWorkers ??
      Math.min(declaration.running.maxWorkers ?? Infinity, navigator.hardwareConcurrency);
    return standIn(
      vendored,
      options,
      declaration,
      pool,
      (values) => ask("geometryOf", { ...place, options: values }),
    );
  } catch (error) {
    await pool[Symbol.asyncDispose]();
    throw error;
  }
}

/** The sandboxes of a plugin, not started yet. */
async function openPool(
  vendored: VendoredPlugin,
  options: SandboxOptions,
): Promise<{ readonly pool: SandboxPool; readonly module: string }> {
  const { name } = vendored;
  const harness = await findHarness();
  const grants = effectiveGrants(name, vendored.declared, vendored.granted);
  const limits = limitsOf(name, vendored.limits, options.limits);
  const specifiers = await checkFiles(vendored);
  const template = await templateOf(harness, importMapOf(coreImports(harness)));
  await checkWrites(name, grants.write, [
    vendored.folder,
    harness.coreFolder,
    decodeURIComponent(new URL("..", harness.main).pathname).replace(/\/$/, ""),
    dirname(dirname(dirname(template))), // Deno's cache, from which every program of this user runs
    Deno.execPath(),
  ]);
  const kept = await keptFor(vendored, template);
  const pool = new SandboxPool(
    {
      plugin: name,
      startOf: (files) => startOf(vendored, grants, limits, specifiers, harness, template, kept, files),
      kept,
      inside: harness.inside,
      grants,
      limits,
      pool: new BufferPool({ maxIdle: 64 * 2 ** 20 }),
      temporary: options.temporary,
      onLine: options.onLine,
    },
    () => checkFiles(vendored),
    1,
  );
  return { pool, module: fileUrl(`${vendored.folder}/${vendored.entry}`) };
}

/** Where what Deno has compiled of a plugin's files is kept, for the next process of it. */
async function keptFor({ folder, files }: VendoredPlugin, template: string): Promise<string> {
  const identity = new TextEncoder().encode(JSON.stringify([template, folder, Object.entries(files).sort()]));
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", identity)).toHex().slice(0, 16);
  return join(dirname(dirname(template)), `plugin-${hash}`);
}

function standIn(
  vendored: VendoredPlugin,
  options: SandboxOptions,
  { hasFlush: _, geometry, ...declared }: Declaration,
  pool: SandboxPool,
  geometryOf: (plain: unknown) => Promise<unknown>,
): SandboxedPlugin {
  const { name, manifestHash } = vendored;
  const isMerge = declared.kind === "merge";
  const plainOf = new WeakMap<object, unknown>();
  const specs = Object.fromEntries(
    Object.entries(declared.options).map(([key, spec]) => [key, remembering(spec, plainOf)]),
  );
  const toPlain = (values: Readonly<Record<string, unknown>>): Record<string, unknown> =>
    Object.fromEntries(
      Object.entries(values).map((
        [key, value],
      ) => [key, typeof value === "object" && value !== null && plainOf.get(value) || value]),
    );
  const geometries = new Map<string, Geometry>();
  const keyOf = (values: Readonly<Record<string, unknown>>) => JSON.stringify(toPlain(values));
  const compute = computeIn(vendored, options, declared, pool, toPlain);
  return {
    ...declared,
    options: specs,
    module: undefined,
    export: undefined,
    geometry: (values) => {
      const found = geometry ?? geometries.get(keyOf(values));
      if (found) return found;
      throw new Error(`The sandbox of plugin "${name}" was not asked for its geometry with these options`);
    },
    sandboxed: {
      manifestHash,
      prepare: async (values) => {
        const key = keyOf(values);
        if (geometry || geometries.has(key)) return;
        geometries.set(key, geometryFrom(name, await geometryOf(toPlain(values))));
      },
    },
    initialState: declared.stateful ? () => ({}) : undefined,
    read: undefined,
    fingerprint: undefined,
    computeChunk: isMerge ? undefined : (_chunk, context) => compute(context, "compute"),
    // A segment ends with it, whether the plugin has something to say then or not.
    flush: declared.stateful ? (context) => compute(context, "flush") : undefined,
    pids: () => pool.pids,
    [Symbol.asyncDispose]: () => pool[Symbol.asyncDispose](),
  };
}

/** Options are sent in the form that they are parsed from. */
function remembering(spec: OptionSpec, plainOf: WeakMap<object, unknown>): OptionSpec {
  return {
    ...spec,
    parse: (...given) => {
      const parsed = spec.parse(...given);
      if (typeof parsed.value === "object" && parsed.value !== null) plainOf.set(parsed.value, parsed.plain);
      return parsed;
    },
  };
}

/** Where the state of a stateful plugin is. */
interface Kept {
  readonly key: string;
  readonly process: SandboxProcess;
  readonly release: () => void;
}

let states = 0;

function computeIn(
  vendored: VendoredPlugin,
  { onViolation = "fail" }: SandboxOptions,
  declared: Omit<Declaration, "hasFlush" | "geometry">,
  pool: SandboxPool,
  toPlain: (values: Readonly<Record<string, unknown>>) => Record<string, unknown>,
): Compute {
  const { name } = vendored;
  const isStateful = declared.stateful !== undefined;
  const kept = new WeakMap<object, Kept>();
  const module = fileUrl(`${vendored.folder}/${vendored.entry}`);

  async function stateOf(context: Context): Promise<Kept> {
    const state = context.state as object;
    let found = kept.get(state);
    if (found) return found;
    const process = await pool.take(context.signal, true);
    const release = () => {
      context.signal.removeEventListener("abort", end);
      kept.delete(state);
      pool.give(process, true);
    };
    const end = () => void process.close().then(release);
    // Whoever is cut short gives its state up; a run that ends well has flushed it.
    context.signal.addEventListener("abort", end, { once: true });
    kept.set(state, found = { key: `state ${++states}`, process, release });
    return found;
  }

  async function stretch(context: Context, call: "compute" | "flush"): Promise<Outputs> {
    const state = isStateful ? await stateOf(context) : undefined;
    const process = state?.process ?? await pool.take(context.signal, false);
    try {
      const spec = {
        id: declared.name,
        steps: [{
          name: declared.name,
          module,
          export: vendored.export,
          merges: undefined,
          options: toPlain(context.options),
        }],
        outputs: declared.provides,
      };
      using asked = taskOf(spec, state?.key, call, context, process.bulk.writer);
      const { range } = asked;
      const reply = await process.call("runStretch", asked.task, { signal: context.signal, range });
      try {
        return outputsOf(name, declared, reply, context, range);
      } catch (error) {
        // It writes its own messages: nothing more is believed.
        if (error instanceof SandboxViolation) await process.close();
        throw error;
      } finally {
        reply.release();
      }
    } finally {
      if (!state) pool.give(process, false);
      else if (call === "flush" || process.isOver) await forget(state);
    }
  }

  async function forget({ key, process, release }: Kept): Promise<void> {
    try {
      if (!process.isOver) (await process.call("forgetStage", key)).release();
    } finally {
      release();
    }
  }

  return async (context, call) => {
    try {
      return await stretch(context, call);
    } catch (error) {
      const mayGoOn = onViolation === "skip" && !isStateful && error instanceof SandboxViolation &&
        error.limit !== "files" && !context.signal.aborted;
      if (!mayGoOn) throw error;
      context.notice(`Skipped: ${error.message}`);
      return declared.provides.length === 1
        ? null
        : Object.fromEntries(declared.provides.map((type) => [type, null]));
    }
  };
}
