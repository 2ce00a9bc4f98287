import assert from "node:assert/strict";
import fc from "fast-check";
import {
  fullyContainedIn,
  type Intervals,
  overlapIndices,
  splitByContainment,
  splitTouchingWindows,
  timeToPreviousAndNext,
  touchingWindows,
} from "./intervals.ts";

const columns = (list: readonly (readonly [number, number])[]): Intervals => {
  const sorted = [...list].sort((a, b) => a[0] - b[0]);
  return {
    time: Float64Array.from(sorted, ([start]) => start),
    endtime: Float64Array.from(sorted, ([start, length]) => start + length),
  };
};

/** Rows that overlap, with and without length, at equal times. */
const rows = fc.array(fc.tuple(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 10 })), {
  maxLength: 20,
})
  .map(columns);
const window = fc.integer({ min: -3, max: 3 });

const contained = (r: Intervals, i: number, c: Intervals, k: number) =>
  c.time[k]! <= r.time[i]! && r.endtime[i]! <= c.endtime[k]! && r.time[i]! < c.endtime[k]!;
const touches = (r: Intervals, i: number, c: Intervals, k: number, w: number) =>
  r.time[i]! < c.endtime[k]! + w && (r.endtime[i]! > c.time[k]! - w || r.time[i]! >= c.time[k]! - w);
const indices = (n: { readonly length: number }) => Array.from(n, (_, i) => i);

Deno.test("fullyContainedIn finds the first container of every row", () => {
  fc.assert(
    fc.property(rows, rows, (things, containers) => {
      const expected = indices(things.time).map((i) =>
        indices(containers.time).findIndex((k) => contained(things, i, containers, k))
      );
      assert.deepEqual([...fullyContainedIn(things, containers)], expected);
    }),
    { numRuns: 1000 },
  );
});

Deno.test("touchingWindows is the smallest stretch with all rows that touch, splitTouchingWindows those rows", () => {
  fc.assert(
    fc.property(rows, rows, window, (things, containers, w) => {
      const windows = touchingWindows(things, containers, w);
      const { rows: listed, offsets } = splitTouchingWindows(things, containers, w);
      for (const k of indices(containers.time)) {
        const expected = indices(things.time).filter((i) => touches(things, i, containers, k, w));
        assert.deepEqual([...listed.subarray(offsets[k]!, offsets[k + 1]!)], expected);
        const from = windows[2 * k]!, to = windows[2 * k + 1]!;
        assert.ok(from <= to);
        if (expected.length > 0) {
          assert.equal(from, expected[0]);
          assert.ok(to > expected.at(-1)!);
        }
      }
    }),
    { numRuns: 1000 },
  );
});

Deno.test("splitByContainment has every contained row once, in order", () => {
  fc.assert(
    fc.property(rows, rows, (things, containers) => {
      const of = fullyContainedIn(things, containers);
      const { rows: listed, offsets } = splitByContainment(things, containers);
      for (const k of indices(containers.time)) {
        assert.deepEqual(
          [...listed.subarray(offsets[k]!, offsets[k + 1]!)],
          indices(of).filter((i) => of[i] === k),
        );
      }
      assert.equal(offsets.at(-1), listed.length);
    }),
    { numRuns: 1000 },
  );
});

Deno.test("overlapIndices is the intersection of two ranges", () => {
  const number = fc.integer({ min: -20, max: 20 }), length = fc.integer({ min: 0, max: 12 });
  fc.assert(fc.property(number, length, number, length, (a, na, b, nb) => {
    const [aFrom, aTo, bFrom, bTo] = overlapIndices(a, na, b, nb);
    const first = Array.from({ length: na }, (_, i) => a + i),
      second = Array.from({ length: nb }, (_, i) => b + i);
    const common = first.filter((x) => second.includes(x));
    assert.deepEqual(first.slice(aFrom, aTo), common);
    assert.deepEqual(second.slice(bFrom, bTo), common);
  }));
});

Deno.test("timeToPreviousAndNext is what looking at every interval gives", () => {
  fc.assert(fc.property(rows, rows, (things, intervals) => {
    const { previous, next } = timeToPreviousAndNext(things, intervals);
    things.time.forEach((time, i) => {
      const before = [...intervals.endtime].filter((end) => end <= time).map((end) => time - end);
      const stop = things.endtime[i]!;
      const after = [...intervals.time].filter((start) => start >= stop).map((start) => start - stop);
      assert.equal(previous[i], before.length === 0 ? -1 : Math.min(...before));
      assert.equal(next[i], after.length === 0 ? -1 : Math.min(...after));
    });
  }));
});

Deno.test("intervals out of order, or that end before they start, are refused", () => {
  const good = columns([[0, 1]]);
  const late = { time: Float64Array.of(3, 1), endtime: Float64Array.of(4, 2) };
  assert.throws(
    () => fullyContainedIn(late, good),
    /Cannot compare things: row 1 starts at 1, before row 0; sort them/,
  );
  const negative = { time: Float64Array.of(3), endtime: Float64Array.of(2) };
  assert.throws(() => touchingWindows(good, negative), /Cannot compare containers: row 0 is \[3, 2\)/);
  assert.throws(() => touchingWindows(good, good, NaN), /the window is NaN/);
  assert.throws(() => overlapIndices(0, -1, 0, 1), /lengths -1 and 1/);
});

Deno.test("intervals: 100,000 rows in 100,000 containers take no quadratic time", () => {
  const n = 100_000;
  const things = columns(Array.from({ length: n }, (_, i) => [3 * i, 2] as const));
  assert.equal(fullyContainedIn(things, things).at(-1), n - 1);
  assert.equal(touchingWindows(things, things, 1).length, 2 * n);
});
