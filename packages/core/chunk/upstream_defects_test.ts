// Inputs on which WaveformAnalysis' chunk layer loses, duplicates or reorders rows or fails, one test each. Its function is
// named in the test, with what it does there.

import assert from "node:assert/strict";
import { BIG, collect, hits, tableOf } from "./_testing.ts";
import { schema } from "../data/schema.ts";
import { Table } from "../data/table.ts";
import { Chunk } from "./chunk.ts";
import { clip } from "./clip.ts";
import { concat } from "./concat.ts";
import { checkContinuity } from "./continuity.ts";
import { mergeRows } from "./merge_rows.ts";
import { mergeStreams } from "./merge_streams.ts";
import { rechunk } from "./rechunk.ts";
import { selectTime } from "./select_time.ts";
import { sortRows } from "./sort_rows.ts";
import { split } from "./split.ts";
import { splitByBreaks } from "./split_by_breaks.ts";
import { splitByCount } from "./split_by_count.ts";
import { validate } from "./validate.ts";

const RECORDS = schema({ time: "time", endtime: "time", channel: "i16", id: "u32" });
const EVENTS = schema({ time: "time", id: "u32" });

type Records = typeof RECORDS.types;

/** Rows `step` apart and `length` long, in `channels` channels at the same times. */
function records(count: number, step: number, length: number, channels = 1): Chunk<Records> {
  const id = Array.from({ length: count * channels }, (_, i) => i);
  const time = Float64Array.from(id, (i) => Math.floor(i / channels) * step);
  const table = Table.from(RECORDS, {
    time,
    endtime: time.map((t) => t + length),
    channel: id.map((i) => i % channels),
    id,
  });
  return new Chunk(table, { start: 0n, end: BigInt(count * step), dataType: "records" });
}

function ids(chunks: Iterable<Chunk<Records>>): number[] {
  return [...chunks].flatMap((chunk) => [...chunk.columns.id]);
}

const counting = (n: number) => Array.from({ length: n }, (_, i) => i);

Deno.test("B1: 50 coincidences of 4 channels, 10 rows a chunk, are 200 rows (upstream: 240)", () => {
  const parts = splitByCount(records(50, 1000, 400, 4), 10);
  assert.deepEqual(ids(parts), counting(200));
  assert.ok(parts.length > 15);
  checkContinuity(parts);
});

Deno.test("B1: records that overlap their successors are cut anywhere (upstream: ValueError)", () => {
  const chunk = records(100, 3000, 10_000);
  const parts = splitByCount(chunk, 10);
  assert.deepEqual(ids(parts), counting(100));
  assert.equal(parts.length, 10);
  assert.ok(parts.slice(0, -1).every((part) => !part.sealed));
  assert.deepEqual(concat(parts).table.rows(), chunk.table.rows());
});

Deno.test("B2: rows without length keep the first one of every chunk (upstream: 100 in, 90 out)", () => {
  const table = Table.from(EVENTS, {
    time: Float64Array.from(counting(100), (i) => i * 100),
    id: counting(100),
  });
  const chunk = new Chunk(table, { start: 0n, end: 10_000n });
  const parts = splitByCount(chunk, 10).map((part) => selectTime(part, part.start, part.end)!);
  assert.deepEqual(parts.flatMap((part) => [...part.columns.id]), counting(100));
});

Deno.test("B4: a time range through a record gives rows, not an error (upstream: ValueError)", () => {
  const chunk = records(10, 1000, 1000);
  assert.deepEqual([...selectTime(chunk, 1500n, 3500n)!.columns.id], [2, 3]);
  assert.deepEqual([...selectTime(chunk, 1500n, 3500n, { touching: true })!.columns.id], [1, 2, 3]);
});

Deno.test("B10: streams are merged in order while they run (upstream: all in memory, unsorted on timestamp)", async () => {
  let open = 0, most = 0;
  function* source(first: number): Generator<Chunk<Records>> {
    for (let k = 0; k < 20; k++) {
      const from = BigInt(k * 100);
      const table = Table.from(RECORDS, {
        timestamp: [from + BigInt(first), from + BigInt(first + 50)],
        endtime: [from + BigInt(first + 10), from + BigInt(first + 60)],
        channel: [first, first],
        id: [k, k],
      });
      const chunk = new Chunk(table, { start: from, end: from + 100n });
      open++;
      most = Math.max(most, open);
      yield chunk;
    }
  }
  const times: bigint[] = [];
  for await (using chunk of mergeStreams([source(7), source(3), source(5)])) {
    open -= 3; // one chunk of each input lies in this one
    times.push(...chunk.table.times());
  }
  assert.equal(times.length, 120);
  assert.deepEqual(times, [...times].sort((a, b) => Number(a - b)));
  assert.ok(most <= 6, `${most} chunks were held at once`);
});

