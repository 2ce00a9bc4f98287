/**
 * Rows from one table into another.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { copyRows, Table } from "@millrace/core/table";
 * import { schema } from "@millrace/core/schema";
 *
 * const hits = schema({ time: "time" });
 * const source = Table.from(hits, { time: [1000n, 1005n, 1009n] });
 * const target = Table.allocate(hits, 2, { t0: 990n });
 * copyRows(source, 1, 3, target, 0);
 * assert.deepEqual([...target.columns.time], [15, 19]);
 * ```
 * @module
 */
import { copyNumbers } from "./_copy.ts";
import { exactOffset, shiftTimes } from "./_offset.ts";
import type { Column, Ragged, TypedArray } from "./schema.ts";
import type { Table } from "./table.ts";

/**
 * Copy rows `from` to `to` of `source` into `target` at row `at`; times are rebased. Ragged values go behind what the
 * target's row `at` starts with (0 for row 0). O(bytes).
 *
 * @param columns Which; all where it isn't said.
 * @throws {RangeError} On different widths, too little room in the target, or times that do not fit 2^53 ps from its origin.
 */
export function copyRows(
  source: Table,
  from: number,
  to: number,
  target: Table,
  at: number,
  columns: readonly Column[] = target.schema.columns,
): void {
  const rows = to - from;
  if (rows === 0 && at > 0) return;
  for (const column of columns) {
    const src = source.columns[column.name] as TypedArray | Ragged;
    const dst = target.columns[column.name] as TypedArray | Ragged;
    if ("offsets" in dst) {
      copyRagged(src as Ragged, from, to, dst, at);
    } else if (column.kind === "time") {
      if (rows === 0) continue; // origins may be any distance apart then
      shiftTimes(src as Float64Array, from, to, exactOffset(source.t0, target.t0), dst as Float64Array, at);
    } else {
      const width = target.width(column.name);
      if (rows > 0 && source.width(column.name) !== width) {
        throw new RangeError(
          `Cannot copy column "${column.name}": it is ${
            source.width(column.name)
          } wide here and ${width} there`,
        );
      }
      copyNumbers((src as TypedArray).subarray(from * width, to * width), dst as TypedArray, at * width);
    }
  }
}

function copyRagged(src: Ragged, from: number, to: number, dst: Ragged, at: number): void {
  if (at === 0) dst.offsets[0] = 0;
  const first = src.offsets[from]!;
  const start = dst.offsets[at]!;
  copyNumbers(src.values.subarray(first, src.offsets[to]!), dst.values, start);
  const shift = start - first;
  for (let i = from; i < to; i++) dst.offsets[at + 1 + i - from] = src.offsets[i + 1]! + shift;
}
