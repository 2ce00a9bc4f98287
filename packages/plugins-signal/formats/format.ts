/**
 * What a file format is to `raw_files`: how its files are known, and how their traces are read.
 *
 * A new format is a folder with an object of this type and one line in `formats.ts`. Formats with times of their own give
 * `readTraces` (`merge/`) a reader a file, which decodes some rows at a time; it orders and merges them.
 * @module
 */
import type { Account, BufferPool } from "@millrace/core/buffers";
import type { SourcePlace } from "@millrace/core/plugin";
import type { Table } from "@millrace/core/table";
import type { RawTypes } from "./compass/raw_schema.ts";

/** How the files of a run are read. */
export interface FormatOptions {
  /** Sampling interval, ps; not given: from the files, where they say it. */
  readonly dt?: number;
  /** Time of the first sample, ps, for formats without times; not given: 0. */
  readonly t0?: number;
  /** What a channel is, for formats that do not name it; not given: a file. */
  readonly channelBy?: "file" | "row";
  /** Samples a record, for formats that are not divided into records; not given: 4096. */
  readonly recordLength?: number;
  /** How far a row may lie behind the latest row before it in its file, ps. */
  readonly reorderWindow: number;
  /** Keep what lies before damage and report what is lost, instead of failing. */
  readonly recover: boolean;
  /** Rows a table, as a target: rows at equal times stay together. */
  readonly maxRows: number;
  /** Bytes a table, as a target. */
  readonly maxBytes: number;
  /** Bytes read at once. */
  readonly readBytes: number;
  /** Go on behind the piece that came with this cursor. */
  readonly resume?: SourcePlace | undefined;
  /** Rows before it (ps) may be left out, where that saves reading. */
  readonly from?: bigint;
  /** Where the tables' buffers come from. */
  readonly pool?: BufferPool;
  /** Charged with tables and reading buffers. */
  readonly account?: Account;
  /** Ends the reading. */
  readonly signal?: AbortSignal;
  /** Told after reads up to which byte of all files they are, of how many, and how many of these were passed over. */
  readonly progress?: (done: number, total: number, skipped?: number) => void;
  /** Told about what was assumed or lost. */
  readonly notice?: (text: string) => void;
}

/** Rows in time order; all later ones start at or after `end`. */
export interface FormatPiece {
  /** The rows. The receiver releases it. */
  readonly table: Table<RawTypes>;
  /** End of the stretch, ps. */
  readonly end: bigint;
  /** What the format needs to go on behind it; not given where it cannot. */
  readonly cursor?: string;
}

/** A file format. */
export interface Format {
  /** Name, for people. */
  readonly name: string;
  /** How names of its files end, in small letters, with the dot: a folder of a run is searched for them. */
  readonly suffixes: readonly string[];
  /** Folders in that of a run where its files lie, best first; `""` is the folder itself. Default: {@linkcode FOLDERS}. */
  readonly folders?: readonly string[];
  /**
   * Which of the files in a folder, all with its suffix, are the run's data; default all. The others are left out, which the
   * user is told.
   */
  dataFiles?(paths: readonly string[]): readonly string[];
  /** Other programs' files end so too: the name alone does not tell an empty or damaged file. */
  readonly sharesSuffix?: boolean;
  /** Its files are told by one beside them: this goes before what their first bytes look like. */
  readonly byCompanion?: boolean;
  /** Whether a file at `path` that starts with these bytes (up to 512) is of this format. */
  detect(head: Uint8Array, path: string): boolean;
  /** The traces of all files, merged in time order. */
  read(paths: readonly string[], options: FormatOptions): AsyncIterable<FormatPiece>;
  /** Files beside `path` that change what is read from it, best first: those of a list replace each other. */
  companions(path: string): readonly string[];
}

/** Where data lie in the folder of a run, best first: only the first that has files is read, the others hold the same rows. */
export const FOLDERS: readonly string[] = ["", "RAW", "UNFILTERED", "FILTERED"];
