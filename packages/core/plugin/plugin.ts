/**
 * What the engine knows of a plugin, however it was written: {@linkcode Plugin}.
 * @module
 */
import type { Account, BufferPool } from "../data/buffer_pool.ts";
import type { ColumnTypes, Schema } from "../data/schema.ts";
import type { AllocateOptions, Table } from "../data/table.ts";
import type { Chunk } from "../chunk/chunk.ts";
import type { Lineage } from "../context/lineage.ts";
import type { OptionSpecs } from "../options/option.ts";

/**
 * Where the engine may cut a plugin's input.
 * - `"any"`: at any time (rows belong to the side that their start is on);
 * - `"sealed"`: where no row reaches across;
 * - `{ gap }`: in a stretch of at least `gap` ps without rows, measured from the highest endtime so far. With `maxSpan`,
 *   also where `clusterStarts(time, endtime, { gap, maxSpan })` opens a new cluster: the plugin must divide its rows
 *   with the same function, and the memory is bounded also where no gap comes.
 */
export type Boundary = "any" | "sealed" | {
  /** Shortest gap, ps. */
  readonly gap: number;
  /** A cluster ends at the first row that starts this long after its first, ps. */
  readonly maxSpan?: number;
};

/** The boundary of every input, of some inputs by name, or of all inputs' rows taken together. */
export type Boundaries = Boundary | { readonly inputs: Readonly<Record<string, Boundary>> } | {
  readonly union: Boundary;
};

/** Rows that a plugin sees on both sides of its own stretch. */
export interface Halo {
  /** An output that starts at `s` depends on input from `s - left` on, ps. */
  readonly left: number;
  /** ... and on input before `s + right`, ps. */
  readonly right: number;
  /** Whether rows that touch the halo are in it (default), or only those that start in it. */
  readonly by?: "touch" | "start";
}

/** How far from its input row's start an output row may start. */
export interface Reach {
  /** Earliest: `row.time - left`, ps. Default 0. */
  readonly left?: number;
  /** Latest: `row.time + right`, ps. Default: unknown. Not needed for correctness; lets time ranges be read in part. */
  readonly right?: number;
}

/** What a plugin needs of its input and does with time, once its options are known. */
export interface Geometry {
  /** Where its input may be cut. Default `"any"`. */
  readonly boundary?: Boundaries;
  /** Rows wanted beyond the plugin's own; then only outputs that start in its own stretch are kept. */
  readonly halo?: Halo;
  /** Reach of all outputs, or by data type. Not together with `halo`. */
  readonly reach?: Reach | Readonly<Record<string, Reach>>;
}

/** State that a plugin keeps from chunk to chunk. It is computed in order, never in parallel. */
export interface Stateful {
  /** Start anew at breaks (default). */
  readonly resetOnBreak?: boolean;
  /** The input whose gaps are breaks; default: the rows of all inputs together. */
  readonly breakInput?: string;
  /**
   * The state is plain data that means the same in another process (numbers, texts, bigints, typed arrays, and arrays, objects,
   * maps and sets of them): it is kept with results, and an interrupted run goes on with it. Default: such a run starts at the
   * last break, or at the start. In a sandbox it has no effect.
   */
  readonly checkpoint?: boolean;
}

/** When a result is stored. */
export type SaveWhen = "never" | "explicit" | "target" | "always";

/** Where a plugin's work may run. */
export type ExecutorType = "inline" | "thread" | "process";

/** Where and how a plugin runs; changes no result and is not in the lineage. */
export interface Running {
  /** Whether several chunks may be computed at once. Default true; stateful plugins never are. */
  readonly parallel?: boolean;
  /** Wanted kind of executor. */
  readonly executorType?: ExecutorType;
  /** Most workers. */
  readonly maxWorkers?: number;
  /** Rows of input a chunk, as a target. */
  readonly chunkSize?: number;
  /** Longest time that one chunk may take, ms of running. */
  readonly timeout?: number;
}

/**
 * Make room for output rows: a pooled table of the plugin's schema, to be written to.
 *
 * An output with the kind of an input has that input's key columns (`time`, `board`, `channel`, `endtime`, `record_id`) already, often
 * its very arrays: leave them as they are. All other columns hold whatever was in the buffer before: write every row.
 */
export type Emit<C extends ColumnTypes = ColumnTypes> = (rows: number, options?: EmitOptions) => Table<C>;

