import assert from "node:assert/strict";
import fc from "fast-check";
import { cuts, END, type Row, sortedRows } from "./_testing.ts";
import { clusterStarts } from "./clusters.ts";

function startsOf(rows: readonly Row[], options: { gap: number; maxSpan?: number }): number[] {
  const time = Float64Array.from(rows, (row) => row.time),
    endtime = Float64Array.from(rows, (row) => row.endtime);
  return [...clusterStarts(time, endtime, options)];
}

const pairs = (...list: [number, number][]): Row[] =>
  list.map(([time, endtime], id) => ({ time, endtime, channel: 0, id }));

const gap = fc.integer({ min: 0, max: 5 });
const maxSpan = fc.integer({ min: 1, max: 12 });

Deno.test("clusterStarts() puts rows together that no gap divides (rules 9, 11)", () => {
  fc.assert(fc.property(sortedRows, gap, (rows, gap) => {
    // A row opens a cluster if nothing before it reaches to less than gap before it.
    const wanted = rows.flatMap((row, i) =>
      i === 0 ||
        rows.slice(0, i).every((before) => row.time - before.endtime >= gap && before.time < row.time)
        ? [i]
        : []
    );
    assert.deepEqual(startsOf(rows, { gap }), wanted);
  }));
});

Deno.test("clusterStarts() keeps clusters shorter than maxSpan (rule 31)", () => {
  fc.assert(fc.property(sortedRows, gap, maxSpan, (rows, gap, maxSpan) => {
    const starts = startsOf(rows, { gap, maxSpan });
    const edges = [...starts, rows.length];
    starts.forEach((from, k) => {
      const cluster = rows.slice(from, edges[k + 1]);
      assert.ok(cluster.every((row) => row.time < cluster[0]!.time + maxSpan));
      if (k === 0) return;
      const before = rows.slice(starts[k - 1], from);
      const cover = Math.max(...before.map((row) => row.endtime));
      const first = cluster[0]!;
      assert.ok(first.time - cover >= gap || first.time >= before[0]!.time + maxSpan);
      assert.ok(first.time > before.at(-1)!.time);
    });
    assert.equal(starts[0], rows.length > 0 ? 0 : undefined);
  }));
});

Deno.test("clusterStarts() with maxSpan is the same when open clusters are handed over again (rule 31)", () => {
  fc.assert(fc.property(sortedRows, gap, maxSpan, cuts, (rows, gap, maxSpan, cuts) => {
    // As a plugin with consumedUntil: at every cut, the last cluster waits unless the cut lies maxSpan behind it.
    const clusters: number[] = [];
    let pending: Row[] = [], from = 0;
    for (const cut of [...cuts, END]) {
      pending.push(...rows.filter((row) => from <= row.time && row.time < cut));
      from = cut;
      const starts = startsOf(pending, { gap, maxSpan });
      const open = cut === END ? pending.length : starts.at(-1) ?? 0;
      clusters.push(...starts.filter((start) => start < open).map((start) => pending[start]!.id));
      pending = pending.slice(open);
    }
    assert.deepEqual(clusters, startsOf(rows, { gap, maxSpan }).map((start) => rows[start]!.id));
  }));
});

Deno.test("clusterStarts() measures from the highest endtime, not the last row's (rule 9)", () => {
  assert.deepEqual(startsOf(pairs([0, 1], [0, 0], [3, 3]), { gap: 3 }), [0]);
  assert.deepEqual(startsOf(pairs([0, 1], [0, 0], [3, 3]), { gap: 2 }), [0, 2]);
});

Deno.test("clusterStarts() opens a cluster at a gap of exactly gap (rule 11)", () => {
  assert.deepEqual(startsOf(pairs([0, 6], [9, 9]), { gap: 3 }), [0, 1]);
  assert.deepEqual(startsOf(pairs([0, 6], [9, 9]), { gap: 4 }), [0]);
});

Deno.test("clusterStarts() never separates rows at equal times (rule 1)", () => {
  assert.deepEqual(startsOf(pairs([0, 0], [0, 0], [5, 5], [5, 5]), { gap: 0 }), [0, 2]);
  assert.deepEqual(startsOf(pairs([0, 9], [4, 9], [4, 9]), { gap: 3, maxSpan: 4 }), [0, 1]);
});

Deno.test("clusterStarts() opens a cluster at the first time + maxSpan (rule 31)", () => {
  assert.deepEqual(startsOf(pairs([0, 50], [3, 4], [4, 5], [7, 8], [8, 9]), { gap: 9, maxSpan: 4 }), [
    0,
    2,
    4,
  ]);
});

Deno.test("clusterStarts() refuses options and arrays that make no sense", () => {
  const none = new Float64Array(0), one = new Float64Array(1);
  assert.throws(() => clusterStarts(none, none, { gap: -1 }), {
    name: "RangeError",
    message: /gap is -1 ps/,
  });
  assert.throws(() => clusterStarts(none, none, { gap: NaN }), RangeError);
  assert.throws(() => clusterStarts(none, none, { gap: 1, maxSpan: 0 }), { message: /maxSpan is 0 ps/ });
  assert.throws(() => clusterStarts(one, none, { gap: 1 }), { message: /1 times and 0 endtimes/ });
});
