/**
 * Plugins as plain objects: {@linkcode definePlugin}, {@linkcode defineSource}, {@linkcode defineStatic},
 * {@linkcode defineMerge}.
 * @module
 */
import { type ColumnTypes, type Schema, schema, toSchema } from "../data/schema.ts";
import { option, type OptionSpecs, type OptionValues } from "../options/option.ts";
import type {
  ColumnHelp,
  ComputeContext,
  Geometry,
  Outputs,
  Plugin,
  Running,
  SourceContext,
} from "./plugin.ts";
import { checkKeys, MERGE_KEYS, SOURCE_KEYS, STATIC_KEYS, STREAMING_KEYS } from "./_spec_keys.ts";
import type {
  CommonSpec,
  FirstChunk,
  InputChunks,
  MergeSpec,
  MultiSpec,
  Needs,
  SourceSpec,
  StaticSpec,
  StreamingCommon,
  StreamingSpec,
} from "./specs.ts";

export type {
  CommonSpec,
  FirstChunk,
  FromOptions,
  InputChunks,
  MergeSpec,
  MultiSpec,
  Needed,
  Needs,
  SourceSpec,
  StaticSpec,
  StreamingCommon,
  StreamingSpec,
} from "./specs.ts";
export { withOptions } from "./with_options.ts";

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

function checkNames(provides: readonly string[], dependsOn: readonly string[]): void {
  if (provides.length === 0) throw new TypeError("Cannot define a plugin that provides nothing");
  for (const name of [...provides, ...dependsOn]) {
    if (!NAME.test(name)) {
      throw new TypeError(
        `Cannot define plugin "${provides[0]}": "${name}" is no data type name; use letters, digits and _`,
      );
    }
  }
  const twice = provides.find((name, i) => provides.indexOf(name) !== i || dependsOn.includes(name));
  if (twice !== undefined) {
    throw new TypeError(`Cannot define plugin "${provides[0]}": it names "${twice}" twice`);
  }
}

const call = <T>(value: unknown, options: unknown): T =>
  (typeof value === "function" ? value(options) : value) as T;

/** State at breaks: every stateful plugin has this option. */
const breakOption = option.time({
  default: 10_000_000_000_000,
  min: 0,
  help: "A longer stretch without rows is a break: state starts anew",
});

// deno-lint-ignore no-explicit-any -- the typed specs differ only in what they promise their author
type AnyStreaming = StreamingCommon<OptionSpecs, readonly string[], any, unknown> & {
  provides: string | readonly string[];
  schema: unknown;
  dataKind?: unknown;
  longestRow?: unknown;
  reach?: unknown;
  computeChunk: unknown;
  flush?: unknown;
};

/**
 * A streaming plugin: `computeChunk` is called with one stretch of the run after the other.
 *
 * @throws {TypeError} On a bad name, a type named twice, a key that there is not, or halo and reach together.
 */
export function definePlugin<
  const C extends ColumnTypes,
  const D extends readonly string[],
  // deno-lint-ignore ban-types
  const O extends OptionSpecs = {},
  // deno-lint-ignore ban-types
  const N extends Needs<D> = {},
  S = undefined,
>(spec: StreamingSpec<C, O, D, N, S>): Plugin;
/** A streaming plugin with several outputs. */
export function definePlugin<
  const P extends string,
  const D extends readonly string[],
  // deno-lint-ignore ban-types
  const O extends OptionSpecs = {},
  // deno-lint-ignore ban-types
  const N extends Needs<D> = {},
  S = undefined,
