// poleZero, trapezoidalFilter, rcCr, constantFraction: against their definitions and what a pulse has to give.
import assert from "node:assert/strict";
import fc from "fast-check";
import { constantFraction, constantFractionInto } from "./constant_fraction.ts";
import { poleZero, poleZeroInto } from "./pole_zero.ts";
import { rcCr } from "./rc_cr.ts";
import { trapezoidalFilter, trapezoidalFilterInto } from "./trapezoidal_filter.ts";

const trace = fc.array(fc.integer({ min: -100, max: 100 }), { minLength: 1, maxLength: 50 });
const close = (a: ArrayLike<number>, b: ArrayLike<number>, tolerance = 1e-9) => {
  assert.equal(a.length, b.length);
  for (let i = 0; i < a.length; i++) {
    assert.ok(Math.abs(a[i]! - b[i]!) <= tolerance, `[${i}] ${a[i]} ${b[i]}`);
  }
};
const decay = (height: number, tau: number, at: number, length: number) =>
  Float64Array.from({ length }, (_, i) => i < at ? 0 : height * Math.exp(-(i - at) / tau));

Deno.test("poleZero() is the sum of what doesn't decay, and can be undone", () => {
  fc.assert(fc.property(trace, fc.double({ min: 0.5, max: 500, noNaN: true }), (x, tau) => {
    const y = poleZero(Int16Array.from(x), tau), kept = Math.exp(-1 / tau);
    let before = 0, level = 0;
    const back = Float64Array.from(y, (v) => {
      level = level * kept + v - before;
      before = v;
      return level;
    });
    close(back, x, 1e-8);
  }));
});

Deno.test("poleZero() of an infinite decay changes nothing", () => {
  assert.deepEqual([...poleZero(Int16Array.from([3, 1, 4, 1]), Infinity)], [3, 1, 4, 1]);
});

Deno.test("trapezoidalFilter() is the difference of two means", () => {
  const shape = fc.record({ rise: fc.integer({ min: 1, max: 9 }), flat: fc.integer({ min: 0, max: 9 }) });
  fc.assert(fc.property(trace, shape, (samples, { rise, flat }) => {
    const at = (i: number) => samples[i] ?? 0;
    const expected = samples.map((_, i) => {
      let sum = 0;
      for (let k = 0; k < rise; k++) sum += at(i - k) - at(i - k - rise - flat);
      return sum / rise;
    });
    assert.deepEqual([...trapezoidalFilter(Int16Array.from(samples), { rise, flat })], expected);
  }));
});

Deno.test("trapezoidalFilter() with a decay is that of the trace with the decay taken out", () => {
  fc.assert(fc.property(trace, fc.double({ min: 2, max: 500, noNaN: true }), (x, tau) => {
    const samples = Int16Array.from(x);
    const expected = trapezoidalFilter(poleZero(samples, tau), { rise: 4, flat: 3 });
    close(trapezoidalFilter(samples, { rise: 4, flat: 3, tau }), expected, 1e-8);
  }));
});

Deno.test("trapezoidalFilter() of a decaying pulse has a flat top as high as the pulse, and ends", () => {
  const y = trapezoidalFilter(decay(750, 60, 20, 100), { rise: 15, flat: 8, tau: 60 });
  close(y.subarray(0, 20), new Float64Array(20));
  close(y.subarray(34, 43), new Float64Array(9).fill(750));
  close(y.subarray(58), new Float64Array(42));
});

Deno.test("rcCr() has the pulse of the analogue shaper", () => {
  for (const order of [1, 2, 4]) {
    const tau = 200, n = 4000, step = Float64Array.from({ length: n }, (_, i) => i < 10 ? 3 : 5);
    const y = rcCr(step, { tau, order });
    let factorial = 1;
    for (let k = 2; k <= order; k++) factorial *= k;
    const pulse = (t: number) => t < 0 ? 0 : 2 * (t / tau) ** order / factorial * Math.exp(-t / tau);
    close(y.subarray(12), Float64Array.from({ length: n - 12 }, (_, i) => pulse(i + 12 - 9.5)), 2e-5);
    close(y.subarray(0, 10), new Float64Array(10), 0);
  }
});

