/**
 * Plugins as plain objects: {@linkcode definePlugin}, {@linkcode defineSource}, {@linkcode defineStatic},
 * {@linkcode defineMerge}.
 * @module
 */
import type { Chunk } from "../chunk/chunk.ts";
import { type ColumnTypes, type Schema, schema, toSchema } from "../data/schema.ts";
import type { Table } from "../data/table.ts";
import { option, type OptionSpecs, type OptionValues } from "../options/option.ts";
import type {
  Boundaries,
  ColumnHelp,
  ComputeContext,
  Geometry,
  Halo,
  Outputs,
  Plugin,
  Reach,
  Running,
  SaveWhen,
  SourceContext,
  SourcePiece,
  Stateful,
} from "./plugin.ts";

/** A value, or how it follows from the option values. */
export type FromOptions<O extends OptionSpecs, T> = T | ((options: OptionValues<O>) => T);

/** Columns that a plugin needs, by the data type that they come from. */
export type Needs<D extends readonly string[]> = { readonly [K in D[number]]?: ColumnTypes };

/** The columns needed of data type `K`, or any where nothing is said. */
export type Needed<N, K> = K extends keyof N ? (N[K] extends ColumnTypes ? N[K] : ColumnTypes) : ColumnTypes;

/** The chunk of the first dependency. */
export type FirstChunk<D extends readonly string[], N> = Chunk<Needed<N, D[0]>>;

/** Input chunks by data type. */
export type InputChunks<D extends readonly string[], N> = { readonly [K in D[number]]: Chunk<Needed<N, K>> };

/** What every plugin says of itself. */
export interface CommonSpec<O extends OptionSpecs> {
  /** Changes when the results do; in the lineage. */
  readonly version: string;
  /** One line on what it makes. */
  readonly help?: string;
  /** `import.meta.url` of the module that exports it: a worker loads it from there. */
  readonly module?: string;
  /** The name that it is exported by. */
  readonly export?: string;
  /** Options by name, made with `option`. */
  readonly options?: O;
  /**
   * What is wrong with option values that are right by themselves and contradict each other, in words that go on after a colon; `undefined`
   * where nothing is. Called when a run is planned, before anything is read.
   */
  readonly checkOptions?: (options: OptionValues<O>) => string | undefined;
  /** Unit (or empty) and meaning of its columns by name, for people; those of key columns are known. */
  readonly columnHelp?: Readonly<Record<string, readonly [unit: string, help: string]>>;
  /** When its results are stored. Default `"target"`. */
  readonly saveWhen?: SaveWhen;
}

/** What streaming plugins with one and with several outputs have in common. */
export interface StreamingCommon<O extends OptionSpecs, D extends readonly string[], N extends Needs<D>, S>
  extends CommonSpec<O>, Running {
  /** Data types that it reads; the first is the `chunk`. Types of one kind arrive merged. */
  readonly dependsOn: D;
  /** Which of them it reads with these options, in that order. Default: all. */
  readonly reads?: (options: OptionValues<O>) => readonly D[number][];
  /** Columns that it needs of them: checked before anything runs, and they type the chunks. */
  readonly needs?: N;
  /** Where its input may be cut. Default `"any"`. */
  readonly boundary?: FromOptions<O, Boundaries>;
  /** Rows wanted beyond its own stretch. */
  readonly halo?: FromOptions<O, Halo | undefined>;
  /** It may hand rows over again with `context.consumedUntil`; chunks then come in order. */
  readonly carryOver?: boolean;
  /** Whether it needs no state with these options: it is then not stateful, and `state` is undefined. */
  readonly stateless?: (options: OptionValues<O>) => boolean;
  /** State kept from chunk to chunk; with it, chunks come in order. */
  readonly stateful?: Stateful | boolean;
  /** State at the start and after each reset. */
  readonly initialState?: (options: OptionValues<O>) => S;
}

/** A streaming plugin with one output. */
export interface StreamingSpec<
  C extends ColumnTypes,
  O extends OptionSpecs,
  D extends readonly string[],
  N extends Needs<D>,
  S,
