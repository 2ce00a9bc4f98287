/**
 * Rows and columns of a stream of chunks.
 * @module
 */
import { chunkOf } from "../chunk/_chunk_of.ts";
import type { Chunk } from "../chunk/chunk.ts";
import {
  columnOf,
  type ColumnType,
  type ColumnTypes,
  hasColumn,
  type Schema,
  schema,
} from "../data/schema.ts";
import { parseSelection } from "./select.ts";

/** Which rows and columns to keep. */
export interface SelectOptions {
  /** Rows: an expression over the columns, as {@linkcode parseSelection} takes it. */
  readonly where?: string | undefined;
  /** Columns by name; `time` and `endtime` always come along. */
  readonly columns?: readonly string[] | undefined;
}

/** The columns of a schema that are kept, in its order. @throws {RangeError} On an unknown column. */
export function keptSchema(all: Schema, columns: readonly string[] | undefined): Schema {
  if (!columns) return all;
  for (const name of columns) columnOf(all, name);
  const kept = new Set([...columns, ...["time", "endtime"].filter((name) => hasColumn(all, name))]);
  const types: Record<string, ColumnType> = {};
  for (const { name, type } of all.columns) if (kept.has(name)) types[name] = type;
  return schema(types as ColumnTypes);
}

/**
 * Check what is chosen of types whose columns stand side by side, where all their schemas are known.
 *
 * @throws {SyntaxError} On a selection that cannot be read.
 * @throws {RangeError} On an unknown column.
 */
export function checkSelected(schemas: readonly (Schema | undefined)[], options: SelectOptions): void {
  if (options.where === undefined && !options.columns) return;
  const types: Record<string, ColumnType> = {};
  for (const one of schemas) {
    if (!one) return;
    for (const { name, type } of one.columns) types[name] ??= type;
  }
  columnsFor(schema(types as ColumnTypes), options);
}

/** Columns that must be read for a selection. @throws {SyntaxError} On a selection that cannot be read. */
export function columnsFor(all: Schema, { where, columns }: SelectOptions): string[] | undefined {
  const needed = where === undefined ? [] : parseSelection(where, all).columns;
  return columns && [...new Set([...keptSchema(all, columns).columns.map(({ name }) => name), ...needed])];
}

/**
 * The chunks with the chosen rows and columns. Intervals and `coverEnd` stay as they are; rows that were chosen are a data
 * kind of their own. The chunks given are released.
 *
 * @throws {SyntaxError} While iterating: on a selection that cannot be read.
 * @throws {RangeError} While iterating: on an unknown column.
 */
export async function* selectChunks(
  chunks: AsyncIterable<Chunk> | Iterable<Chunk>,
  options: SelectOptions,
): AsyncGenerator<Chunk, void, undefined> {
  const { where, columns } = options;
  let text: string | undefined;
  let selection: ReturnType<typeof parseSelection> | undefined, kept: Schema | undefined;
  for await (using chunk of chunks) {
    if (chunk.schema.text !== text) {
      text = chunk.schema.text;
      selection = where === undefined ? undefined : parseSelection(where, chunk.schema);
      kept = keptSchema(chunk.schema, columns);
    }
    using rows = selection ? selection.select(chunk.table) : chunk.table.share();
    const { start, end, coverEnd, coverBefore, runId, dataType, dataKind } = chunk;
    yield chunkOf(rows.project(kept!), {
      ...{ start, end, coverEnd, coverBefore, runId, dataType },
      dataKind: where === undefined ? dataKind : `${dataKind} where ${where}`,
    });
  }
}
