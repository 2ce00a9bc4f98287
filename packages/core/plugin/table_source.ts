/**
 * Rows in memory as a source.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Context, schema, Table, tableSource } from "@millrace/core";
 *
 * const triggers = Table.from(schema({ time: "time", channel: "i16" }), { time: [10n, 25n], channel: [0, 1] });
 * await using ctx = new Context();
 * ctx.register(tableSource("triggers", triggers));
 * assert.equal((await ctx.getData("run_1", "triggers")).length, 2);
 * ```
 * @module
 */
import { createHash } from "node:crypto";
import { coverEndOf, lowerBound, timesOf } from "../chunk/chunk.ts";
import { markOrdered } from "../data/_ordered.ts";
import { sortRows } from "../chunk/sort_rows.ts";
import type { ColumnTypes, Ragged, TypedArray } from "../data/schema.ts";
import type { Table } from "../data/table.ts";
import { checkTimes } from "../engine/_in_order.ts";
import { defineSource } from "./define.ts";
import type { Plugin, SourcePiece, TimeRange } from "./plugin.ts";

/** What {@linkcode tableSource} may be told. */
export interface TableSourceOptions {
  /** Where the stream starts and ends, ps. Default: 0 (or the first row, if earlier) to the last endtime, and after the last row. */
  readonly extent?: TimeRange;
  /** Where to cut it, ps, ascending: overrides the target rows. */
  readonly cuts?: readonly bigint[];
  /** Kind of the rows. Default: a kind of its own. */
  readonly dataKind?: string;
}

/**
 * A source plugin that gives the rows of a table, sorted; the table stays the caller's and must not change. WASM kernels need not copy
 * rows in `kernelBuffers` of `@millrace/core/kernel-memory`.
 *
 * @throws {TypeError} On a bad name.
 */
export function tableSource<C extends ColumnTypes>(
  name: string,
  table: Table<C>,
  options: TableSourceOptions = {},
): Plugin {
  const sorted = sortRows(table);
  checkTimes(sorted as unknown as Table, name);
  const cover = table.length > 0 ? coverEndOf(sorted as unknown as Table) : 1n;
  let sha256: string | undefined;
  return defineSource({
    provides: name,
    version: "1",
    help: "Rows in memory",
    schema: table.schema as unknown as ColumnTypes,
    ...(options.dataKind === undefined ? {} : { dataKind: options.dataKind }),
    // deno-lint-ignore require-await -- a source is asynchronous
    async *read({ maxRows }) {
      yield* pieces(sorted as unknown as Table, cover, options, maxRows);
    },
    fingerprint: () => {
      sha256 ??= hashOf(sorted as unknown as Table);
      return Promise.resolve({ sha256 });
    },
  });
}

/** SHA-256 of the rows, whatever lies around them in their buffers. */
function hashOf(table: Table): string {
  const hash = createHash("sha256").update(`${table.t0} ${table.schema.text}`);
  for (const column of table.schema.columns) {
    const data = table.columns[column.name] as TypedArray | Ragged;
    const arrays = "offsets" in data
      ? [
        data.offsets.map((at) => at - data.offsets[0]!),
        data.values.subarray(data.offsets[0], data.offsets.at(-1)),
      ]
      : [data];
    for (const { buffer, byteOffset, byteLength } of arrays) {
      hash.update(new Uint8Array(buffer, byteOffset, byteLength));
    }
  }
  return hash.digest("hex");
}

function* pieces(
  table: Table,
  cover: bigint,
  options: TableSourceOptions,
  maxRows: number,
): Generator<SourcePiece> {
  const times = timesOf(table);
  const n = table.length;
  const first = n > 0 ? table.t0 + BigInt(times[0]!) : 0n;
  const after = n > 0 ? table.t0 + BigInt(times[n - 1]!) + 1n : 1n;
  const start = options.extent?.[0] ?? (first < 0n ? first : 0n);
  const end = options.extent?.[1] ?? (cover > after ? cover : after);
  let row = 0, at = start;
  for (const cut of [...(options.cuts ?? targets(table, maxRows)), end]) {
    if (cut <= at || cut > end) continue;
    const stop = cut === end ? n : lowerBound(times, Number(cut - table.t0));
    yield { table: markOrdered(table.slice(row, stop)), start: at, end: cut };
    row = stop;
    at = cut;
  }
}

function* targets(table: Table, maxRows: number): Generator<bigint> {
  const times = timesOf(table);
  for (let row = maxRows; row < table.length; row += maxRows) yield table.t0 + BigInt(times[row]!);
}