Deno.test("rcCr() is linear and doesn't see a constant", () => {
  fc.assert(fc.property(trace, (x) => {
    const y = rcCr(Int16Array.from(x), { tau: 7, order: 2 });
    close(rcCr(Float64Array.from(x, (v) => 1000 - 2 * v), { tau: 7, order: 2 }), y.map((v) => -2 * v), 1e-9);
  }));
});

Deno.test("constantFraction() gives the time whatever the height", () => {
  const pulse = (t: number) =>
    t < 0 ? 0 : t < 12 ? 0.5 - 0.5 * Math.cos(Math.PI * t / 12) : Math.exp(-(t - 12) / 90);
  fc.assert(
    fc.property(
      fc.double({ min: 1, max: 5000, noNaN: true }),
      fc.double({ min: 20, max: 40, noNaN: true }),
      (height, at) => {
        const x = Float64Array.from({ length: 100 }, (_, i) => height * pulse(i - at));
        const settings = { fraction: 0.3, delay: 8 };
        const time = constantFraction(x, settings);
        const one = constantFraction(x.map((v) => v / height), settings);
        assert.ok(Math.abs(time - one) < 1e-9);
        // 0.3 p(t) = p(t - 8), to what linear interpolation leaves.
        assert.ok(Math.abs(0.3 * pulse(time - at) - pulse(time - at - 8)) < 5e-3);
      },
    ),
  );
});

Deno.test("constantFraction() is NaN where there is no pulse", () => {
  const settings = { fraction: 0.5, delay: 2 }, pulse = decay(10, 5, 8, 40);
  assert.ok(constantFraction(pulse, { ...settings, threshold: 10 }) > 8);
  assert.equal(constantFraction(pulse, { ...settings, threshold: 10.1 }), NaN);
  assert.equal(constantFraction(new Float64Array(20), settings), NaN);
  assert.equal(constantFraction(new Float64Array(0), settings), NaN);
  assert.equal(constantFraction(pulse.subarray(0, 9), settings), NaN);
});

const x = new Float64Array(8), short = new Float64Array(7);
for (
  const [name, call, problem] of [
    ["poleZero of tau 0", () => poleZero(x, 0), /RangeError: .*tau is 0/],
    ["poleZero of tau NaN", () => poleZero(x, NaN), /tau is NaN/],
    ["poleZero into a short output", () => poleZeroInto(x, 5, short), /give one with 8/],
    ["a trapezoid without rise", () => trapezoidalFilter(x, { rise: 0, flat: 1 }), /RangeError: .*rise is 0/],
    [
      "a trapezoid of half samples",
      () => trapezoidalFilter(x, { rise: 1.5, flat: 1 }),
      /TypeError: .*rise is 1.5/,
    ],
    ["a trapezoid with flat -1", () => trapezoidalFilter(x, { rise: 1, flat: -1 }), /flat is -1/],
    ["a trapezoid of tau -3", () => trapezoidalFilter(x, { rise: 1, flat: 1, tau: -3 }), /tau is -3/],
    [
      "a trapezoid into a short output",
      () => trapezoidalFilterInto(x, { rise: 1, flat: 1 }, short),
      /with 8/,
    ],
    ["rcCr of tau 0", () => rcCr(x, { tau: 0 }), /tau is 0/],
    ["rcCr of tau Infinity", () => rcCr(x, { tau: Infinity }), /tau is Infinity/],
    ["rcCr of order 0", () => rcCr(x, { tau: 1, order: 0 }), /order is 0/],
    ["a fraction of 1", () => constantFraction(x, { fraction: 1, delay: 1 }), /RangeError: .*fraction is 1/],
    ["a fraction of NaN", () => constantFraction(x, { fraction: NaN, delay: 1 }), /fraction is NaN/],
    ["a delay of 0", () => constantFraction(x, { fraction: 0.5, delay: 0 }), /delay is 0/],
    [
      "a threshold of NaN",
      () => constantFraction(x, { fraction: 0.5, delay: 1, threshold: NaN }),
      /threshold is NaN/,
    ],
    [
      "a discriminator into a short output",
      () => constantFractionInto(x, { fraction: 0.5, delay: 1 }, short),
      /with 8/,
    ],
  ] as const
) {
  Deno.test(`${name} is refused`, () => {
    assert.throws(call, problem);
  });
}
