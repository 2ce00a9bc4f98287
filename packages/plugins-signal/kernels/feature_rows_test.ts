import assert from "node:assert/strict";
import fc from "fast-check";
import { randomRows, toRows } from "./_rows_testing.ts";
import { basicFeatureRows, featureColumns } from "./feature_rows.ts";
import { basicFeatures } from "./trace_features.ts";

function same(
  list: readonly (readonly number[])[],
  baseline: number,
  buffer?: typeof SharedArrayBuffer,
): void {
  const { values, offsets, rows, row } = toRows(Uint16Array, list, buffer), out = featureColumns(rows);
  basicFeatureRows(values, offsets, rows, { baseline }, out);
  for (let i = 0; i < rows; i++) {
    const { rms, area, ...exact } = basicFeatures(row(i), { baseline });
    for (const [name, value] of Object.entries(exact)) {
      assert.equal(out[name as keyof typeof exact][i], value, `${name}[${i}]`);
    }
    const near = (a: number, b: number, scale: number) =>
      assert.ok(Object.is(a, b) || Math.abs(a - b) <= 1e-12 * scale, `[${i}] ${a} ${b}`);
    near(out.rms[i]!, rms, 65536);
    near(out.area[i]!, area, 65536 * Math.max(1, row(i).length));
  }
}

Deno.test("basicFeatureRows() are the features of each record", () => {
  fc.assert(
    fc.property(
      fc.oneof(randomRows(0, 60, 0, 65535), randomRows(0, 60, 30000, 30005)),
      fc.integer({ min: 1, max: 80 }),
      (list, baseline) => same(list, baseline),
    ),
    { numRuns: 500 },
  );
});

Deno.test("basicFeatureRows() of long records sum exactly, from shared memory too", () => {
  const highest = Array(300_001).fill(65535);
  const long = Array.from({ length: 100_000 }, (_, k) => (k * k * 7 + k) % 65521);
  same([highest, long, [5], long.slice(3)], 32768);
  same([long, long.slice(1), [7, 7]], 100, SharedArrayBuffer);
});

Deno.test("basicFeatureRows() refuses a baseline out of range and too little room", () => {
  const values = new Uint16Array(4), offsets = Uint32Array.of(0, 2, 4);
  const features = (baseline: number, rows = 2) =>
    basicFeatureRows(values, offsets, 2, { baseline }, featureColumns(rows));
  features(2);
  assert.throws(() => features(0), /RangeError: .*baseline is 0; it takes 1 to 32768/);
  assert.throws(() => features(32769), /baseline is 32769/);
  assert.throws(() => features(2.5), /TypeError: .*baseline is 2.5/);
  assert.throws(() => features(2, 1), /features of 2 records: there is room for 1; use featureColumns\(2\)/);
});
