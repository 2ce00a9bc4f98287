import assert from "node:assert/strict";
import fc from "fast-check";
import { chunkOfRows, coverOf, END, hits, inside, type Row, rowsOf, sortedRows } from "./_testing.ts";
import { NO_COVER } from "./chunk.ts";
import { splitSealed } from "./split_sealed.ts";

/** Rule 8 word by word: whether `cut` lies in an allowed interval of rows below the frontier END. */
function isLegal(rows: readonly Row[], before: bigint, cut: number, minGap: number): boolean {
  const left = rows.filter((row) => row.time < cut), right = rows.filter((row) => row.time >= cut);
  const own = coverOf(left);
  const cover = own > before ? own : before;
  const last = left.at(-1);
  const next = BigInt(right[0]?.time ?? END);
  return cover <= BigInt(cut) && (!last || cut >= last.time + 1) && next - cover >= BigInt(minGap);
}

Deno.test("splitSealed() finds the latest legal time, or none where there is none (rules 8, 9, 10)", () => {
  const arbitrary = fc.tuple(
    sortedRows,
    inside,
    fc.integer({ min: 0, max: 6 }),
    fc.option(fc.integer({ max: 12, min: -3 })),
  );
  fc.assert(
    fc.property(arbitrary, ([rows, t, minGap, before]) => {
      const coverBefore = before === null ? NO_COVER : BigInt(before);
      const chunk = chunkOfRows(rows, 0, END, { coverBefore });
      const legal = Array.from({ length: t }, (_, k) => t - k).find((cut) =>
        isLegal(rows, coverBefore, cut, minGap)
      );
      if (legal === undefined) {
        assert.throws(() => splitSealed(chunk, BigInt(t), { minGap: BigInt(minGap) }), RangeError);
        return;
      }
      const [left, right] = splitSealed(chunk, BigInt(t), { minGap: BigInt(minGap) });
      assert.equal(left.end, BigInt(legal));
      assert.equal(left.sealed, true);
      assert.deepEqual([...rowsOf(left), ...rowsOf(right)], rowsOf(chunk));
    }),
    { numRuns: 400 },
  );
});

Deno.test("splitSealed() tears no zero-length row from the row just before it (rule 8)", () => {
  const chunk = chunkOfRows(hits([0, 4], [6, 6]), 0, 11);
  assert.throws(() => splitSealed(chunk, 6n, { minGap: 3n }), /no gap of 3 ps lies there/);
  const [left, right] = splitSealed(chunk, 7n, { minGap: 3n });
  assert.deepEqual([left.end, left.length, right.length], [7n, 2, 0]);
});

Deno.test("splitSealed() finds a cut between row starts (rule 8)", () => {
  const [left] = splitSealed(chunkOfRows(hits([0, 4], [8, 12]), 0, 13), 7n);
  assert.equal(left.end, 7n);
});

Deno.test("splitSealed() measures gaps from the highest endtime so far (rule 9)", () => {
  const chunk = chunkOfRows(hits([0, 0, 1], [0, 1], [3, 3]), 0, 4);
  assert.throws(() => splitSealed(chunk, 3n, { minGap: 3n }), RangeError);
  assert.equal(splitSealed(chunk, 3n, { minGap: 2n })[0].end, 3n);
});

Deno.test("splitSealed() keeps the cover of a forced cut (rule 9)", () => {
  const later = chunkOfRows(hits([2, 2]), 1, 8, { coverBefore: 5n });
  assert.throws(() => splitSealed(later, 4n), /a row of an earlier chunk \(to 5 ps\) spans it/);
});

Deno.test("splitSealed() takes no gap that isn't seen (rule 10)", () => {
  // Cut at 1, the second row is unknown: 1 ps behind the first row is no gap of 2.
  assert.throws(() => splitSealed(chunkOfRows(hits([0, 0]), 0, 2), 1n, { minGap: 3n }), RangeError);
});

Deno.test("splitSealed() cuts at gaps of exactly minGap (rule 11)", () => {
  const chunk = chunkOfRows(hits([0, 6], [9, 9]), 0, 10);
  assert.equal(splitSealed(chunk, 9n, { minGap: 3n })[0].end, 9n);
  assert.throws(() => splitSealed(chunk, 9n, { minGap: 4n }), RangeError);
});

Deno.test("splitSealed() sees no gap in an empty chunk that an older row reaches into (rule 2)", () => {
  const empty = chunkOfRows([], 1, 5, { coverBefore: 3n });
  assert.throws(() => splitSealed(empty, 2n), /spans it/);
  assert.equal(splitSealed(empty, 3n)[0].end, 3n);
  assert.throws(() => splitSealed(empty, 4n, { minGap: 3n }), /no gap of 3 ps/);
});

Deno.test("splitSealed() names the row that spans the time", () => {
  const chunk = chunkOfRows(hits([0, 2], [1, 9], [3, 4]), 0, 10);
  assert.throws(() => splitSealed(chunk, 5n), {
    name: "RangeError",
    message: "Cannot split chunk hits[0 .. 10) ps, 3 rows at 5 ps or earlier: row 1 (to 9 ps) spans it; " +
      "split() cuts through rows",
  });
});

Deno.test("splitSealed() refuses a time outside and a negative gap", () => {
  const chunk = chunkOfRows([], 0, 10);
  for (const t of [0n, 10n]) assert.throws(() => splitSealed(chunk, t), /choose a time strictly inside/);
  assert.throws(() => splitSealed(chunk, 5n, { minGap: -1n }), /minGap is -1 ps/);
});

Deno.test("splitSealed() works in an empty chunk far from its table's origin", () => {
  const start = 2n ** 60n;
  const chunk = chunkOfRows([], 0, 10, { start, end: start + 9n, coverBefore: start + 3n });
  assert.equal(splitSealed(chunk, start + 5n)[0].end, start + 5n);
  assert.throws(() => splitSealed(chunk, start + 2n), RangeError);
});
