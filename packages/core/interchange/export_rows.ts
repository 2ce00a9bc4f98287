/**
 * Rows into files of other programs.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { exportRows } from "@millrace/core/export-rows";
 * import { importRows } from "@millrace/core/import-rows";
 * import { schema } from "@millrace/core/schema";
 * import { Table } from "@millrace/core/table";
 *
 * const path = await Deno.makeTempFile({ suffix: ".csv" });
 * using hits = Table.from(schema({ time: "time", height: "f32" }), { time: [1000n, 2500n], height: [3, 4.5] });
 * assert.equal(await exportRows([hits], hits.schema, path), 2);
 * assert.equal(await Deno.readTextFile(path), "time,height\n1000,3\n2500,4.5\n");
 * const times: bigint[] = [];
 * for await (using chunk of (await importRows(path)).chunks()) times.push(...chunk.table.times());
 * assert.deepEqual(times, [1000n, 2500n]);
 * await Deno.remove(path);
 * ```
 * @module
 */
import type { Schema } from "../data/schema.ts";
import type { Table } from "../data/table.ts";
import { Output } from "./_files.ts";
import { formatOf } from "./formats.ts";
import type { FormatName } from "./types.ts";

export type { FormatName } from "./types.ts";

/** What {@linkcode exportRows} may be told. */
export interface ExportOptions {
  /** Format. Default: as the file's ending says. */
  readonly format?: FormatName | undefined;
  /** Compress the file: `.npz` alone, as `numpy.savez_compressed` does. Default false. */
  readonly compress?: boolean | undefined;
}

/** Rows that are written at once where a table has more. */
const ROWS = 2 ** 16;

/**
 * Write tables of one schema into a file, one behind the other; gives the number of rows. The file appears when it is complete, in
 * the place of one that was there. Memory: one table, and what the format gathers of it.
 *
 * Times are absolute picoseconds (`int64`). The tables stay the caller's, who may release each when the next is asked for.
 *
 * @throws {RangeError} On a format that there is not.
 * @throws {TypeError} On columns that the format cannot hold, naming them and what can, or one that is not compressed on request.
 * @throws {Error} When the file cannot be written.
 */
export async function exportRows(
  tables: AsyncIterable<Table> | Iterable<Table>,
  schema: Schema,
  path: string,
  options: ExportOptions = {},
): Promise<number> {
  const format = formatOf(path, options.format);
  const why = format.refuses(schema);
  if (why !== undefined) throw new TypeError(`Cannot write "${path}" as ${format.name}: ${why}`);
  const { compress = false } = options;
  if (compress && !format.canCompress) {
    const what = format.name === "parquet" ? "it is compressed anyway" : "use .npz or .parquet";
    throw new TypeError(`Cannot compress "${path}" as ${format.name}: ${what}; leave that out`);
  }
  await using out = await Output.create(path);
  const writer = await format.writer(out, schema, compress);
  try {
    let rows = 0;
    for await (const table of tables) {
      for (let from = 0; from < table.length; from += ROWS) {
        using part = table.slice(from, Math.min(table.length, from + ROWS));
        await writer.write(part);
      }
      rows += table.length;
    }
    await writer.finish();
    await out.finish();
    return rows;
  } finally {
    await writer.close();
  }
}