>(spec: MultiSpec<P, O, D, N, S>): Plugin;
export function definePlugin(given: unknown): Plugin {
  const spec = given as AnyStreaming;
  const single = typeof spec.provides === "string";
  const provides = single ? [spec.provides as string] : [...spec.provides as readonly string[]];
  checkNames(provides, spec.dependsOn);
  checkKeys(spec, STREAMING_KEYS);
  if (spec.dependsOn.length === 0) {
    throw new TypeError(`Cannot define plugin "${provides[0]}": it depends on nothing; use defineSource`);
  }
  const byType = <T>(value: unknown): Record<string, T> =>
    value === undefined ? {} : single ? { [provides[0]!]: value as T } : { ...value as Record<string, T> };
  const schemas: Record<string, Schema> = {};
  for (const type of provides) {
    const types = byType<ColumnTypes | Schema>(spec.schema)[type];
    if (types === undefined) {
      throw new TypeError(`Cannot define plugin "${provides[0]}": no schema for "${type}"`);
    }
    schemas[type] = withTime(provides[0]!, type, toSchema(types as ColumnTypes));
  }
  const kinds = byType<string>(spec.dataKind);
  const stateful = spec.stateful === true ? {} : spec.stateful || undefined;
  if (spec.halo !== undefined && spec.reach !== undefined) {
    throw new TypeError(
      `Cannot define plugin "${provides[0]}": it has halo and reach; a plugin has one of them`,
    );
  }
  if (stateful && spec.halo !== undefined) {
    throw new TypeError(`Cannot define plugin "${provides[0]}": a stateful plugin cannot have a halo`);
  }
  if (spec.stateless && (!stateful || spec.flush)) {
    throw new TypeError(
      `Cannot define plugin "${provides[0]}": stateless is for stateful plugins without flush`,
    );
  }
  if (spec.flush && !stateful) {
    throw new TypeError(`Cannot define plugin "${provides[0]}": flush is for stateful plugins`);
  }
  return {
    kind: "streaming",
    name: provides[0]!,
    provides,
    dependsOn: [...spec.dependsOn],
    reads: spec.reads as Plugin["reads"],
    stateless: spec.stateless as Plugin["stateless"],
    columnHelp: helpOf(provides[0]!, Object.values(schemas), spec.columnHelp),
    requires: { ...spec.needs } as Record<string, ColumnTypes>,
    version: spec.version,
    help: spec.help ?? "",
    module: spec.module,
    export: spec.export,
    schemas,
    dataKinds: Object.fromEntries(provides.map((type) => [type, kinds[type] ?? type])),
    longestRow: byType<number>(spec.longestRow),
    ...asked(spec),
    ...(spec.checkInputs === undefined ? {} : { checkInputs: spec.checkInputs }),
    options: stateful ? { breakThresholdPs: breakOption, ...spec.options } : spec.options ?? {},
    saveWhen: spec.saveWhen ?? "target",
    running: runningOf(spec, stateful !== undefined || spec.carryOver === true),
    geometry: (options): Geometry => {
      const geometry: Record<string, unknown> = {};
      if (spec.boundary !== undefined) geometry.boundary = call(spec.boundary, options);
      const halo = call(spec.halo, options);
      if (halo !== undefined) geometry.halo = halo;
      if (spec.reach !== undefined) geometry.reach = byType(call(spec.reach, options));
      return geometry as Geometry;
    },
    carryOver: spec.carryOver ?? false,
    stateful,
    initialState: spec.initialState as Plugin["initialState"],
    read: undefined,
    fingerprint: undefined,
    computeChunk: (spec.computeChunk as NonNullable<Plugin["computeChunk"]>).bind(spec),
    flush: (spec.flush as Plugin["flush"])?.bind(spec),
  };
}

/** What columns that many types have hold. */
const KEY_HELP: Readonly<Record<string, readonly [unit: string, help: string]>> = {
  time: ["ps", "start, from the start of the run"],
  endtime: ["ps", "end, from the start of the run"],
  board: ["", "digitizer board"],
  channel: ["", "channel of the board"],
  record_id: ["", "number of the record in the run"],
};

function helpOf(
  plugin: string,
  schemas: readonly Schema[],
  given: CommonSpec<OptionSpecs>["columnHelp"] = {},
): Record<string, ColumnHelp> {
  const names = new Set(schemas.flatMap(({ columns }) => columns.map(({ name }) => name)));
  for (const name of Object.keys(given)) {
    if (!names.has(name)) {
      throw new TypeError(
        `Cannot define plugin "${plugin}": columnHelp names "${name}", which is no column of it`,
      );
    }
  }
  const help: Record<string, ColumnHelp> = {};
  for (const name of names) {
    const pair = given[name] ?? KEY_HELP[name];
    if (pair) help[name] = { unit: pair[0], help: pair[1] };
  }
  return help;
}

function withTime(plugin: string, type: string, schema: Schema): Schema {
  for (const name of ["time", "endtime"]) {
    const column = schema.columns.find((c) => c.name === name);
    if (name === "time" && !column) {
      throw new TypeError(`Cannot define plugin "${plugin}": "${type}" has no column "time" of type "time"`);
    }
    if (column && column.kind !== "time") {
      throw new TypeError(
        `Cannot define plugin "${plugin}": column "${name}" of "${type}" is ${column.type}, not "time"`,
      );
    }
  }
  return schema;
}

