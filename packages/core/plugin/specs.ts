/**
 * What is said of a plugin that is defined as an object.
 * @module
 */
import type { Chunk } from "../chunk/chunk.ts";
import type { ColumnTypes, Schema } from "../data/schema.ts";
import type { Table } from "../data/table.ts";
import type { OptionSpecs, OptionValues } from "../options/option.ts";
import type {
  Boundaries,
  CheckInputs,
  ComputeContext,
  Halo,
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
  /** Names that other programs have for what it makes: whoever asks for one is told its own. Not in the lineage. */
  readonly knownAs?: readonly string[];
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
  /**
   * What is wrong with how these are made, in words that go on after a colon; `undefined` where nothing is. Called when a run is planned,
   * with what it reads and its own tracked options.
   */
  readonly checkInputs?: CheckInputs;
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
