import assert from "node:assert/strict";
import fc from "fast-check";
import { findPeaks, findPeaksInto, type Peaks } from "./find_peaks.ts";
import { type FindPeaksOptions, peakConditions } from "./peak_conditions.ts";
import { peakProminences } from "./peak_prominences.ts";
import { peakRoom } from "./peak_room.ts";
import { peakWidths } from "./peak_widths.ts";

const trace = fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 60 });
const bound = fc.oneof(fc.constant(null), fc.double({ min: 0, max: 9, noNaN: true }));
const limits = fc.option(
  fc.oneof(fc.tuple(bound, bound), fc.double({ min: 0, max: 6, noNaN: true })),
  { nil: undefined },
);
const anyOptions: fc.Arbitrary<FindPeaksOptions> = fc.record({
  height: limits,
  threshold: limits,
  prominence: limits,
  width: limits,
  plateauSize: limits,
  distance: fc.option(fc.double({ min: 1, max: 9, noNaN: true }), { nil: undefined }),
  wlen: fc.option(fc.integer({ min: 2, max: 30 }), { nil: undefined }),
}, { requiredKeys: [] }) as fc.Arbitrary<FindPeaksOptions>;

const inside = (value: number, given: FindPeaksOptions["height"]) => {
  if (given === undefined || given === null) return true;
  const [low, high] = (typeof given === "number" ? [given, null] : given) as (number | null)[];
  return value >= (low ?? -Infinity) && value <= (high ?? Infinity);
};

/** Local maxima from the definition: the middles of equal samples with lower ones on both sides. */
function maxima(x: readonly number[]): { peak: number; left: number; right: number }[] {
  const found = [];
  for (let left = 1; left < x.length - 1; left++) {
    let right = left;
    while (x[right + 1] === x[left]) right++;
    if (x[left - 1]! < x[left]! && x[right + 1]! < x[left]!) {
      found.push({ peak: Math.floor((left + right) / 2), left, right });
    }
  }
  return found;
}

Deno.test("findPeaks() without options are all local maxima", () => {
  fc.assert(fc.property(trace, (x) => {
    const found = findPeaks(Int16Array.from(x));
    assert.deepEqual([...found.peaks], maxima(x).map(({ peak }) => peak));
    assert.deepEqual(Object.keys(found), ["peaks"]);
  }));
});

Deno.test("findPeaks() without distance are the maxima that fulfil each condition by itself", () => {
  fc.assert(
    fc.property(trace, anyOptions, (samples, { distance: _, ...options }) => {
      const x = Float64Array.from(samples);
      const expected = maxima(samples).filter(({ peak, left, right }) => {
        const at = Int32Array.of(peak), { wlen } = options;
        const steps = [x[peak]! - x[peak - 1]!, x[peak]! - x[peak + 1]!];
        const [min, max] = Array.isArray(options.threshold) ? options.threshold : [options.threshold, null];
        return inside(right - left + 1, options.plateauSize) && inside(x[peak]!, options.height) &&
          inside(Math.min(...steps), min as number) && inside(Math.max(...steps), [null, max as number]) &&
          inside(peakProminences(x, at, wlen ?? undefined).prominences[0]!, options.prominence) &&
          inside(peakWidths(x, at, 0.5, undefined, wlen ?? undefined).widths[0]!, options.width);
      });
      assert.deepEqual([...findPeaks(x, options).peaks], expected.map(({ peak }) => peak));
    }),
    { numRuns: 1000 },
  );
});

Deno.test("findPeaks() with a distance: no two are nearer, and each dropped one is near a kept one as high", () => {
  fc.assert(fc.property(trace, fc.double({ min: 1, max: 12, noNaN: true }), (x, distance) => {
    const kept = [...findPeaks(Float64Array.from(x), { distance }).peaks];
    kept.forEach((peak, i) => assert.ok(i === 0 || peak - kept[i - 1]! >= distance));
    for (const { peak } of maxima(x)) {
      assert.ok(
        kept.some((k) => k === peak || (Math.abs(k - peak) < Math.ceil(distance) && x[k]! >= x[peak]!)),
      );
    }
  }));
});

Deno.test("findPeaks() gives the properties that the options ask for, one a peak, those of the peaks", () => {
  const asked: [keyof FindPeaksOptions, (keyof Peaks)[]][] = [
    ["height", ["peakHeights"]],
    ["threshold", ["leftThresholds", "rightThresholds"]],
    ["prominence", ["prominences", "leftBases", "rightBases"]],
    ["width", ["prominences", "leftBases", "rightBases", "widths", "widthHeights", "leftIps", "rightIps"]],
    ["plateauSize", ["plateauSizes", "leftEdges", "rightEdges"]],
  ];
  fc.assert(fc.property(trace, anyOptions, (samples, options) => {
    const x = Float64Array.from(samples), found = findPeaks(x, options), { peaks } = found;
    const names = asked.flatMap(([option, given]) => options[option] === undefined ? [] : given);
    assert.deepEqual(new Set(Object.keys(found)), new Set(["peaks", ...names]));
    for (const column of Object.values(found)) assert.equal(column.length, peaks.length);
    const wlen = options.wlen ?? undefined;
    if (found.peakHeights) assert.deepEqual([...found.peakHeights], Array.from(peaks, (p) => x[p]));
    if (found.leftThresholds) {
      assert.deepEqual(
        [...found.leftThresholds],
        Array.from(peaks, (p) => x[p]! - x[p - 1]!),
      );
    }
    if (found.prominences) {
      const { prominences, leftBases, rightBases } = found as Required<Peaks>;
      assert.deepEqual({ prominences, leftBases, rightBases }, peakProminences(x, peaks, wlen));
    }
    if (found.widths) {
      const { widths, widthHeights, leftIps, rightIps } = found as Required<Peaks>;
      assert.deepEqual(
        { widths, widthHeights, leftIps, rightIps },
        peakWidths(x, peaks, 0.5, undefined, wlen),
      );
    }
    if (found.plateauSizes) {
      const flat = new Map(maxima(samples).map(({ peak, left, right }) => [peak, [left, right]]));
      peaks.forEach((p, i) => assert.deepEqual([found.leftEdges![i], found.rightEdges![i]], flat.get(p)));
    }
  }));
});