Deno.test("B13: empty chunks stay, and a missing one is found (upstream: dropped, never checked)", async () => {
  const chunks = [0n, 10n, 20n].map((start) => new Chunk(Table.empty(EVENTS), { start, end: start + 10n }));
  const merged = await collect(mergeStreams([chunks.map((chunk) => new Chunk(chunk.table.share(), chunk))]));
  assert.deepEqual(merged.map(({ start, end }) => [start, end]), [[0n, 10n], [10n, 20n], [20n, 30n]]);
  checkContinuity(merged);
  assert.throws(() => checkContinuity([chunks[0]!, chunks[2]!]), /10 ps are missing/);
});

Deno.test("B17: 800 samples of 2000 ps last 1 600 000 ps (upstream: 1600)", () => {
  const traces = schema({ time: "time", endtime: "time", dt: "i32", wave: "u16[]" });
  const table = Table.from(traces, {
    time: [0n],
    endtime: [1_600_000n],
    dt: [2000],
    wave: [new Uint16Array(800)],
  });
  const chunk = new Chunk(table, { start: 0n, end: 2_000_000n });
  assert.equal(chunk.coverEnd, 1_600_000n);
  const part = clip(chunk, 0n, 1_599_999n)!; // loses the last sample alone
  assert.equal(part.table.row(0).endtime, 1_598_000n);
  assert.equal((part.table.row(0).wave as Uint16Array).length, 799);
});

Deno.test("B17: times beyond 2^53 ps are exact through every step (upstream: 1 ps off)", async () => {
  const t0 = BIG;
  const time = [0n, 1n, 3n, 1001n].map((t) => t0 + t);
  const table = () => Table.from(EVENTS, { time, id: [0, 1, 2, 3] });
  const chunk = () => new Chunk(table(), { start: t0, end: t0 + 2000n });
  assert.deepEqual([...chunk().table.times()], time);
  assert.deepEqual([...concat(split(chunk(), t0 + 3n)).table.times()], time);
  assert.deepEqual([...mergeRows([table(), table()]).times()], time.flatMap((t) => [t, t]));
  assert.equal(chunk().coverEnd, t0 + 1001n);
  const again = await collect(rechunk(splitByCount(chunk(), 1), { rows: 3 }));
  assert.deepEqual(again.map(({ end }) => end), [t0 + 1001n, t0 + 2000n]);
});

Deno.test("Chunk: a start behind the end is refused (upstream: accepted)", () => {
  assert.throws(() => new Chunk(Table.empty(EVENTS), { start: 10n, end: 5n }), RangeError);
});

Deno.test("Chunk: a row that ends behind its chunk is legal, it is not sealed (upstream: ValueError)", () => {
  const chunk = records(1, 1000, 1500);
  assert.deepEqual([chunk.length, chunk.sealed, validate(chunk).ok], [1, false, true]);
});

Deno.test("Chunk.split: a record over the cut goes left (upstream: ValueError)", () => {
  const [left, right] = split(records(2, 1000, 1000), 500n);
  assert.deepEqual([left.length, right.length], [1, 1]);
});

Deno.test("select_time_range: an instant event at the range's start is in it (upstream: lost)", () => {
  const chunk = new Chunk(Table.from(EVENTS, { time: [5n], id: [0] }), { start: 0n, end: 10n });
  assert.equal(selectTime(chunk, 5n, 6n)!.length, 1);
  assert.equal(selectTime(chunk, 5n, 6n, { touching: true })!.length, 1);
});

Deno.test("clip_to_time_range: the samples are cut with the times (upstream: they stay)", () => {
  const traces = schema({ time: "time", endtime: "time", dt: "i32", wave: "u16[]" });
  const wave = [counting(10)];
  const table = Table.from(traces, { time: [0n], endtime: [100n], dt: [10], wave });
  const row = clip(new Chunk(table, { start: 0n, end: 100n }), 25n, 77n)!.table.row(0);
  assert.deepEqual(row, { time: 30n, endtime: 70n, dt: 10, wave: Uint16Array.of(3, 4, 5, 6) });
});

