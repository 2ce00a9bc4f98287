import assert from "node:assert/strict";
import fc from "fast-check";
import { Histogram } from "./_histogram.ts";

Deno.test("Histogram.quantile() is within 3.2 % of the sorted value", () => {
  const times = fc.array(fc.double({ min: 1e-4, max: 1e8, noNaN: true }), { minLength: 1, maxLength: 300 });
  fc.assert(fc.property(times, fc.double({ min: 0, max: 1, noNaN: true }), (values, q) => {
    const histogram = new Histogram();
    for (const value of values) histogram.add(value);
    const sorted = values.toSorted((a, b) => a - b);
    const truth = sorted[Math.max(0, Math.ceil(q * values.length) - 1)]!;
    assert(Math.abs(histogram.quantile(q) - truth) <= 0.032 * truth);
    assert.equal(histogram.count, values.length);
  }));
});

Deno.test("Histogram takes times beyond its range and none at all", () => {
  const histogram = new Histogram();
  assert.equal(histogram.quantile(0.5), 0);
  histogram.add(0);
  histogram.add(Infinity);
  assert(histogram.quantile(0) < 1e-4);
  assert(histogram.quantile(1) > 1e9);
});
