// What a file format of other programs is to us.
import type { Schema } from "../data/schema.ts";
import type { Table } from "../data/table.ts";

/** Name of a format, as in `--format`; a file's ending tells it too. */
export type FormatName = "parquet" | "csv" | "jsonl" | "arrow" | "npy" | "npz";

/** Writes tables of one schema into a file, one behind the other. */
export interface TableWriter {
  /** Write rows. The table stays the caller's. */
  write(table: Table): Promise<void>;
  /** Write what a file ends with. */
  finish(): Promise<void>;
  /** Let go of what is open besides the file itself, whether it was finished or not. */
  close(): Promise<void>;
}

/** What a file to be read may be told. */
export interface OpenOptions {
  /** Types of the columns. Default: what the file says, else what its values look like. */
  readonly schema?: Schema | undefined;
  /** Rows that are read at once. */
  readonly rows: number;
  /** Columns to take, in addition to `time` and `endtime`. Default: all. */
  readonly columns?: readonly string[] | undefined;
}

/** A file that can be read. */
export interface OpenedTable {
  /** Types of its columns. */
  readonly schema: Schema;
  /** Its rows, in tables that belong to the receiver. */
  tables(): AsyncGenerator<Table, void, undefined>;
}

/** A file format. */
export interface Format {
  /** Its name. */
  readonly name: FormatName;
  /** Endings of its files, without the dot. */
  readonly endings: readonly string[];
  /** What it is good for, in a few words. */
  readonly help: string;
  /** Whether a file says which types its columns have. */
  readonly typed: boolean;
  /** Why a table with such columns cannot be written, if so. */
  refuses(schema: Schema): string | undefined;
  /** Whether its files can be compressed on request. */
  readonly canCompress?: boolean;
  /** Start to write into `out`, compressed where that is asked for. */
  writer(out: OutFile, schema: Schema, compress?: boolean): Promise<TableWriter>;
  /** Look at a file. @throws {SyntaxError} When it is damaged or holds what no table can. */
  open(path: string, options: OpenOptions): Promise<OpenedTable>;
}

/** A file that is being written under a temporary name. */
export interface OutFile {
  /** Its temporary name. */
  readonly path: string;
  /** Bytes so far. */
  readonly size: number;
  /** Append. */
  write(bytes: Uint8Array): Promise<void>;
  /** Write over what is there. */
  writeAt(at: number, bytes: Uint8Array): Promise<void>;
}
