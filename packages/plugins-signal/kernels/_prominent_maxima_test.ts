import assert from "node:assert/strict";
import fc from "fast-check";
import { localMaxima } from "./_local_maxima.ts";
import { prominentMaxima } from "./_prominent_maxima.ts";
import { findPeaksInto } from "./find_peaks.ts";
import { peakConditions } from "./peak_conditions.ts";
import { peakProminences } from "./peak_prominences.ts";
import { peakRoom } from "./peak_room.ts";

// Few heights for ties and plateaus; now and then what is no number, no end, or hardly different.
const height = fc.oneof(
  { weight: 12, arbitrary: fc.integer({ min: 0, max: 6 }) },
  { weight: 1, arbitrary: fc.constantFrom(NaN, Infinity, -Infinity, 0.1, 0.1 + 0.2, 0.3, -0) },
  { weight: 1, arbitrary: fc.double() },
);
const trace = fc.array(height, { maxLength: 60 });
const least = fc.oneof(
  fc.integer({ min: 1, max: 7 }),
  fc.double({ min: 5e-324, max: 7, noNaN: true }),
  fc.constant(0.2),
);

Deno.test("prominentMaxima() are all local maxima that reach the prominence, and only local maxima", () => {
  fc.assert(
    fc.property(trace, least, (samples, min) => {
      const x = Float64Array.from(samples), room = peakRoom(60), all = peakRoom(60);
      const given = prominentMaxima(x, min, room), n = given < 0 ? -given - 1 : given;
      assert.equal(given < 0 ? samples.includes(NaN) : given, given < 0 ? true : n);
      const m = localMaxima(x, all.peaks, all.leftEdges, all.rightEdges);
      const maxima = all.peaks.slice(0, m), bases = peakProminences(x, maxima), { prominences } = bases;
      const found = [...room.peaks.subarray(0, n)];
      maxima.forEach((peak, p) => {
        if (prominences[p]! >= min) assert.ok(found.includes(peak), `${peak} is missing`);
      });
      found.forEach((peak, i) => {
        const p = maxima.indexOf(peak);
        assert.ok(p >= 0 && (i === 0 || peak > found[i - 1]!));
        assert.deepEqual([room.leftEdges[i], room.rightEdges[i]], [all.leftEdges[p], all.rightEdges[p]]);
        if (given < 0) return;
        const { leftBases, rightBases } = bases;
        assert.deepEqual(
          [room.prominences[i], room.leftBases[i], room.rightBases[i]],
          [prominences[p], leftBases[p], rightBases[p]],
        );
      });
    }),
    { numRuns: 5000 },
  );
});

Deno.test("findPeaksInto() gives the same whether maxima are left out from the start or one by one", () => {
  const limit = fc.option(fc.double({ min: 0, max: 5, noNaN: true }), { nil: undefined });
  const options = fc.record({
    height: limit,
    threshold: limit,
    width: limit,
    plateauSize: limit,
    distance: fc.constantFrom(undefined, 1, 2),
  });
  fc.assert(
    fc.property(trace, least, options, (samples, min, others) => {
      const x = Float64Array.from(samples), room = peakRoom(60), plain = peakRoom(60);
      const given = Object.fromEntries(Object.entries(others).filter(([, value]) => value !== undefined));
      const n = findPeaksInto(x, peakConditions({ ...given, prominence: min }), room);
      // Limits for every sample are looked at one by one.
      const mins = new Float64Array(x.length).fill(min);
      const m = findPeaksInto(x, peakConditions({ ...given, prominence: mins }), plain);
      assert.equal(n, m);
      const filled = given.width === undefined ? 10 : 14;
      for (let c = 0; c < filled; c++) {
        if (c === 4 && given.height === undefined || (c === 5 || c === 6) && given.threshold === undefined) {
          continue;
        }
        if (c > 0 && c < 4 && given.plateauSize === undefined) continue;
        assert.deepEqual(room.columns[c]!.subarray(0, n), plain.columns[c]!.subarray(0, n));
      }
    }),
    { numRuns: 3000 },
  );
});