> extends StreamingCommon<O, D, N, S> {
  /** Data type that it makes. */
  readonly provides: string;
  /** Columns that it makes. */
  readonly schema: C | Schema<C>;
  /** Kind of its rows. Default: a kind of its own. With the kind of an input, it gives a row for each of that input's. */
  readonly dataKind?: string;
  /** Longest row, ps, where it is known. */
  readonly longestRow?: number;
  /** How far from its input row an output row may start. Default: not earlier, any time later. */
  readonly reach?: FromOptions<O, Reach>;
  /** Rows of one stretch; `null` for none. */
  computeChunk(
    chunk: FirstChunk<D, N>,
    context: ComputeContext<OptionValues<O>, C, InputChunks<D, N>, S>,
  ): Table<C> | null | Promise<Table<C> | null>;
  /** Rows still to come, at a break and at the end. */
  flush?(
    context: ComputeContext<OptionValues<O>, C, InputChunks<D, N>, S>,
  ): Table<C> | null | Promise<Table<C> | null>;
}

/** A streaming plugin with several outputs. */
export interface MultiSpec<
  P extends string,
  O extends OptionSpecs,
  D extends readonly string[],
  N extends Needs<D>,
  S,
> extends StreamingCommon<O, D, N, S> {
  /** Data types that it makes; the first names it. */
  readonly provides: readonly P[];
  /** Columns by data type. */
  readonly schema: Readonly<Record<P, ColumnTypes | Schema>>;
  /** Kind by data type. Default: a kind of its own. */
  readonly dataKind?: Readonly<Partial<Record<P, string>>>;
  /** Longest row by data type, ps. */
  readonly longestRow?: Readonly<Partial<Record<P, number>>>;
  /** Reach by data type. */
  readonly reach?: FromOptions<O, Readonly<Partial<Record<P, Reach>>>>;
  /** Rows of one stretch by data type. */
  computeChunk(
    chunk: FirstChunk<D, N>,
    context: ComputeContext<OptionValues<O>, ColumnTypes, InputChunks<D, N>, S>,
  ): Readonly<Record<P, Table | null>> | null | Promise<Readonly<Record<P, Table | null>> | null>;
  /** Rows still to come, at a break and at the end. */
  flush?(
    context: ComputeContext<OptionValues<O>, ColumnTypes, InputChunks<D, N>, S>,
  ): Readonly<Record<P, Table | null>> | null | Promise<Readonly<Record<P, Table | null>> | null>;
}

/** A source. */
export interface SourceSpec<C extends ColumnTypes, O extends OptionSpecs> extends CommonSpec<O> {
  /** Data type that it makes. */
  readonly provides: string;
  /** Columns that it makes. */
  readonly schema: C | Schema<C>;
  /** Kind of its rows. Default: a kind of its own. */
  readonly dataKind?: string;
  /** Longest row, ps, where it is known. */
  readonly longestRow?: number;
  /** Its rows, piece by piece in time order. */
  read(context: SourceContext<OptionValues<O>>): AsyncIterable<SourcePiece>;
  /** What identifies its input (names, sizes, hashes), as JSON: part of the lineage. */
  fingerprint(options: OptionValues<O>, runId: string): Promise<unknown>;
}

/** A plugin that needs the whole run at once. */
export interface StaticSpec<
  C extends ColumnTypes,
  O extends OptionSpecs,
  D extends readonly string[],
  N extends Needs<D>,
> extends CommonSpec<O> {
  /** Data type that it makes. */
  readonly provides: string;
  /** Data types that it reads, each whole. */
  readonly dependsOn: D;
  /** Columns that it needs of them. */
  readonly needs?: N;
  /** Columns that it makes. */
  readonly schema: C | Schema<C>;
  /** Kind of its rows. Default: a kind of its own. */
  readonly dataKind?: string;
  /** Rows of the whole run. */
  compute(
    chunk: FirstChunk<D, N>,
    context: ComputeContext<OptionValues<O>, C, InputChunks<D, N>>,
  ): Table<C> | null | Promise<Table<C> | null>;
}

