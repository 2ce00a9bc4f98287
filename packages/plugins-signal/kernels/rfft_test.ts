import assert from "node:assert/strict";
import fc from "fast-check";
import { powerSpectrum, RealFft, rfft } from "./rfft.ts";

/** The definition. */
function transform(x: readonly number[]): { re: number; im: number }[] {
  return Array.from({ length: (x.length >> 1) + 1 }, (_, k) => {
    let re = 0, im = 0;
    x.forEach((v, n) => {
      const angle = 2 * Math.PI * ((k * n) % x.length) / x.length;
      re += v * Math.cos(angle);
      im -= v * Math.sin(angle);
    });
    return { re, im };
  });
}

const trace = (minLength: number, maxLength: number) =>
  fc.array(fc.double({ min: -100, max: 100, noNaN: true }), { minLength, maxLength });

Deno.test("rfft() is the sum of the definition for every length", () => {
  fc.assert(
    fc.property(trace(1, 140), (x) => {
      const { re, im } = rfft(Float64Array.from(x)), power = powerSpectrum(Float64Array.from(x));
      const expected = transform(x);
      assert.equal(re.length, expected.length);
      expected.forEach((value, k) => {
        assert.ok(Math.abs(re[k]! - value.re) < 1e-9, `re[${k}]`);
        assert.ok(Math.abs(im[k]! - value.im) < 1e-9, `im[${k}]`);
        assert.equal(power[k], re[k]! ** 2 + im[k]! ** 2);
      });
    }),
    { numRuns: 300 },
  );
});

Deno.test("rfft() keeps the energy (Parseval)", () => {
  for (const size of [64, 1000, 1001, 4096, 6007]) {
    const x = Int16Array.from({ length: size }, (_, i) => (i * i * 12345) % 3001 - 1500);
    const power = powerSpectrum(x);
    let sum = 0;
    power.forEach((p, k) => sum += k === 0 || 2 * k === size ? p : 2 * p);
    const energy = x.reduce((a, v) => a + v * v, 0);
    assert.ok(Math.abs(sum / size / energy - 1) < 1e-12, `${size}`);
  }
});

Deno.test("RealFft gives the same again and again", () => {
  const fft = new RealFft(100), out = { re: new Float64Array(51), im: new Float64Array(51) };
  const x = Float64Array.from({ length: 100 }, (_, i) => Math.sin(i) * i), other = x.map((v) => 3 - v);
  const expected = rfft(x);
  fft.transform(other, out);
  fft.transform(x, out);
  assert.deepEqual(out, expected);
});

Deno.test("RealFft refuses wrong lengths", () => {
  assert.throws(() => rfft(new Float64Array(0)), /RangeError: Cannot make a transform: size is 0/);
  assert.throws(() => new RealFft(2.5), /TypeError: .*size is 2.5/);
  assert.throws(() => new RealFft(NaN), /size is NaN/);
  const fft = new RealFft(8);
  assert.throws(
    () => fft.powerSpectrum(new Float64Array(7), new Float64Array(5)),
    /trace of 7 samples: .* for 8/,
  );
  assert.throws(
    () => fft.powerSpectrum(new Float64Array(8), new Float64Array(4)),
    /the output has 4 values; give one with 5/,
  );
});