function runningOf(spec: Running, inOrder: boolean): Running {
  const running: Record<string, unknown> = {};
  for (const key of ["parallel", "executorType", "maxWorkers", "chunkSize", "timeout"] as const) {
    if (spec[key] !== undefined) running[key] = spec[key];
  }
  if (inOrder) running.parallel = false;
  return running;
}

/** The check of a specification's options and the names that it is known by, where it has them. */
function asked<O extends OptionSpecs>(
  { checkOptions, knownAs }: CommonSpec<O>,
): Pick<Plugin, "checkOptions" | "knownAs"> {
  return {
    ...(knownAs === undefined ? {} : { knownAs: [...knownAs] }),
    // They are the values of these options, which is what the type says.
    ...(checkOptions && { checkOptions: (options) => checkOptions(options as OptionValues<O>) }),
  };
}

const nothing = {
  requires: {},
  longestRow: {},
  running: {},
  geometry: (): Geometry => ({}),
  carryOver: false,
  stateful: undefined,
  initialState: undefined,
  read: undefined,
  fingerprint: undefined,
  computeChunk: undefined,
  flush: undefined,
} as const;

/** What sources and static plugins say of themselves and their one output. */
function oneOutput<O extends OptionSpecs>(
  spec: CommonSpec<O> & {
    readonly provides: string;
    readonly schema: ColumnTypes | Schema;
    readonly dataKind?: string;
  },
) {
  const { provides } = spec;
  const schema = withTime(provides, provides, toSchema(spec.schema) as Schema);
  return {
    name: provides,
    provides: [provides],
    version: spec.version,
    help: spec.help ?? "",
    module: spec.module,
    export: spec.export,
    schemas: { [provides]: schema },
    dataKinds: { [provides]: spec.dataKind ?? provides },
    columnHelp: helpOf(provides, [schema], spec.columnHelp),
    options: spec.options ?? {},
    ...asked(spec),
  };
}

/** A source: it reads a run's rows from files or a device, in time order. @throws {TypeError} On a bad name. */
export function defineSource<
  const C extends ColumnTypes,
  // deno-lint-ignore ban-types
  const O extends OptionSpecs = {},
>(spec: SourceSpec<C, O>): Plugin {
  checkNames([spec.provides], []);
  checkKeys(spec, SOURCE_KEYS);
  return {
    ...nothing,
    ...oneOutput(spec),
    kind: "source",
    dependsOn: [],
    longestRow: spec.longestRow === undefined ? {} : { [spec.provides]: spec.longestRow },
    saveWhen: spec.saveWhen ?? "explicit",
    read: (context) => spec.read(context as SourceContext<OptionValues<O>>),
    fingerprint: (options, runId) => spec.fingerprint(options as OptionValues<O>, runId),
  };
}

/** A plugin that sees the whole run at once: a stream is gathered for it. @throws {TypeError} On a bad name. */
export function defineStatic<
  const C extends ColumnTypes,
  const D extends readonly string[],
  // deno-lint-ignore ban-types
  const O extends OptionSpecs = {},
  // deno-lint-ignore ban-types
  const N extends Needs<D> = {},
>(spec: StaticSpec<C, O, D, N>): Plugin {
  checkNames([spec.provides], spec.dependsOn);
  checkKeys(spec, STATIC_KEYS);
  return {
    ...nothing,
    ...oneOutput(spec),
    kind: "static",
    dependsOn: [...spec.dependsOn],
    requires: { ...spec.needs } as Record<string, ColumnTypes>,
    saveWhen: spec.saveWhen ?? "target",
    running: { parallel: false },
    computeChunk: (chunk, context): Outputs | Promise<Outputs> =>
      spec.compute(
        chunk as unknown as FirstChunk<D, N>,
        context as unknown as ComputeContext<OptionValues<O>, C, InputChunks<D, N>>,
      ) as Outputs | Promise<Outputs>,
  };
}

/** A merge of types of one kind, column by column, without a copy. @throws {TypeError} On a bad name. */
export function defineMerge(spec: MergeSpec): Plugin {
  checkNames([spec.provides], spec.dependsOn);
  checkKeys(spec, MERGE_KEYS);
  return {
    ...nothing,
    kind: "merge",
    name: spec.provides,
    provides: [spec.provides],
    dependsOn: [...spec.dependsOn],
    version: spec.version ?? "1",
    help: spec.help ?? "",
    module: undefined,
    export: undefined,
    schemas: { [spec.provides]: schema({ time: "time" }) as Schema },
    dataKinds: {},
    options: {},
    saveWhen: "explicit",
  };
}
