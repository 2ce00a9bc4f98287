/**
 * Rows out of files of other programs, as chunks.
 * @module
 */
import { chunkOf } from "../chunk/_chunk_of.ts";
import { Chunk, endtimesOf, MAX_CHUNK_PS, NO_COVER, rowAt, timesOf } from "../chunk/chunk.ts";
import { concatTables } from "../chunk/concat_tables.ts";
import { type ColumnTypes, hasColumn, type Schema, toSchema } from "../data/schema.ts";
import { Table } from "../data/table.ts";
import { formatOf } from "./formats.ts";
import type { FormatName } from "./types.ts";

/** What {@linkcode importRows} may be told. */
export interface ImportOptions {
  /** Format. Default: as the file's ending says. */
  readonly format?: FormatName | undefined;
  /** Types of the columns. Default: what the file says, else what its values look like. */
  readonly schema?: ColumnTypes | Schema | undefined;
  /** Columns to take, beside `time` and `endtime`. Default: all. */
  readonly columns?: readonly string[] | undefined;
  /** Name of the run, for the chunks. */
  readonly runId?: string;
  /** Name of the data type, for the chunks. */
  readonly dataType?: string;
  /** Rows of a chunk, at most (formats with parts of their own give those). Default 65536. */
  readonly rows?: number;
}

/** A file that can be read. */
export interface ImportedRows {
  /** Names and types of the columns. */
  readonly schema: Schema;
  /**
   * Its rows in chunks that follow each other; each belongs to the caller. A file without rows gives one chunk without rows.
   *
   * @throws {SyntaxError} While iterating: on damage, values that are none, rows out of order: names the file and the row.
   */
  chunks(): AsyncGenerator<Chunk, void, undefined>;
}

/**
 * Look at a file: which columns it has. CSV and JSON lines say no types: integers become `i64`, other numbers `f64`, and
 * `time`, `endtime`, `peakTime` times; the whole file is looked at for that.
 *
 * @throws {RangeError} On a format or column that there is not.
 * @throws {SyntaxError} On a file that is damaged, has types that no column has, or has no times.
 */
export async function importRows(path: string, options: ImportOptions = {}): Promise<ImportedRows> {
  const { columns, rows = 2 ** 16, runId = "", dataType = "" } = options;
  const given = options.schema && toSchema(options.schema as ColumnTypes);
  const format = formatOf(path, options.format);
  const file = await format.open(path, { schema: given, rows, columns });
  const { schema } = file;
  if (!hasColumn(schema, "time") || schema.types["time"] !== "time") {
    const names = schema.columns.map(({ name, type }) => `${name} (${type})`).join(", ");
    throw new SyntaxError(
      `Cannot read "${path}": it has no column "time" of whole picoseconds (64-bit integers) since the start of the run; it has ${names}`,
    );
  }
  return { schema, chunks: () => chunksOf(path, schema, file.tables(), { runId, dataType }) };
}

async function* chunksOf(
  path: string,
  schema: Schema,
  tables: AsyncIterable<Table>,
  names: { readonly runId: string; readonly dataType: string },
): AsyncGenerator<Chunk, void, undefined> {
  // The rows of the latest time wait: more of that time may come, and a cut never separates them.
  let waiting: Table | undefined, start: bigint | undefined, cover = NO_COVER, row = 0;
  const give = function* (table: Table, end: bigint): Generator<Chunk> {
    let from = 0;
    const part = (to: number, until: bigint): Chunk => {
      const rows = table.slice(from, to);
      const chunk = chunkOf(rows, { start: start!, end: until, coverBefore: cover, ...names });
      from = to;
      cover = chunk.coverEnd;
      start = until;
      return chunk;
    };
    // A gap longer than a chunk may be is several chunks.
    while (end - start! > MAX_CHUNK_PS) {
      const until = start! + MAX_CHUNK_PS;
      yield part(rowAt(table, until), until);
    }
    yield part(table.length, end);
  };
  try {
    for await (const table of tables) {
      using part = table;
      if (part.length === 0) continue;
      checkOrder(path, part, waiting, row);
      row += part.length;
      const before = waiting;
      waiting = undefined;
      const far = before && absolute(part, part.length - 1) - absolute(before, 0) >= MAX_CHUNK_PS / 2n;
      if (far) yield* give(before, absolute(part, 0));
      using joined = before && !far ? concatTables([before, part]) : part.share();
      before?.release();
      start ??= absolute(joined, 0);
      const times = timesOf(joined);
      let cut = joined.length - 1;
      while (cut > 0 && times[cut - 1] === times[cut]) cut--;
      waiting = joined.slice(cut, joined.length);
      if (cut === 0) continue;
      using done = joined.slice(0, cut);
      yield* give(done, absolute(joined, cut));
    }
    if (!waiting) {
      yield new Chunk(Table.empty(schema), { start: 0n, end: 1n, ...names });
      return;
    }
    yield* give(waiting, absolute(waiting, 0) + 1n);
  } finally {
    waiting?.release();
  }
}

const absolute = (table: Table, i: number): bigint => table.t0 + BigInt(timesOf(table)[i]!);

/** @throws {SyntaxError} On the first row that starts before the one before, or ends before it starts. */
function checkOrder(path: string, table: Table, before: Table | undefined, row: number): void {
  const times = timesOf(table), ends = endtimesOf(table);
  let last = before ? Number(absolute(before, before.length - 1) - table.t0) : -Infinity;
  for (let i = 0; i < times.length; i++) {
    const time = times[i]!;
    if (time < last) {
      throw new SyntaxError(
        `Cannot read "${path}": row ${row + i} starts before the one in front of it; sort the file by time`,
      );
    }
    if (ends[i]! < time) {
      throw new SyntaxError(
        `Cannot read "${path}": row ${row + i} ends before it starts; endtime is a time, not a length`,
      );
    }
    last = time;
  }
}
