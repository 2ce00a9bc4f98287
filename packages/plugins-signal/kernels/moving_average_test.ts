import assert from "node:assert/strict";
import fc from "fast-check";
import { movingAverage, movingAverageInto } from "./moving_average.ts";

Deno.test("movingAverage() is the mean of the samples in the window that are there", () => {
  const trace = fc.array(fc.integer({ min: -1000, max: 1000 }), { maxLength: 40 });
  fc.assert(fc.property(trace, fc.integer({ min: 0, max: 50 }), (x, half) => {
    const expected = x.map((_, i) => {
      const part = x.slice(Math.max(0, i - half), i + half + 1);
      return part.reduce((a, b) => a + b, 0) / part.length;
    });
    assert.deepEqual([...movingAverage(Int16Array.from(x), 2 * half + 1)], expected);
  }));
});

Deno.test("movingAverage() refuses windows without a middle, and another length of the output", () => {
  const x = new Float64Array(3);
  assert.throws(() => movingAverage(x, 4), /RangeError: .*no middle; take 3 or 5/);
  assert.throws(() => movingAverage(x, 0), /window is 0/);
  assert.throws(() => movingAverage(x, NaN), /TypeError: .*window is NaN/);
  assert.throws(() => movingAverageInto(x, 3, new Float64Array(2)), /give one with 3/);
});
