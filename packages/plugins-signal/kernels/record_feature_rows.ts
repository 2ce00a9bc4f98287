/**
 * Height, amplitude, area and steepest step of many records at once: {@linkcode recordFeatures}, eight samples an instruction.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { recordFeatureRows } from "@millrace/plugins-signal/kernels";
 *
 * const values = new Uint16Array([100, 100, 70, 90, 50, 60]); // two records: 4 and 2 samples
 * const reals = () => new Float32Array(2);
 * const out = { height: reals(), amp: reals(), area: reals(), max_abs_diff: reals() };
 * const ranges = new Int32Array([0, 4, 0, 4]); // of both records up to four samples are searched, and summed
 * recordFeatureRows(values, new Uint32Array([0, 4, 6]), 2, [100, 50], [-1, 1], ranges, out);
 * assert.deepEqual([...out.height], [30, 10]);
 * assert.deepEqual([...out.area], [40, 10]);
 * assert.deepEqual([...out.max_abs_diff], [30, 10]);
 * ```
 * @module
 */
import { Arena, blocksOf, copyIn, copyOffsets, view } from "./_block.ts";
import type { BasicFeatureColumns } from "./basic_features.ts";
import { rangeRows } from "./wasm/signal.wasm";

// What the module writes a record: 1 f64 and 3 i32, filled up.
const BYTES = 24;

/**
 * Features of records of unsigned samples, written to `out`: exactly what {@linkcode recordFeatures} gives for each.
 *
 * @param values Samples of all records, ADC counts.
 * @param offsets `[rows + 1]` record `i` is `values[offsets[i]] .. values[offsets[i + 1]]`.
 * @param rows Records.
 * @param baseline `[rows]` baselines, ADC counts.
 * @param polarity `[rows]` below 0 for negative pulses, above for positive ones.
 * @param ranges `[rows, 4]` start and end of the height range, then of the area range, in samples of the record; clamped to it. Or
 * `[4]`: those of every record.
 * @param out At least `rows` values a column.
 * @throws {RangeError} On offsets out of order or range, negative ranges, or columns or ranges with too few rows.
 */
export function recordFeatureRows(
  values: Uint16Array,
  offsets: Uint32Array,
  rows: number,
  baseline: ArrayLike<number>,
  polarity: ArrayLike<number>,
  ranges: Int32Array,
  out: BasicFeatureColumns,
): void {
  const each = ranges.length === 4 ? 0 : 4;
  if (
    out.height.length < rows || ranges.length < each * rows || baseline.length < rows ||
    polarity.length < rows
  ) {
    throw new RangeError(
      `Cannot find features of ${rows} records: there are ${out.height.length} rows for results, ${
        ranges.length / 4
      } ranges, ${baseline.length} baselines and ${polarity.length} polarities; give ${rows} of each`,
    );
  }
  for (const block of blocksOf(values, offsets, rows)) {
    const { from, to } = block, count = to - from;
    const arena = new Arena();
    const own = copyOffsets(arena, offsets, block);
    const at = arena.take(16 * count), result = arena.take(BYTES * count);
    const samples = copyIn(arena, values, offsets, block);
    const clamped = view(Int32Array, at, 4 * count);
    for (let i = from, k = 0; i < to; i++, k += 4) {
      const n = offsets[i + 1]! - offsets[i]!;
      const r = each * i, a = ranges[r]!, b = ranges[r + 1]!, c = ranges[r + 2]!, d = ranges[r + 3]!;
      if ((a | b | c | d) < 0) {
        throw new RangeError(
          `Cannot find features of record ${i}: a range has sample ${Math.min(a, b, c, d)}; the first is 0`,
        );
      }
      clamped[k] = a < n ? a : n;
      clamped[k + 1] = b < n ? b : n;
      clamped[k + 2] = c < n ? c : n;
      clamped[k + 3] = d < n ? d : n;
    }
    rangeRows(samples, own, count, at, result);
    const reals = view(Float64Array, result, count * BYTES / 8);
    const ints = view(Int32Array, result, count * BYTES / 4);
    for (let i = from, k = 0; i < to; i++, k++) {
      const level = baseline[i]!, negative = polarity[i]! < 0;
      const low = ints[6 * k + 2]!, high = ints[6 * k + 3]!;
      const found = clamped[4 * k + 1]! > clamped[4 * k]!;
      out.height[i] = found ? (negative ? level - low : high - level) : NaN;
      out.amp[i] = found ? high - low : NaN;
      const summed = clamped[4 * k + 3]! - clamped[4 * k + 2]!, sum = reals[3 * k]!;
      const zero = (summed > 0 ? summed : 0) * level;
      out.area[i] = negative ? zero - sum : sum - zero;
      out.max_abs_diff[i] = offsets[i + 1]! - offsets[i]! > 1 ? ints[6 * k + 4]! : NaN;
    }
  }
}
