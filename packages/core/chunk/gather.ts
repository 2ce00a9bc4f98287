/**
 * Rows of a table by number, copied into a new table.
 *
 * Complexity: O(bytes of the chosen rows); rows that stay neighbours are copied as one block.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { gather } from "@millrace/core/gather";
 * import { Table } from "@millrace/core/table";
 * import { schema } from "@millrace/core/schema";
 *
 * using hits = Table.from(schema({ time: "time", wave: "u16[]" }), { time: [1n, 2n], wave: [[7], [8, 9]] });
 * using chosen = gather(hits, Uint32Array.of(1));
 * assert.deepEqual(chosen.row(0), { time: 2n, wave: Uint16Array.of(8, 9) });
 * ```
 * @module
 */
import type { Account, BufferPool } from "../data/buffer_pool.ts";
import type { ColumnTypes, Ragged } from "../data/schema.ts";
import { Table } from "../data/table.ts";
import { countingUp, placeLengths, placeRows, type Places, sumOffsets } from "./_place_rows.ts";

/** Where the memory of a new table comes from. */
export interface MemoryOptions {
  /** Where buffers come from. */
  readonly pool?: BufferPool;
  /** Charged with the buffer. */
  readonly account?: Account;
}

/**
 * The rows `indices[0 .. count)`, in that order; a row may come more than once.
 *
 * @param count Default: all of `indices`.
 * @throws {RangeError} On a row number that is not in the table.
 * @throws {MemoryBudgetError} When the account has no room.
 */
export function gather<C extends ColumnTypes>(
  table: Table<C>,
  indices: Uint32Array,
  count: number = indices.length,
  options: MemoryOptions = {},
): Table<C> {
  if (!(Number.isInteger(count) && 0 <= count && count <= indices.length)) {
    throw new RangeError(`Cannot gather ${count} rows by ${indices.length} row numbers`);
  }
  checkRows(indices, count, table.length);
  const widths: Record<string, number> = {}, values: Record<string, number> = {};
  for (const { name, kind } of table.schema.columns) {
    if (kind !== "ragged") widths[name] = table.width(name);
    else values[name] = valuesOf(table.columns[name] as Ragged, indices, count);
  }
  const out = Table.allocate(table.schema, count, { ...options, t0: table.t0, widths, values });
  const places: Places = { from: indices, to: countingUp(count), count };
  for (const { name, kind } of table.schema.columns) {
    if (kind !== "ragged") continue;
    const target = out.columns[name] as Ragged;
    placeLengths(table.columns[name] as Ragged, target, places);
    sumOffsets(target);
  }
  placeRows(table as Table, out as Table, places);
  return out;
}

function checkRows(indices: Uint32Array, count: number, rows: number): void {
  for (let i = 0; i < count; i++) {
    if (indices[i]! < rows) continue;
    throw new RangeError(`Cannot gather row ${indices[i]} of ${rows} (number ${i} of the list)`);
  }
}

function valuesOf({ offsets }: Ragged, indices: Uint32Array, count: number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += offsets[indices[i]! + 1]! - offsets[indices[i]!]!;
  return sum;
}