Deno.test("split_by_time: fixed windows hold each of 10 records once (upstream: 14)", () => {
  const chunk = records(10, 1000, 1000);
  const parts = counting(7).map((k) => selectTime(chunk, BigInt(k * 1500), BigInt((k + 1) * 1500))!);
  assert.deepEqual(ids(parts), counting(10));
  checkContinuity(parts);
  assert.equal(parts.at(-1)!.end, chunk.end);
});

Deno.test("rechunk_to_boundaries: given boundaries hold each of 10 records once (upstream: 13)", () => {
  let rest = records(10, 1000, 1000);
  const parts: Chunk<Records>[] = [];
  for (const boundary of [2500n, 5500n, 8500n]) {
    const [left, right] = split(rest, boundary);
    parts.push(left);
    rest = right;
  }
  assert.deepEqual(ids([...parts, rest]), counting(10));
});

Deno.test("split_by_breaks: a long record below a short one makes no break (upstream: overlapping segments)", () => {
  const table = Table.from(RECORDS, {
    time: [0n, 50_000n, 90_000_000n],
    endtime: [100_000_000n, 51_000n, 90_001_000n],
    channel: [0, 1, 0],
    id: [0, 1, 2],
  });
  const parts = splitByBreaks(new Chunk(table, { start: 0n, end: 200_000_000n }), 10_000n);
  assert.equal(parts.length, 1);
});

Deno.test("split_by_breaks: segments of one row stay (upstream: small ones are dropped)", () => {
  const parts = splitByBreaks(records(5, 1_000_000, 10), 1000n);
  assert.deepEqual(parts.map((part) => part.length), [1, 1, 1, 1, 1]);
});

Deno.test("merge_chunks, sort_by_time: data with timestamp are sorted (upstream: left as they are, ValueError)", () => {
  const late = Table.from(EVENTS, { timestamp: [30n, 40n], id: [0, 1] });
  const early = Table.from(EVENTS, { timestamp: [10n, 35n], id: [2, 3] });
  assert.deepEqual([...mergeRows([late, early]).times()], [10n, 30n, 35n, 40n]);
  const mixed = Table.from(EVENTS, { timestamp: [30n, 10n], id: [0, 1] });
  assert.deepEqual([...sortRows(mixed).columns.id], [1, 0]);
});

Deno.test("merge_chunks: rows at equal times are in channel order and stable (upstream: by time, unstable)", () => {
  const n = 200;
  const table = (first: number) =>
    Table.from(RECORDS, {
      time: new Float64Array(n),
      endtime: new Float64Array(n),
      channel: counting(n).map((i) => Math.floor(i / 100)),
      id: counting(n).map((i) => first + i),
    });
  const merged = mergeRows([table(0), table(1000)]);
  const wanted = [0, 1].flatMap((channel) =>
    [0, 1000].flatMap((first) => counting(100).map((i) => first + channel * 100 + i))
  );
  assert.deepEqual([...merged.columns.id], wanted);
});

Deno.test("merge_chunks: nothing merged keeps its columns (upstream: an empty float array)", () => {
  const merged = mergeRows([Table.empty(RECORDS), Table.empty(RECORDS)]);
  assert.equal(merged.schema.text, RECORDS.text);
  assert.equal(merged.length, 0);
});

Deno.test("rechunk: chunks keep their limit and no time is in two of them (upstream: up to 3 times the target)", async () => {
  const input = splitByCount(records(100, 10, 5, 3), 17);
  const chunks = await collect(rechunk(input, { rows: 10 }));
  assert.ok(chunks.every((chunk) => chunk.length <= 10));
  assert.deepEqual(ids(chunks), counting(300));
  const starts = chunks.map((chunk) => new Set(chunk.table.times()));
  assert.equal(starts.reduce((sum, set) => sum + set.size, 0), 100);
});

Deno.test("check_no_overlap: overlapping rows in order are valid (upstream: invalid)", () => {
  assert.equal(validate(records(20, 10, 500, 2)).ok, true);
});

Deno.test("add_endtime_field: no function changes its input (upstream: in place all the same)", () => {
  const table = tableOf(hits([5, 9], [3, 8], [3, 4]));
  const before = table.rows();
  sortRows(table).release();
  mergeRows([table, table]).release();
  table.rebase(-4n).release();
  assert.deepEqual(table.rows(), before);
});