/** What {@linkcode Emit} may be told. */
export interface EmitOptions extends Pick<AllocateOptions, "widths" | "values" | "share"> {
  /**
   * WASM kernels write these rows, or will read them: where only the engine and plugins see them, they lie in the memory that kernels
   * import (`@millrace/core/kernel-memory`), as long as there is room. Default: elsewhere. Values are the same.
   */
  readonly inKernelMemory?: boolean;
}

/** What `computeChunk` is told beside its first input. */
export interface ComputeContext<
  // deno-lint-ignore ban-types
  O = {},
  C extends ColumnTypes = ColumnTypes,
  I = Readonly<Record<string, Chunk>>,
  S = unknown,
> {
  /** Name of the run. */
  readonly runId: string;
  /** Option values. */
  readonly options: O;
  /** Every input by the name of its data type; inputs of one kind are one merged chunk. */
  readonly inputs: I;
  /** The plugin's own rows of its first input: `from` to `to` (excluded); the others are halo. */
  readonly own: { readonly from: number; readonly to: number };
  /** Origin of the times of what `emit` makes (also in `flush`, where there is no chunk), ps. */
  readonly t0: bigint;
  /** State of a stateful plugin. */
  readonly state: S;
  /** Whether the input ends with this stretch: what was held back must be given now. */
  readonly last: boolean;
  /** Room for output rows, times relative to the chunk's `t0`. */
  readonly emit: Emit<C>;
  /** Room for rows of one of several outputs. */
  readonly emitTo: (dataType: string, rows: number, options?: EmitOptions) => Table;
  /**
   * Hand rows from `offset` (ps from the chunk's `t0`) on over again with the next chunk: outputs so far use none of them.
   * For plugins that say `carryOver`.
   */
  readonly consumedUntil: (offset: number) => void;
  /** A stateful plugin may still emit rows from `offset` (ps from the chunk's `t0`) on. */
  readonly hold: (offset: number) => void;
  /** Tell the user something that is also stored with the result. */
  readonly notice: (text: string) => void;
  /** Aborted when the run is. */
  readonly signal: AbortSignal;
}

/** What a source is told. */
// deno-lint-ignore ban-types
export interface SourceContext<O = {}> {
  /** Name of the run. */
  readonly runId: string;
  /** Option values. */
  readonly options: O;
  /** Target rows of a piece. */
  readonly maxRows: number;
  /** Most bytes of a piece. */
  readonly maxBytes: number;
  /** Only rows that start in it are wanted (open where the run's start or end is meant). */
  readonly timeRange: TimeRange;
  /** Go on from there, if the source gave this place with an earlier piece; the first piece starts at its `at`. */
  readonly resume?: SourcePlace | undefined;
  /** Where to get buffers. */
  readonly pool: BufferPool;
  /** What buffers are charged to. */
  readonly account: Account;
  /** Tell the user something that is also stored with the result. */
  readonly notice: (text: string) => void;
  /**
   * Input read so far, for progress: up to byte `done` of `total`. `skipped` (default 0) of these bytes were passed over, as
   * where a source goes on from a place.
   */
  readonly progress: (done: number, total: number, skipped?: number) => void;
  /** Aborted when the run is. */
  readonly signal: AbortSignal;
}

/** A stretch of a source's rows. */
export interface SourcePiece {
  /** Rows that start before `end` and not before the end of the piece before; the engine puts them in order. */
  readonly table: Table;
  /** All later rows start at or after it, ps. */
  readonly end: bigint;
  /** Of the first piece: where the run starts; default 0, or the first row where that is earlier. */
  readonly start?: bigint;
  /**
   * What the source needs to go on behind this piece, as short text: it is kept with stored chunks, and an interrupted run hands
   * it back as {@linkcode SourceContext.resume}. Texts of more than 4096 characters are not kept. Left out: a run that is gone on
   * with reads the source from its start.
   */
  readonly cursor?: string;
}

/** A place in a source's input. */
export interface SourcePlace {
  /** End of the piece that it was given with: all rows from there on are still to come, ps. */
  readonly at: bigint;
  /** What the source said about it. */
  readonly cursor: string;
}

/** Start (included) and end (excluded) of a stretch of time, ps. */
export type TimeRange = readonly [start: bigint, end: bigint];

/** What `computeChunk` gives: rows, by data type for several outputs; `null` for none. */
export type Outputs = Table | null | Readonly<Record<string, Table | null>>;

/** What is known of a data type that a plugin reads, before anything runs. */
export interface InputInfo {
  /** Kind of its rows. */
  readonly dataKind: string;
  /** What it is made by, with the tracked options of the plugins up to the source. */
  readonly lineage: Lineage;
}

/**
 * What is wrong with a plugin's inputs by data type, seen from its own tracked options (as in its lineage), in words that go on after a
 * colon; `undefined` where nothing is.
 */
