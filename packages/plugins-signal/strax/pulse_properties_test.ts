import assert from "node:assert/strict";
import fc from "fast-check";
import {
  conditionalEntropy,
  highestDensityEdges,
  highestDensityRegion,
  widthAtFraction,
} from "./pulse_properties.ts";

const wave = fc.array(fc.integer({ min: -5, max: 60 }), { minLength: 1, maxLength: 30 }).map((x) =>
  Float32Array.from(x)
);
const positive = fc.array(fc.integer({ min: 0, max: 60 }), { minLength: 1, maxLength: 30 }).map((x) =>
  Float64Array.from(x)
)
  .filter((x) => x.some((y) => y > 0));
const near = (a: number, b: number, by = 1e-9) =>
  assert.ok(Math.abs(a - b) <= by * Math.max(1, Math.abs(b)), `${a} ${b}`);

Deno.test("widthAtFraction() is where lines between the middles of samples cross the level around the maximum", () => {
  fc.assert(fc.property(wave, fc.double({ min: 0.05, max: 0.95, noNaN: true }), (x, fraction) => {
    const top = x.indexOf(Math.max(...x)), level = x[top]! * fraction;
    const [left, right] = widthAtFraction(x, fraction) as Iterable<number> as [number, number];
    if (!(x[top]! > 0) || x.every((y) => y > level)) return assert.deepEqual([left, right], [NaN, NaN]);
    assert.ok(left <= top + 0.5 && right >= top + 0.5 && left >= 0 && right <= x.length);
    const at = (position: number) => {
      const k = Math.floor(position - 0.5), part = position - 0.5 - k;
      return x[k]! * (1 - part) + (x[k + 1] ?? 0) * part;
    };
    if (left > 0) near(at(left), level, 1e-6);
    if (right < x.length) near(at(right), level, 1e-6);
    for (let k = Math.ceil(left - 0.5); k + 0.5 < right; k++) if (k >= 0) assert.ok(x[k]! >= level - 1e-5);
  }));
});

Deno.test("widthAtFraction() of a waveform that does not fall to the level on one side has its edge there", () => {
  assert.deepEqual([...widthAtFraction(Float32Array.of(4, 4, 0), 0.5)], [0, 2]);
  assert.deepEqual([...widthAtFraction(Float32Array.of(), 0.5)], [NaN, NaN]);
});

Deno.test("highestDensityRegion() holds the fraction above its level, and every sample left out is lower", () => {
  fc.assert(
    fc.property(positive, fc.double({ min: 0, max: 1, noNaN: true }), fc.boolean(), (x, fraction, upper) => {
      const { stretches, level } = highestDensityRegion(x, fraction, upper);
      const inside = new Set(
        stretches.flatMap(([from, to]) => Array.from({ length: to - from }, (_, k) => from + k)),
      );
      const total = x.reduce((a, b) => a + b, 0);
      const outside = [...x].filter((_, k) => !inside.has(k));
      const least = Math.min(...[...inside].map((k) => x[k]!));
      assert.ok(outside.every((y) => y < least));
      stretches.forEach(([from, to], k) => assert.ok(to > from && (k === 0 || from > stretches[k - 1]![1])));
      const area = (from: number) => [...inside].reduce((sum, k) => sum + x[k]! - from, 0);
      near(area(level), fraction * total);
      // One sample height less does not hold it, unless there is no other.
      if (upper && outside.length > 0) assert.ok(area(Math.max(...outside)) >= fraction * total - 1e-9);
      if (!upper && outside.length > 0) assert.ok(area(0) >= fraction * total - 1e-9);
    }),
  );
  assert.throws(
    () => highestDensityRegion(Float64Array.of(0, 0), 0.5),
    /an area of 0: a region needs one above 0/,
  );
  assert.throws(() => highestDensityRegion(Float64Array.of(1), 2), /The fraction is 2: give one from 0 to 1/);
});

Deno.test("highestDensityEdges() are the outer edges of the region, and interpolated ones lie within a sample of them", () => {
  fc.assert(fc.property(wave, fc.constantFrom(0.3, 0.5, 0.9), (x, fraction) => {
    const [left, right] = highestDensityEdges(x, fraction),
      [from, to] = highestDensityEdges(x, fraction, true);
    if (!x.some((y) => y > 0)) return assert.deepEqual([left, right, from, to], [NaN, NaN, NaN, NaN]);
    assert.ok(left < right && left >= 0 && right <= x.length);
    assert.ok(Math.abs(from - left) <= 1 && Math.abs(to - right) <= 1, `${from} ${left} ${to} ${right}`);
  }));
});

Deno.test("conditionalEntropy() is 0 for what it is compared with, and below for all else", () => {
  fc.assert(fc.property(positive, fc.boolean(), (x, square) => {
    assert.ok(conditionalEntropy(x, { square }) <= 1e-12);
    const sum = x.reduce((a, b) => a + b, 0);
    near(conditionalEntropy(x, { template: x.map((y) => y / sum) }), 0);
  }));
  near(conditionalEntropy(Float64Array.of(0, 3, 3, 3)), 0);
  assert.equal(conditionalEntropy(Float64Array.of(0, 0)), NaN);
  near(conditionalEntropy(Float64Array.of(1, 3)), -(0.25 * Math.log(0.5) + 0.75 * Math.log(1.5)));
});