Deno.test("findPeaks() takes limits for every sample", () => {
  const x = Float64Array.of(0, 5, 0, 5, 0), height = Float64Array.of(9, 6, 9, 5, 9);
  assert.deepEqual([...findPeaks(x, { height }).peaks], [3]);
  assert.deepEqual([...findPeaks(x, { height: [null, height] }).peaks], [1, 3]);
  assert.deepEqual([...findPeaks(x, { threshold: height }).peaks], [3]);
  assert.throws(
    () => findPeaks(x, { height: new Float64Array(4) }),
    /limits for 4 samples and the trace has 5/,
  );
});

// What scipy 1.10 gives for this trace.
const sawtooth = Float64Array.from({ length: 60 }, (_, i) => (i * i * 7 + i * 13) % 23);
for (
  const [options, expected] of [
    [{ distance: 6 }, { peaks: [1, 7, 15, 24, 30, 38, 47, 53] }],
    [{ height: [10, 20], threshold: [null, 9] }, {
      peaks: [3, 5, 13, 18, 26, 28, 36, 41, 49, 51],
      leftThresholds: [2, 7, 4, 5, 2, 7, 4, 5, 2, 7],
    }],
    [{ prominence: [6, 15], wlen: 9 }, { peaks: [15, 38], prominences: [9, 9], leftBases: [11, 34] }],
    [{ prominence: [null, null], wlen: 4.2, height: 18 }, {
      peaks: [1, 7, 13, 15, 18, 24, 30, 36, 38, 41, 47, 53],
      prominences: [12, 12, 5, 9, 5, 12, 12, 5, 9, 5, 12, 12],
      rightBases: [2, 8, 14, 17, 20, 25, 31, 37, 40, 43, 48, 54],
    }],
    [{ width: [1.2, 2.5], relHeight: 0.8, prominence: 14 }, {
      peaks: [9, 22, 32, 45, 55],
      widthHeights: [4.2, 4.2, 4.2, 4.2, 4.2],
      leftIps: [8.247058823529, 21.146666666667, 31.247058823529, 44.146666666667, 54.247058823529],
    }],
  ] as const
) {
  Deno.test(`findPeaks() with ${JSON.stringify(options)} are those of scipy`, () => {
    const found = findPeaks(sawtooth, options);
    for (const [name, values] of Object.entries(expected as Record<string, readonly number[]>)) {
      const got = found[name as keyof Peaks]!;
      assert.equal(got.length, values.length);
      values.forEach((value, i) => assert.ok(Math.abs(got[i]! - value) < 1e-11, `${name}[${i}] ${got[i]}`));
    }
  });
}

Deno.test("findPeaksInto() gives the same in room that was used before", () => {
  const room = peakRoom(60);
  fc.assert(fc.property(trace, anyOptions, (samples, options) => {
    const x = Float64Array.from(samples), expected = findPeaks(x, options);
    const n = findPeaksInto(x, peakConditions(options), room);
    for (const [name, column] of Object.entries(expected)) {
      assert.deepEqual(room[name as keyof Peaks].subarray(0, n), column);
    }
  }));
});

Deno.test("findPeaks() sees no peak at NaN", () => {
  assert.deepEqual([...findPeaks(Float64Array.of(0, 1, NaN, 1, 0, 2, 0)).peaks], [5]);
});

for (
  const [options, problem] of [
    [{ distance: 0.9 }, /RangeError: Cannot find peaks: distance is 0.9; it takes at least 1 sample/],
    [{ distance: 0 }, /distance is 0;/],
    [{ distance: NaN }, /distance is NaN/],
    [{ height: NaN }, /RangeError: .*height is NaN/],
    [{ prominence: [1, NaN] }, /prominence is NaN/],
    [{ width: "wide" as unknown as number }, /TypeError: .*width is "w/],
    [{ wlen: 1 }, /wlen is 1/],
    [{ relHeight: NaN }, /relHeight is NaN/],
  ] as const
) {
  Deno.test(`findPeaks() refuses ${JSON.stringify(options)} (${problem.source})`, () => {
    assert.throws(() => findPeaks(new Float64Array(5), options), problem);
  });
}

Deno.test("findPeaksInto() says where there is no room", () => {
  assert.throws(
    () => findPeaksInto(new Float64Array(9), peakConditions(), peakRoom(8)),
    /RangeError: .*9 samples may have 4 peaks and there is room for 3; use peakRoom\(9\)/,
  );
});
