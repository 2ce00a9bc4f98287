// What crosses between a run and its workers: stretches to compute, pieces to read, chunks to write. Plain data.

import type { TableParts } from "@millrace/core/handoff";
import type { LoadedChunk, LoadRequest } from "@millrace/core/load-chunk";
import type { SourceContext } from "@millrace/core/plugin";
import type { ChunkRowsInfo, SavedChunk, SaveRequest } from "@millrace/core/save-chunk";
import type { Interval } from "@millrace/core/stage";

/** A plugin, by where it is found; `name` differs from the found one's where it is a copy of that. */
export interface PluginSpec {
  readonly name: string;
  /** URL of its module; undefined for a merge, which needs no code. */
  readonly module: string | undefined;
  readonly export: string | undefined;
  /** Of a merge: what it merges. */
  readonly merges: readonly string[] | undefined;
  /** Option values as JSON. */
  readonly options: unknown;
}

/** A stage, as text in every task: workers parse it once. */
export interface StageSpec {
  readonly runId: string;
  readonly id: string;
  readonly steps: readonly PluginSpec[];
  readonly outputs: readonly string[];
  readonly ahead?: { readonly step: number; readonly gap: number } | undefined;
  readonly lent?: readonly string[];
}

/** A source, as text in every task: workers parse it once. */
export interface SourceSpec {
  readonly runId: string;
  readonly step: PluginSpec;
  readonly maxRows: number;
  readonly maxBytes: number;
  /** Picoseconds as text. */
  readonly timeRange: readonly [string, string];
  /** Where to go on; picoseconds as text. */
  readonly resume?: { readonly at: string; readonly cursor: string } | undefined;
}

/** The budget of a task: the run's shared counts with the task's own slot, or bytes of its own. */
export interface Budget {
  readonly limit: number;
  readonly counts: BigInt64Array<SharedArrayBuffer> | undefined;
  readonly slot: number;
  /** Bytes of idle buffers that a worker may keep. */
  readonly idle: number;
}

/** A table: where it lies in the message's shared buffers, or a buffer of its own. */
export type TableForm = TableParts | Uint8Array;

/** A shared buffer, or a part of the kernels' memory, which all threads have. */
export type BufferForm = ArrayBufferLike | readonly [byteOffset: number, byteLength: number];

/** A chunk without the names that the stage knows. */
export interface ChunkForm {
  readonly table: TableForm;
  readonly start: bigint;
  readonly end: bigint;
  readonly coverEnd: bigint;
  readonly dataType: string;
  readonly dataKind: string;
}

/** Compute one stretch. */
export interface StageTask {
  /** Names the stage of this run, with its state. */
  readonly key: string;
  readonly spec: string;
  readonly chunks: readonly ChunkForm[];
  /** Data type, index of its chunk, in turn. */
  readonly inputs: readonly (readonly [type: string, chunk: number])[];
  readonly interval: Interval;
  readonly buffers: readonly BufferForm[];
  /** Idle buffers for outputs. */
  readonly spare: readonly ArrayBufferLike[];
  /** Parts of the kernels' memory for outputs, by type. */
  readonly places?: readonly PlaceForm[];
  readonly budget: Budget;
}

/** A part of the kernels' memory for a table of a type. */
export type PlaceForm = readonly [type: string, byteOffset: number, byteLength: number];

/** Which worker did it, and when: milliseconds since 1970. */
export type RanForm = readonly [worker: number, began: number, ended: number];

/** What came of a stretch. */
export interface StageReply {
  readonly ran: RanForm;
  /** Buffers up to the task's number are those of its inputs, the others new or lent. */
  readonly outputs: readonly (readonly [type: string, table: TableForm | null])[];
  readonly buffers: readonly BufferForm[];
  /** Bytes of outputs that might have been placed, by type. */
  readonly wanted: readonly (readonly [type: string, bytes: number])[];
  readonly consumedUntil: bigint | undefined;
  readonly hold: bigint | undefined;
  readonly state?: Uint8Array | undefined;
  readonly ahead?: bigint | undefined;
  readonly busy: Readonly<Record<string, number>>;
  readonly passed: Readonly<Record<string, { readonly rows: number; readonly bytes: number }>>;
  readonly notices: readonly (readonly [plugin: string, text: string])[];
  /** Of steps ahead, told when their results are taken. */
  readonly held: readonly (readonly [plugin: string, text: string])[] | undefined;
  /** Most bytes that the task held. */
  readonly peak: number;
}

/** Read the next piece of a source. */
export interface ReadTask {
  /** Names the source of this run. */
  readonly key: string;
  readonly spec: string;
  readonly spare: readonly ArrayBufferLike[];
  readonly budget: Budget;
}

/** A piece, or the end. */
export interface ReadReply {
  readonly ran: RanForm;
  readonly piece:
    | {
      readonly table: TableForm;
      readonly end: bigint;
      readonly start: bigint | undefined;
      readonly cursor: string | undefined;
    }
    | undefined;
  readonly buffers: readonly ArrayBufferLike[];
  readonly notices: readonly string[];
  /** Input read so far: done, total. */
  readonly progress: Parameters<SourceContext["progress"]> | undefined;
}

/** A chunk's file was written. */
export interface SaveReply {
  readonly ran: RanForm;
  readonly saved: SavedChunk;
}

/** Write a chunk's file. */
export interface SaveTask {
  readonly tables: readonly TableForm[];
  readonly info: ChunkRowsInfo;
  readonly buffers: readonly BufferForm[];
  readonly request: SaveRequest;
}

/** Read a stored chunk's file. */
export interface LoadTask {
  /** The part of the kernels' memory for its rows, if they are no larger. */
  readonly place: readonly [byteOffset: number, byteLength: number] | undefined;
  readonly request: LoadRequest;
  readonly spare: readonly ArrayBufferLike[];
  readonly budget: Budget;
}

/** A chunk's file was read. */
export interface LoadReply extends Omit<LoadedChunk, "table"> {
  readonly ran: RanForm;
  readonly table: TableForm;
  readonly buffers: readonly ArrayBufferLike[];
  /** The rows lie in the part of the kernels' memory. */
  readonly isPlaced: boolean;
}
