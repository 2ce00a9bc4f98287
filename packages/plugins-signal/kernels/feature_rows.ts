/**
 * Baseline, extremes and area of many records at once.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { basicFeatureRows, featureColumns } from "@millrace/plugins-signal/kernels";
 *
 * const values = new Uint16Array([10, 12, 3, 11, 14, 7, 9]); // two records: 5 and 2 samples
 * const out = featureColumns(2);
 * basicFeatureRows(values, new Uint32Array([0, 5, 7]), 2, { baseline: 2 }, out);
 * assert.deepEqual([...out.baseline], [11, 8]);
 * assert.deepEqual([[...out.argmin], [...out.max], [...out.area]], [[2, 0], [14, 9], [5, 0]]);
 * ```
 * @module
 */
import { checkInteger } from "./_check.ts";
import { Arena, blocksOf, copyIn, copyOffsets, view } from "./_block.ts";
import type { TraceFeatureOptions } from "./trace_features.ts";
import { featureRows } from "./wasm/signal.wasm";

/** Features of records: a value a record each, named as in {@linkcode TraceFeatures}. */
export interface TraceFeatureColumns {
  /** Mean of the first samples. */
  readonly baseline: Float64Array;
  /** Standard deviation of the first samples. */
  readonly rms: Float64Array;
  /** Lowest sample. */
  readonly min: Float64Array;
  /** Highest sample. */
  readonly max: Float64Array;
  /** Index of the lowest sample in the record, the first of several; -1 in a record without samples. */
  readonly argmin: Int32Array;
  /** Index of the highest sample in the record, the first of several; -1 in a record without samples. */
  readonly argmax: Int32Array;
  /** Sum of `baseline - sample`. */
  readonly area: Float64Array;
}

/** Columns for the features of `rows` records. */
export function featureColumns(rows: number): TraceFeatureColumns {
  const reals = () => new Float64Array(rows), ints = () => new Int32Array(rows);
  return {
    baseline: reals(),
    rms: reals(),
    min: reals(),
    max: reals(),
    argmin: ints(),
    argmax: ints(),
    area: reals(),
  };
}

// What the module writes a record: 5 f64 and 2 i32.
const BYTES = 48;

/**
 * Features of records of unsigned samples, written to `out`: those of {@linkcode basicFeatures}. Sums are sums of integers, so that
 * `rms` and `area` differ from a sum in double precision by its rounding (a relative 1e-12); all others are the same.
 *
 * @param values Samples of all records.
 * @param offsets `[rows + 1]` record `i` is `values[offsets[i]] .. values[offsets[i + 1]]`.
 * @param rows Records.
 * @throws {TypeError} On a baseline that isn't an integer. @throws {RangeError} On one of 0 or more than 32768 samples, offsets out of
 * order or range, or columns with too few rows.
 */
export function basicFeatureRows(
  values: Uint16Array,
  offsets: Uint32Array,
  rows: number,
  { baseline = 40 }: TraceFeatureOptions,
  out: TraceFeatureColumns,
): void {
  checkInteger("find features", "baseline", baseline, 1, 32768);
  if (out.baseline.length < rows) {
    throw new RangeError(
      `Cannot find features of ${rows} records: there is room for ${out.baseline.length}; use featureColumns(${rows})`,
    );
  }
  for (const block of blocksOf(values, offsets, rows)) {
    const { from, to } = block;
    const arena = new Arena();
    const own = copyOffsets(arena, offsets, block), result = arena.take(BYTES * (to - from));
    featureRows(copyIn(arena, values, offsets, block), own, to - from, baseline, result);
    const reals = view(Float64Array, result, (to - from) * BYTES / 8);
    const ints = view(Int32Array, result, (to - from) * BYTES / 4);
    for (let i = from, k = 0; i < to; i++, k++) {
      const empty = offsets[i + 1] === offsets[i];
      out.baseline[i] = reals[6 * k]!;
      out.rms[i] = reals[6 * k + 1]!;
      out.area[i] = empty ? 0 : reals[6 * k + 2]!;
      out.min[i] = empty ? NaN : reals[6 * k + 3]!;
      out.max[i] = empty ? NaN : reals[6 * k + 4]!;
      out.argmin[i] = empty ? -1 : ints[12 * k + 10]!;
      out.argmax[i] = empty ? -1 : ints[12 * k + 11]!;
    }
  }
}
