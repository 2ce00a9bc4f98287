import assert from "node:assert/strict";
import fc from "fast-check";
import { CutSet } from "./cut_set.ts";
import { numRuns } from "./_harness_testing.ts";

type Row = readonly [time: number, end: number];

/** By the definition: every time is tried. */
function allowed(rows: readonly Row[], gap: number, cut: number, frontier: number): boolean {
  const before = rows.filter(([t]) => t < cut), after = rows.filter(([t]) => t >= cut);
  if (before.length === 0) return true;
  const cover = Math.max(...before.map(([, e]) => e));
  const next = after[0]?.[0] ?? frontier;
  return cover <= cut && next - cover >= gap;
}

const rows: fc.Arbitrary<Row[]> = fc.array(
  fc.tuple(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 6 })),
  { maxLength: 12 },
).map((list) => list.map(([t, length]): Row => [t, t + length]).sort((a, b) => a[0] - b[0]));

Deno.test("largestAtMost() is the largest time that the definition of a gap allows", () => {
  fc.assert(
    fc.property(
      rows,
      fc.integer({ min: 0, max: 6 }),
      fc.integer({ min: 0, max: 12 }),
      fc.integer({ min: 0, max: 40 }),
      (list, gap, more, limit) => {
        const frontier = (list.at(-1)?.[0] ?? 0) + 1 + more;
        const cuts = new CutSet(gap);
        for (const [t, e] of list) cuts.add(t, e);
        let expected = -Infinity;
        for (let t = 1; t <= Math.min(limit, frontier); t++) {
          if (allowed(list, gap, t, frontier)) expected = t;
        }
        const found = cuts.largestAtMost(limit, frontier);
        assert.equal(found < 1 ? -Infinity : found, expected);
      },
    ),
    { numRuns: numRuns(2000) },
  );
});

Deno.test("shift() keeps what lies behind the cut, counted from there", () => {
  fc.assert(
    fc.property(
      rows,
      fc.integer({ min: 0, max: 6 }),
      fc.integer({ min: 1, max: 30 }),
      fc.integer({ min: 1, max: 30 }),
      (list, gap, first, second) => {
        const frontier = 40;
        const moved = new CutSet(gap), still = new CutSet(gap);
        for (const [t, e] of list) {
          moved.add(t, e);
          still.add(t, e);
        }
        const cut = still.largestAtMost(first, frontier);
        if (cut === -Infinity) return;
        moved.shift(cut, cut);
        const expected = still.largestAtMost(cut + second, frontier);
        const found = moved.largestAtMost(second, frontier - cut);
        // A cut that is not beyond the last one is none.
        assert.equal(found <= 0 ? -Infinity : found, expected <= cut ? -Infinity : expected - cut);
      },
    ),
    { numRuns: numRuns(2000) },
  );
});

Deno.test("a maxSpan opens a cluster without a gap, never between equal times", () => {
  const cuts = new CutSet(5, 4);
  for (const [t, e] of [[0, 9], [2, 3], [4, 20], [4, 5], [6, 7]]) cuts.add(t!, e!);
  assert.equal(cuts.largestAtMost(5, 8), 4);
  assert.equal(cuts.largestAtMost(3, 8), 3);
  assert.equal(cuts.cover, 20);
});

Deno.test("addRows() is add() for each row, wherever the rows are divided", () => {
  const rows = fc.array(fc.tuple(fc.nat(9), fc.nat(9)), { maxLength: 60 }).map((list) => {
    let time = 0;
    return list.map(([gap, length]): Row => [time += gap, time + length]);
  });
  const gap = fc.nat(8), maxSpan = fc.constantFrom(3, 10, Infinity);
  fc.assert(
    fc.property(
      rows,
      gap,
      maxSpan,
      fc.nat(60),
      fc.integer({ min: -5, max: 5 }),
      (list, gap, span, at, shift) => {
        const one = new CutSet(gap, span), many = new CutSet(gap, span);
        for (const [t, e] of list) one.add(t, e);
        const times = Float64Array.from(list, ([t]) => t - shift),
          ends = Float64Array.from(list, ([, e]) => e - shift);
        const middle = Math.min(at, list.length);
        many.addRows(times, ends, 0, middle, shift);
        many.addRows(times, ends, middle, list.length, shift);
        const last = list.at(-1)?.[0] ?? 0;
        for (let limit = 0; limit < last + 30; limit++) {
          assert.equal(many.largestAtMost(limit, last + 20), one.largestAtMost(limit, last + 20));
        }
      },
    ),
    { numRuns: numRuns(300) },
  );
});
