import assert from "node:assert/strict";
import fc from "fast-check";
import { f32, randomBaseline, randomSamples } from "../_testing.ts";
import { basicFeatures } from "./basic_features.ts";

type Features = [height: number, amp: number, area: number, steepest: number];

function columns(rows: number) {
  return {
    height: new Float32Array(rows),
    amp: new Float32Array(rows),
    area: new Float32Array(rows),
    max_abs_diff: new Float32Array(rows),
  };
}

function run(
  wave: readonly number[],
  baseline: number,
  polarity: number,
  height: readonly [number, number],
  area: readonly [number, number],
): Features {
  const out = columns(3);
  // Neighbours in the pool that no feature may see.
  const values = Uint16Array.from([65535, 0, ...wave, 0, 65535]);
  basicFeatures(values, 2, 2 + wave.length, baseline, polarity, ...height, ...area, out, 1);
  for (const column of Object.values(out)) assert.deepEqual([column[0], column[2]], [0, 0]);
  return [out.height[1]!, out.amp[1]!, out.area[1]!, out.max_abs_diff[1]!];
}

/** The formulas as they are written down. */
function reference(
  wave: readonly number[],
  baseline: number,
  polarity: number,
  height: readonly [number, number],
  area: readonly [number, number],
): Features {
  const cut = ([from, to]: readonly [number, number]) => wave.slice(from, to === Infinity ? undefined : to);
  const searched = cut(height), summed = cut(area);
  const low = Math.min(...searched), high = Math.max(...searched);
  const total = summed.reduce((a, b) => a + b, 0);
  const steps = wave.slice(1).map((sample, k) => Math.abs(sample - wave[k]!));
  return [
    f32(searched.length > 0 ? (polarity < 0 ? baseline - low : high - baseline) : NaN),
    f32(searched.length > 0 ? high - low : NaN),
    f32(polarity < 0 ? summed.length * baseline - total : total - summed.length * baseline),
    f32(steps.length > 0 ? Math.max(...steps) : NaN),
  ];
}

const range = fc.tuple(
  fc.integer({ min: 0, max: 16 }),
  fc.oneof(fc.integer({ min: 0, max: 12 }), fc.constant(Infinity)),
)
  .map(([from, length]) => [from, from + length] as [number, number]);

Deno.test("basicFeatures() gives what the formulas give", () => {
  fc.assert(
    fc.property(
      randomSamples(),
      randomBaseline,
      fc.constantFrom(-1, 1),
      range,
      range,
      (wave, baseline, polarity, height, area) => {
        assert.deepEqual(
          run(wave, baseline, polarity, height, area),
          reference(wave, baseline, polarity, height, area),
        );
      },
    ),
    { numRuns: 1000 },
  );
});

Deno.test("basicFeatures() sums long records exactly", () => {
  const length = 3 * 32768 + 17;
  const wave = new Uint16Array(length).fill(65535);
  for (const [from, to] of [[0, Infinity], [5, length - 5], [40_000, 90_000], [32768, 65536]] as const) {
    const out = columns(1);
    basicFeatures(wave, 0, length, 65534, 1, 0, 1, from, to, out, 0);
    assert.equal(out.area[0], f32(Math.min(to, length) - from));
  }
});

Deno.test("basicFeatures() sees steps outside the area range and across its edges", () => {
  assert.equal(run([5, 5, 9, 9, 9], 0, 1, [0, 1], [2, 4])[3], 4);
  assert.equal(run([5, 5, 5, 5, 9], 0, 1, [0, 1], [0, 4])[3], 4);
  assert.equal(run([1, 5, 5, 5, 5], 0, 1, [0, 1], [3, 4])[3], 4);
});

Deno.test("basicFeatures() with polarity heeded: a positive pulse has a positive height and area", () => {
  const wave = [100, 100, 160, 130];
  assert.deepEqual(run(wave, 100, 1, [0, Infinity], [0, Infinity]), [60, 60, 90, 60]);
  assert.deepEqual(run(wave, 100, -1, [0, Infinity], [0, Infinity]), [0, 60, -90, 60]);
});
