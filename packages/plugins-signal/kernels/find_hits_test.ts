import assert from "node:assert/strict";
import fc from "fast-check";
import { findHits, findHitsInto, hitRoom } from "./find_hits.ts";

const signal = fc.array(fc.integer({ min: -2, max: 4 }), { maxLength: 40 });

Deno.test("findHits() are the longest runs at or above the threshold", () => {
  fc.assert(
    fc.property(signal, fc.integer({ min: -2, max: 5 }), (s, threshold) => {
      const { starts, ends, peaks, heights, integrals } = findHits(Int16Array.from(s), threshold);
      const covered = s.map(() => false);
      starts.forEach((start, k) => {
        const end = ends[k]!, run = s.slice(start, end);
        assert.ok(end > start && !(s[start - 1]! >= threshold) && !(s[end]! >= threshold));
        covered.fill(true, start, end);
        assert.equal(heights[k], Math.max(...run));
        assert.equal(peaks[k], start + run.indexOf(heights[k]!));
        assert.equal(integrals[k], run.reduce((a, b) => a + b, 0));
      });
      assert.deepEqual(covered, s.map((v) => v >= threshold));
    }),
    { numRuns: 500 },
  );
});

Deno.test("findHits() end at NaN and at the end of the trace", () => {
  const { starts, ends } = findHits(new Float64Array([5, NaN, 5, 5]), 1);
  assert.deepEqual([[...starts], [...ends]], [[0, 2], [1, 4]]);
});

Deno.test("findHitsInto() finds as many hits as a trace can have, and says where there is no room", () => {
  const s = Int16Array.from({ length: 9 }, (_, i) => 1 - i % 2);
  assert.equal(findHitsInto(s, 1, hitRoom(9)), 5);
  assert.throws(
    () => findHitsInto(s, 1, hitRoom(8)),
    /RangeError: .*may have 5 and there is room for 4; use hitRoom\(9\)/,
  );
  assert.throws(() => findHits(s, NaN), /RangeError: Cannot find hits: the threshold is NaN/);
});