export type CheckInputs = (
  inputs: Readonly<Record<string, InputInfo>>,
  options: Lineage["options"],
) => string | undefined;

/** What a column holds, for people. */
export interface ColumnHelp {
  /** Unit of its values, or empty. */
  readonly unit: string;
  /** What they are. */
  readonly help: string;
}

/** How a plugin is kept that runs in a sandbox of its own. */
export interface Sandboxed {
  /** SHA-256 of the manifest that it was installed by: part of the lineage. */
  readonly manifestHash: string;
  /** Ask the sandbox what the plugin's geometry is for these options: `geometry(options)` knows it then. */
  readonly prepare: (options: Readonly<Record<string, unknown>>) => Promise<void>;
}

/** A plugin as the engine sees it. Make one with `definePlugin` or a class. */
export interface Plugin {
  /** How it works. */
  readonly kind: "source" | "streaming" | "static" | "merge";
  /** Name, in configuration and messages: the first data type that it provides. */
  readonly name: string;
  /** Data types that it makes. */
  readonly provides: readonly string[];
  /** Data types that it needs. */
  readonly dependsOn: readonly string[];
  /** Of a plugin whose options choose its input: which of `dependsOn` it reads with them, the first of them its `chunk`. */
  readonly reads?: ((options: Readonly<Record<string, unknown>>) => readonly string[]) | undefined;
  /** Of a stateful plugin that needs no state with some options: whether it needs none with these. `state` is then undefined. */
  readonly stateless?: ((options: Readonly<Record<string, unknown>>) => boolean) | undefined;
  /** What its columns hold, by column name, where it says so. */
  readonly columnHelp?: Readonly<Record<string, ColumnHelp>>;
  /** Columns that it needs of them, where it says so. */
  readonly requires: Readonly<Record<string, ColumnTypes>>;
  /** Names that other programs have for what it makes: whoever asks for one is told `provides`. */
  readonly knownAs?: readonly string[];
  /** Version, in the lineage. */
  readonly version: string;
  /** One line on what it makes. */
  readonly help: string;
  /** URL of the module that a worker loads it from. */
  readonly module: string | undefined;
  /** Name of the export there. */
  readonly export: string | undefined;
  /** Schema by provided data type; of a merge: empty, it follows from the inputs. */
  readonly schemas: Readonly<Record<string, Schema>>;
  /** Kind by provided data type. */
  readonly dataKinds: Readonly<Record<string, string>>;
  /** Longest row (ps) by provided data type, where known. */
  readonly longestRow: Readonly<Record<string, number>>;
  /** Options. */
  readonly options: OptionSpecs;
  /** What is wrong with option values that are right by themselves, if they contradict each other. */
  readonly checkOptions?: (options: Readonly<Record<string, unknown>>) => string | undefined;
  /** What is wrong with its inputs, where that shows before anything runs. */
  readonly checkInputs?: CheckInputs;
  /** When its results are stored. */
  readonly saveWhen: SaveWhen;
  /** Where and how it runs. */
  readonly running: Running;
  /** What it needs of its input. */
  readonly geometry: (options: Readonly<Record<string, unknown>>) => Geometry;
  /** Set for a plugin that stands in for one in a sandbox: it is never computed together with others. */
  readonly sandboxed?: Sandboxed;
  /** Whether it may call `consumedUntil`: chunks then come one after the other. */
  readonly carryOver: boolean;
  /** Set for a plugin with state. */
  readonly stateful: Stateful | undefined;
  /** State at the start and after a reset. */
  readonly initialState: ((options: Readonly<Record<string, unknown>>) => unknown) | undefined;
  /** Of a source: its rows. */
  readonly read:
    | ((context: SourceContext<Readonly<Record<string, unknown>>>) => AsyncIterable<SourcePiece>)
    | undefined;
  /** Of a source: what identifies its input, as JSON. */
  readonly fingerprint:
    | ((options: Readonly<Record<string, unknown>>, runId: string) => Promise<unknown>)
    | undefined;
  /** Of a streaming plugin: outputs of one stretch. Of a static one: of the whole run. */
  readonly computeChunk:
    | ((
      chunk: Chunk,
      context: ComputeContext<Readonly<Record<string, unknown>>>,
    ) => Outputs | Promise<Outputs>)
    | undefined;
  /** Of a stateful plugin: outputs still to come, at a break and at the end. */
  readonly flush:
    | ((context: ComputeContext<Readonly<Record<string, unknown>>>) => Outputs | Promise<Outputs>)
    | undefined;
}
