import assert from "node:assert/strict";
import fc from "fast-check";
import { localMinima, movingMean, naturalBreaks } from "./split_points.ts";

const wave = (min: number) =>
  fc.array(fc.integer({ min, max: 30 }), { minLength: 1, maxLength: 25 }).map((x) => Float32Array.from(x));
const near = (a: number, b: number) =>
  assert.ok(Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(b)), `${a} ${b}`);

Deno.test("localMinima() are lowest between the split points around, and the waveform rises enough on both sides", () => {
  fc.assert(
    fc.property(
      wave(-5),
      fc.integer({ min: 0, max: 8 }),
      fc.constantFrom(0, 1, 1.5, 3),
      (w, height, ratio) => {
        const points = localMinima(w, height, ratio);
        points.forEach((at, k) => {
          const from = points[k - 1] ?? 0, to = points[k + 1] ?? w.length;
          assert.ok(at > from || (k === 0 && at >= 0));
          const level = Math.max(w[at]! + height, w[at]! * ratio);
          assert.ok(Math.max(...w.subarray(from, at)) > level, `not higher before ${at}`);
          assert.ok(Math.max(...w.subarray(at + 1, to)) > level, `not higher behind ${at}`);
        });
      },
    ),
    { numRuns: 1000 },
  );
});

Deno.test("localMinima() finds a minimum wherever some sample has higher ones enough on both sides", () => {
  fc.assert(
    fc.property(wave(0), fc.integer({ min: 0, max: 8 }), (w, height) => {
      const is = w.some((x, i) =>
        i > 0 && i < w.length - 1 && Math.max(...w.subarray(0, i)) > x + height &&
        Math.max(...w.subarray(i + 1)) > x + height
      );
      assert.equal(localMinima(w, height, 0).length > 0, is);
    }),
    { numRuns: 1000 },
  );
});

/** Sum of squared deviations of the samples' places from their mean, weighted with the samples above 0. */
function deviation(w: Float32Array, from: number, to: number, dt: number): number {
  const weight = Array.from(w.subarray(from, to), (x) => Math.max(0, x));
  const sum = weight.reduce((a, b) => a + b, 0);
  if (sum === 0) return 0;
  const mean = weight.reduce((a, x, k) => a + x * k * dt, 0) / sum;
  return weight.reduce((a, x, k) => a + x * (k * dt - mean) ** 2, 0);
}

Deno.test("naturalBreaks() are 1 less what is left of the deviation in both parts", () => {
  fc.assert(
    fc.property(wave(-5), fc.constantFrom(1, 10), (w, dt) => {
      const gof = naturalBreaks(w, dt, false, 0), total = deviation(w, 0, w.length, dt);
      gof.forEach((x, i) => {
        // Sample i is in both parts, as in strax.
        const parts = deviation(w, 0, i + 1, dt) + deviation(w, i, w.length, dt);
        near(x, total > 0 ? 1 - parts / total : 0);
        assert.ok(x <= 1 + 1e-12);
      });
    }),
    { numRuns: 500 },
  );
});

Deno.test("naturalBreaks() with splitLow prefer what is low in the smoothed waveform", () => {
  fc.assert(fc.property(wave(0), fc.integer({ min: 0, max: 4 }), (w, wing) => {
    const gof = naturalBreaks(w, 1, false, 0),
      low = naturalBreaks(w, 1, true, wing),
      smooth = movingMean(w, wing);
    const max = Math.max(...smooth);
    if (deviation(w, 0, w.length, 1) > 0) low.forEach((x, i) => near(x, gof[i]! * (1 - smooth[i]! / max)));
    smooth.forEach((x, i) => {
      const around = w.slice(Math.max(0, i - wing), i + wing + 1);
      near(x, around.reduce((a, b) => a + b, 0) / around.length);
    });
  }));
});