/** A merge of types of one kind under a new name: all their columns. */
export interface MergeSpec {
  /** Data type that it makes. */
  readonly provides: string;
  /** Types of one kind. */
  readonly dependsOn: readonly string[];
  /** In the lineage. Default `"1"`. */
  readonly version?: string;
  /** One line on what it is for. */
  readonly help?: string;
}

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
 * @throws {TypeError} On a bad name, a type named twice, or halo and reach together.
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
    ...checking(spec),
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

/**
 * The plugin as it is with some options: of one whose options choose its input, with just what it reads; of one that needs no
 * state with them, without state.
 *
 * @throws {RangeError} When it reads nothing, or something that it does not depend on.
 */
export function withOptions(plugin: Plugin, options: Readonly<Record<string, unknown>>): Plugin {
  if (plugin.stateless?.(options)) {
    const { parallel: _, ...running } = plugin.running; // false for the sake of the state
    const stateless = {
      ...plugin,
      stateless: undefined,
      stateful: undefined,
      initialState: undefined,
      running,
    };
    return withOptions(stateless, options);
  }
  if (!plugin.reads) return plugin;
  const dependsOn = [...plugin.reads(options)];
  const other = dependsOn.find((type) => !plugin.dependsOn.includes(type));
  if (other !== undefined || dependsOn.length === 0) {
    throw new RangeError(
      `Plugin "${plugin.name}" reads ${other === undefined ? "nothing" : `"${other}"`}: it depends on ${
        plugin.dependsOn.join(", ")
      }`,
    );
  }
  const requires = Object.fromEntries(
    Object.entries(plugin.requires).filter(([type]) => dependsOn.includes(type)),
  );
  return { ...plugin, reads: undefined, dependsOn, requires };
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

/** The check of a specification's options, where it has one. */
function checking<O extends OptionSpecs>({ checkOptions }: CommonSpec<O>): Pick<Plugin, "checkOptions"> {
  if (checkOptions === undefined) return {};
  // They are the values of these options, which is what the type says.
  return { checkOptions: (options) => checkOptions(options as OptionValues<O>) };
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

/** A source: it reads a run's rows from files or a device, in time order. @throws {TypeError} On a bad name. */
export function defineSource<
  const C extends ColumnTypes,
  // deno-lint-ignore ban-types
  const O extends OptionSpecs = {},
>(spec: SourceSpec<C, O>): Plugin {
  checkNames([spec.provides], []);
  return {
    ...nothing,
    kind: "source",
    name: spec.provides,
    provides: [spec.provides],
    dependsOn: [],
    version: spec.version,
    help: spec.help ?? "",
    module: spec.module,
    export: spec.export,
    schemas: { [spec.provides]: withTime(spec.provides, spec.provides, toSchema(spec.schema) as Schema) },
    dataKinds: { [spec.provides]: spec.dataKind ?? spec.provides },
    longestRow: spec.longestRow === undefined ? {} : { [spec.provides]: spec.longestRow },
    ...checking(spec),
    columnHelp: helpOf(spec.provides, [toSchema(spec.schema) as Schema], spec.columnHelp),
    options: spec.options ?? {},
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
  return {
    ...nothing,
    kind: "static",
    name: spec.provides,
    provides: [spec.provides],
    dependsOn: [...spec.dependsOn],
    requires: { ...spec.needs } as Record<string, ColumnTypes>,
    version: spec.version,
    help: spec.help ?? "",
    module: spec.module,
    export: spec.export,
    schemas: { [spec.provides]: withTime(spec.provides, spec.provides, toSchema(spec.schema) as Schema) },
    dataKinds: { [spec.provides]: spec.dataKind ?? spec.provides },
    ...checking(spec),
    columnHelp: helpOf(spec.provides, [toSchema(spec.schema) as Schema], spec.columnHelp),
    options: spec.options ?? {},
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
