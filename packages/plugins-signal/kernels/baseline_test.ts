import assert from "node:assert/strict";
import fc from "fast-check";
import { randomSamples } from "../_testing.ts";
import { baselines } from "./baseline.ts";

function run(waves: readonly (readonly number[])[], start: number, end: number): number[] {
  const offsets = new Uint32Array(waves.length + 1);
  waves.forEach((wave, i) => offsets[i + 1] = offsets[i]! + wave.length);
  const out = new Float64Array(waves.length).fill(-1);
  baselines(Uint16Array.from(waves.flat()), offsets, waves.length, start, end, out);
  return [...out];
}

Deno.test("baselines() is the mean of the range in each record, NaN where that holds no sample", () => {
  const end = fc.oneof(fc.integer({ min: 0, max: 16 }), fc.constant(Infinity));
  fc.assert(
    fc.property(fc.array(randomSamples()), fc.integer({ min: 0, max: 16 }), end, (waves, start, stop) => {
      const expected = waves.map((wave) => {
        const part = wave.slice(start, stop === Infinity ? undefined : stop);
        return part.length > 0 ? part.reduce((a, b) => a + b, 0) / part.length : NaN;
      });
      assert.deepEqual(run(waves, start, stop), expected);
    }),
  );
});

Deno.test("baselines() reads a slice's records where they lie", () => {
  const out = new Float64Array(1);
  baselines(new Uint16Array([1, 2, 3, 4, 5]), new Uint32Array([2, 4]), 1, 0, 40, out);
  assert.equal(out[0], 3.5);
});

Deno.test("baselines() counts samples above 32767 as what they are", () => {
  assert.deepEqual(run([[65535, 65535, 40000]], 0, 2), [65535]);
});

Deno.test("baselines() of a long record is exact", () => {
  const wave = new Uint16Array(200_000).fill(65535);
  wave[7] = 0;
  const out = new Float64Array(1);
  baselines(wave, new Uint32Array([0, wave.length]), 1, 0, Infinity, out);
  assert.equal(out[0], (199_999 * 65535) / 200_000);
});
