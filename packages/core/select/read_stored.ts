/**
 * Rows and columns of stored results: one, or several of one kind side by side.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Chunk } from "@millrace/core/chunk";
 * import { readStored } from "@millrace/core/read-stored";
 * import { schema } from "@millrace/core/schema";
 * import { FolderStore } from "@millrace/core/store";
 * import { Table } from "@millrace/core/table";
 *
 * const root = await Deno.makeTempDir();
 * const store = new FolderStore(root);
 * const hits = schema({ time: "time", height: "f32" });
 * await using writer = await store.writer({ runId: "run_7", dataType: "hits" }, { schema: hits, lineage: null, lineageHash: "4f1a" });
 * using chunk = new Chunk(Table.from(hits, { time: [100n, 700n], height: [3, 40] }), { start: 0n, end: 1000n });
 * await writer.write(chunk);
 * const result = await writer.finish();
 * for await (using high of readStored([result], { where: "height > 20" })) {
 *   assert.deepEqual([...high.table.times()], [700n]);
 * }
 * await Deno.remove(root, { recursive: true });
 * ```
 * @module
 */
import type { Chunk } from "../chunk/chunk.ts";
import { mergeColumnStreams } from "../chunk/merge_column_streams.ts";
import { type ColumnType, type ColumnTypes, hasColumn, type Schema, schema } from "../data/schema.ts";
import { ROW_KEYS } from "../data/table.ts";
import type { ReadOptions, StoredResult } from "../store/types.ts";
import { columnsFor, keptSchema, selectChunks, type SelectOptions } from "./select_chunks.ts";

/** Which part of stored results. */
export interface ReadStoredOptions extends Omit<ReadOptions, "columns">, SelectOptions {}

/**
 * The columns of results side by side.
 *
 * @throws {TypeError} On different kinds or runs, or a column that two have and that is no key.
 * @throws {RangeError} On an empty list.
 */
export function schemaOfAll(results: readonly StoredResult[]): Schema {
  const [first] = results;
  if (!first) throw new RangeError("Cannot read stored results: the list is empty; give at least one");
  const types: Record<string, ColumnType> = {};
  const owner: Record<string, string> = {};
  for (const { meta } of results) {
    const { dataType, dataKind, runId } = meta;
    if (runId !== first.meta.runId) {
      throw new TypeError(
        `Cannot merge "${first.meta.dataType}" of run "${first.meta.runId}" with "${dataType}" of run "${runId}"`,
      );
    }
    if (dataKind !== first.meta.dataKind) {
      throw new TypeError(
        `Cannot merge "${first.meta.dataType}" of kind "${first.meta.dataKind}" with "${dataType}" of kind "${dataKind}"; ` +
          "only types of one kind have the same rows",
      );
    }
    for (const { name, type } of meta.schema.columns) {
      if (Object.hasOwn(types, name) && !ROW_KEYS.includes(name)) {
        throw new TypeError(`Cannot merge "${owner[name]}" with "${dataType}": both have a column "${name}"`);
      }
      types[name] ??= type;
      owner[name] ??= dataType;
    }
  }
  return schema(types as ColumnTypes);
}

/** The columns that {@linkcode readStored} gives. @throws {RangeError} On an unknown column. */
export function schemaRead(results: readonly StoredResult[], options: SelectOptions): Schema {
  return keptSchema(schemaOfAll(results), options.columns);
}

/**
 * The chosen rows and columns; only the files and columns that are needed are read. A chunk belongs to the caller.
 *
 * @throws {SyntaxError} At once, on a selection that cannot be read.
 * @throws {TypeError} At once, as {@linkcode schemaOfAll} does.
 * @throws {RangeError} At once, on an unknown column; while iterating, on results whose rows differ.
 * @throws {Error} While iterating: as the results' `read` does.
 */
export function readStored(
  results: readonly StoredResult[],
  options: ReadStoredOptions = {},
): AsyncGenerator<Chunk, void, undefined> {
  const { where, columns, ...how } = options;
  const all = schemaOfAll(results);
  const needed = columnsFor(all, options);
  const streams = results.map((result) => {
    const own = needed?.filter((name) => hasColumn(result.meta.schema, name));
    return result.read({ ...how, ...(own ? { columns: own } : {}) });
  });
  const merged = streams.length === 1 ? streams[0]! : mergeColumnStreams(streams);
  return selectChunks(merged, { where, columns });
}
