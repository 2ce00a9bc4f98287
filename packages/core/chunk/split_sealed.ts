/**
 * Cut a chunk in two at the nearest earlier time that divides no row.
 *
 * Between two consecutive rows p and n, the times that divide nothing are an interval: from
 * `max(coverEnd up to p, p.time + 1)` to `n.time`, or to the chunk's end behind the last row. With a `minGap`, only
 * intervals with `n.time - coverEnd >= minGap` count, and a zero-length row at the cut is never torn from a row that ends
 * less than `minGap` before it.
 *
 * Complexity: O(rows before `t`), no copy.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Chunk } from "@millrace/core/chunk";
 * import { splitSealed } from "@millrace/core/split-sealed";
 * import { Table } from "@millrace/core/table";
 * import { schema } from "@millrace/core/schema";
 *
 * const rows = Table.from(schema({ time: "time", endtime: "time" }), { time: [0n, 5n], endtime: [3n, 9n] });
 * using hits = new Chunk(rows, { start: 0n, end: 10n, dataType: "hits" });
 * const [left] = splitSealed(hits, 7n); // the second row spans 7
 * assert.equal(left.end, 5n);
 * assert.throws(() => splitSealed(hits, 2n), { message: /row 0 .* spans it/ });
 * ```
 * @module
 */
import type { ColumnTypes } from "../data/schema.ts";
import { type Chunk, endtimesOf, rowAt, timesOf } from "./chunk.ts";
import { split } from "./split.ts";

/**
 * The chunks `[start, T)` and `[T, end)` for the largest legal `T <= t`; the left one is sealed.
 *
 * @param t Time strictly inside the chunk, ps.
 * @param options.minGap Least distance, ps, from the end of everything left of the cut to the next row. Default 0.
 * @throws {RangeError} When `t` is not strictly inside, or no legal time lies between the start and `t`: names the row
 * that spans `t`.
 */
export function splitSealed<C extends ColumnTypes>(
  chunk: Chunk<C>,
  t: bigint,
  options: { readonly minGap?: bigint } = {},
): [left: Chunk<C>, right: Chunk<C>] {
  const { minGap = 0n } = options;
  if (minGap < 0n) {
    throw new RangeError(`Cannot split chunk ${chunk}: minGap is ${minGap} ps; give 0 or more`);
  }
  if (t <= chunk.start || t >= chunk.end) {
    throw new RangeError(`Cannot split chunk ${chunk} at ${t} ps: choose a time strictly inside it`);
  }
  return split(chunk, lastLegalCut(chunk, t, minGap) ?? noCut(chunk, t, minGap));
}

/** The largest legal cut in `(start, t]`. */
function lastLegalCut(chunk: Chunk, t: bigint, minGap: bigint): bigint | undefined {
  const { t0, coverBefore } = chunk;
  if (chunk.length === 0) return coverBefore <= t && chunk.end - coverBefore >= minGap ? t : undefined;
  const times = timesOf(chunk.table), ends = endtimesOf(chunk.table);
  const rows = rowAt(chunk.table, t);
  // Offsets from t0, exact within the chunk. A cover before or behind all that fits is rounded, but stays there.
  const gap = Number(minGap), limit = Number(t - t0);
  let cover = Number(coverBefore - t0);
  let previous = Number(chunk.start - t0); // below every cut
  let best = NaN; // none
  for (let i = 0; i < rows; i++) {
    const next = times[i]!, end = ends[i]!;
    if (next - cover >= gap && next > previous) best = next;
    if (end > cover) cover = end;
    previous = next;
  }
  // The interval that holds t, up to the next row or to all that is known.
  const next = rows < times.length ? times[rows]! : Number(chunk.end - t0);
  if (next - cover >= gap && limit >= cover) best = limit;
  return Number.isNaN(best) ? undefined : t0 + BigInt(best);
}

function noCut(chunk: Chunk, t: bigint, minGap: bigint): never {
  const action = `Cannot split chunk ${chunk} at ${t} ps or earlier`;
  const remedy = "split() cuts through rows";
  const ends = endtimesOf(chunk.table);
  const rows = rowAt(chunk.table, t);
  const at = Number(t - chunk.t0);
  for (let i = 0; i < rows; i++) {
    if (ends[i]! > at) {
      throw new RangeError(`${action}: row ${i} (to ${chunk.t0 + BigInt(ends[i]!)} ps) spans it; ${remedy}`);
    }
  }
  if (chunk.coverBefore > t) {
    throw new RangeError(
      `${action}: a row of an earlier chunk (to ${chunk.coverBefore} ps) spans it; ${remedy}`,
    );
  }
  throw new RangeError(`${action}: no gap of ${minGap} ps lies there; ${remedy}`);
}
