import assert from "node:assert/strict";
import fc from "fast-check";
import { randomBaseline } from "../_testing.ts";
import { randomRows, toRows } from "./_rows_testing.ts";
import { recordFeatureRows } from "./record_feature_rows.ts";
import { basicFeatures } from "./basic_features.ts";

type List = readonly (readonly number[])[];

const columns = (rows: number) => ({
  height: new Float32Array(rows),
  amp: new Float32Array(rows),
  area: new Float32Array(rows),
  max_abs_diff: new Float32Array(rows),
});

function same(
  list: List,
  baseline: number,
  ranges: readonly number[],
  buffer?: typeof SharedArrayBuffer,
): void {
  const { values, offsets, rows } = toRows(Uint16Array, list, buffer);
  const expected = columns(rows);
  const polarity = Array.from(list, (_, i) => i % 2 ? 300 : -0.5), baselines = Array(rows).fill(baseline);
  const [h0, h1, a0, a1] = ranges as [number, number, number, number];
  for (let i = 0; i < rows; i++) {
    basicFeatures(values, offsets[i]!, offsets[i + 1]!, baseline, polarity[i]!, h0, h1, a0, a1, expected, i);
  }
  // Once for all records, and each with its own.
  for (const given of [ranges, list.flatMap(() => ranges)]) {
    const out = columns(rows);
    recordFeatureRows(values, offsets, rows, baselines, polarity, Int32Array.from(given), out);
    assert.deepEqual(out, expected);
  }
  const exact = columns(rows),
    signs = Int8Array.from(polarity, (value) => Math.sign(value)),
    levels = Float64Array.from(baselines);
  recordFeatureRows(values, offsets, rows, levels, signs, Int32Array.from(ranges), exact);
  assert.deepEqual(exact, expected);
}

const range = fc.tuple(fc.nat(50), fc.nat(50)).map(([from, length]) => [from, from + length]);

Deno.test("recordFeatureRows() are the features of each record, bit for bit", () => {
  fc.assert(
    fc.property(
      fc.oneof(randomRows(0, 60, 0, 65535), randomRows(0, 40, 30000, 30005)),
      randomBaseline,
      range,
      range,
      (list, baseline, height, area) => same(list, baseline, [...height, ...area]),
    ),
    { numRuns: 500 },
  );
});

Deno.test("recordFeatureRows() of long records sum exactly, from shared memory too", () => {
  const highest = Array(600_001).fill(65535);
  const long = Array.from({ length: 100_000 }, (_, k) => (k * k * 7 + k) % 65521);
  same([highest, long, [5], long.slice(3)], 65534, [3, 2 ** 30, 1, 2 ** 30]);
  same([long, long.slice(1), [7, 7]], 100.5, [0, 17, 5, 99_999], SharedArrayBuffer);
});

Deno.test("recordFeatureRows() of more records than are in the module at once", () => {
  const list = Array.from(
    { length: 9001 },
    (_, k) => Array.from({ length: k % 7 }, (_, i) => (k * 31 + i * k) % 65536),
  );
  same(list, 1000.25, [1, 5, 0, 4]);
  const { values, offsets, rows } = toRows(Uint16Array, list);
  const ranges = Int32Array.from({ length: 4 * rows }, (_, k) => k === 4 * 8200 + 2 ? -3 : k % 4);
  const ones = new Float64Array(rows).fill(1);
  assert.throws(
    () => recordFeatureRows(values, offsets, rows, ones, ones, ranges, columns(rows)),
    /features of record 8200: a range has sample -3/,
  );
});

Deno.test("recordFeatureRows() refuse too little room and negative ranges", () => {
  const values = new Uint16Array(4), offsets = Uint32Array.of(0, 2, 4);
  const features = (ranges: Int32Array, rows = 2) =>
    recordFeatureRows(values, offsets, 2, [0, 0], [1, 1], ranges, columns(rows));
  features(new Int32Array(8));
  features(new Int32Array(4));
  assert.throws(
    () => features(new Int32Array(8), 1),
    /RangeError: .*features of 2 records: there are 1 rows/,
  );
  assert.throws(() => features(new Int32Array(7)), /RangeError: .* 1.75 ranges/);
  assert.throws(
    () => features(Int32Array.of(0, 1, -1, 0, 0, 0, 0, 0)),
    /RangeError: .*record 0: a range has sample -1/,
  );
});
