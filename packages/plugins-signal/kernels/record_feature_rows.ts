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
import { Arena, blocksOf, copyIn, view } from "./_block.ts";
import type { BasicFeatureColumns } from "./basic_features.ts";
import { basicRows } from "./wasm/signal.wasm";

/** Records whose baselines, offsets and results are in the module's memory at once: it never shrinks. */
const GROUP = 4096;

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
  for (let first = 0; first === 0 || first < rows; first += GROUP) {
    const end = Math.min(rows, first + GROUP);
    const levels = partOf(baseline, first, end), signs = signsOf(polarity, first, end);
    const some = each === 0 ? ranges : ranges.subarray(each * first, each * end);
    groupFeatures(values, offsets, first, end, levels, signs, some, out);
  }
}

/** Features of records `first` to `end` (excluded): baselines, polarities and ranges are theirs alone. */
function groupFeatures(
  values: Uint16Array,
  offsets: Uint32Array,
  first: number,
  end: number,
  baseline: ArrayLike<number>,
  polarity: Int8Array,
  ranges: Int32Array,
  out: BasicFeatureColumns,
): void {
  const rows = end - first, each = ranges.length === 4 ? 0 : 4;
  const kept = new Arena();
  const levels = kept.take(8 * rows), signs = kept.take(rows), own = kept.take(4 * rows + 4);
  const range = kept.take(4 * ranges.length), work = kept.take(20);
  const apart = 4 * rows, result = kept.take(4 * apart);
  view(Float64Array, levels, rows).set(baseline);
  view(Int8Array, signs, rows).set(polarity);
  view(Uint32Array, own, rows + 1).set(offsets.subarray(first, end + 1));
  view(Int32Array, range, ranges.length).set(ranges);
  for (const block of blocksOf(values, offsets, end, first)) {
    const from = block.from - first;
    // Offsets count from the first of all samples: that would lie so far before those of the block.
    const samples = copyIn(new Arena(kept), values, offsets, block) - 2 * offsets[block.from]!;
    const bad = basicRows(
      samples,
      own + 4 * from,
      block.to - block.from,
      range + 4 * each * from,
      4 * each,
      levels + 8 * from,
      signs + from,
      result + 4 * from,
      apart,
      work,
    );
    if (bad >= 0) throw badRange(block.from + bad, ranges.subarray(each * (from + bad)));
  }
  out.height.set(view(Float32Array, result, rows), first);
  out.amp.set(view(Float32Array, result + apart, rows), first);
  out.area.set(view(Float32Array, result + 2 * apart, rows), first);
  out.max_abs_diff.set(view(Float32Array, result + 3 * apart, rows), first);
}

function badRange(record: number, ranges: Int32Array): RangeError {
  const lowest = Math.min(...ranges.subarray(0, 4));
  return new RangeError(
    `Cannot find features of record ${record}: a range has sample ${lowest}; the first is 0`,
  );
}

/** Values `from` to `end` (excluded), in place where that can be. */
function partOf(values: ArrayLike<number>, from: number, end: number): ArrayLike<number> {
  return ArrayBuffer.isView(values)
    ? (values as Float64Array).subarray(from, end)
    : Array.from({ length: end - from }, (_, i) => values[from + i]!);
}

/** The signs of values `from` to `end` (excluded): below 0 where they are. */
function signsOf(values: ArrayLike<number>, from: number, end: number): Int8Array {
  if (values instanceof Int8Array) return values.subarray(from, end);
  return Int8Array.from({ length: end - from }, (_, i) => values[from + i]! < 0 ? -1 : 1);
}
