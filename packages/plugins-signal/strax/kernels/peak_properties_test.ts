import assert from "node:assert/strict";
import fc from "fast-check";
import { centerOf, indexOfFraction } from "./peak_properties.ts";

const wave = fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 25 })
  .filter((x) => x.some((y) => y > 0)).map((x) => Float32Array.from(x));

Deno.test("indexOfFraction() is where the integral up to there is that fraction of the area", () => {
  fc.assert(
    fc.property(
      wave,
      fc.array(fc.integer({ min: 1, max: 99 }), { minLength: 1, maxLength: 6 }),
      (w, list) => {
        const fractions = Float64Array.from(list.sort((a, b) => a - b), (x) => x / 100);
        const area = w.reduce((a, b) => a + b, 0);
        const at = indexOfFraction(w, area, fractions, new Float64Array(fractions.length));
        fractions.forEach((fraction, k) => {
          const whole = Math.floor(at[k]!), seen = w.subarray(0, whole).reduce((a, b) => a + b, 0);
          const integral = seen + (at[k]! - whole) * (w[whole] ?? 0);
          assert.ok(Math.abs(integral - fraction * area) <= 1e-6 * area, `${integral} ${fraction * area}`);
          assert.ok(k === 0 || at[k]! >= at[k - 1]!);
        });
      },
    ),
    { numRuns: 500 },
  );
});

Deno.test("indexOfFraction() of flat waveforms is the fraction of their length", () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 0, max: 20 }), (n, part) => {
    const w = new Float32Array(n).fill(3);
    const [at] = indexOfFraction(w, 3 * n, Float64Array.of(part / 20), new Float64Array(1));
    assert.ok(Math.abs(at! - n * part / 20) < 1e-6 * n);
  }));
});

Deno.test("centerOf() is the mean place of the samples, inside the waveform, and its middle where it has no area", () => {
  fc.assert(fc.property(wave, (w) => {
    const area = w.reduce((a, b) => a + b, 0);
    const mean = w.reduce((a, x, i) => a + x * i, 0) / area;
    assert.ok(Math.abs(centerOf(w) - mean) < 1e-9);
  }));
  assert.equal(centerOf(new Float32Array(5)), 2);
  assert.equal(centerOf(Float32Array.of(-3, 0, 4)), 2); // the mean is 8, behind the end
});
