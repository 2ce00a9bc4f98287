// What the tests of this folder share: small random rows with ties, overlaps and zero lengths, and random chunkings.

import fc from "fast-check";
import { schema } from "../data/schema.ts";
import { Table } from "../data/table.ts";
import { Chunk, type ChunkInfo, NO_COVER } from "./chunk.ts";

/** A row of {@linkcode HITS}. */
export interface Row {
  time: number;
  endtime: number;
  channel: number;
  /** Different for every row. */
  id: number;
}

/** Every kind of column. */
export const HITS = schema({
  time: "time",
  endtime: "time",
  channel: "i16",
  id: "i32",
  big: "i64",
  block: "i16[3]",
  open: "u8[n]",
  wave: "u16[]",
});

/** The columns of {@linkcode HITS}. */
export type Hits = typeof HITS.types;

/** The latest time of random rows, and the end of the chunks they are cut into. */
export const LAST = 30;
/** End of the stream of random rows. */
export const END = LAST + 1;

/** Beyond 2^53, so that a detour over float64 shows. */
export const BIG = 2n ** 60n + 1n;

/** A table of rows; what is not in a {@linkcode Row} follows from its id. */
export function tableOf(rows: readonly Row[], t0 = 0n): Table<Hits> {
  return Table.from(HITS, {
    time: rows.map((row) => BigInt(row.time)),
    endtime: rows.map((row) => BigInt(row.endtime)),
    channel: rows.map((row) => row.channel),
    id: rows.map((row) => row.id),
    big: rows.map((row) => BIG + BigInt(row.id)),
    block: rows.map((row) => [row.id, -row.id, 7]),
    open: rows.map((row) => [row.id & 255, 1]),
    wave: rows.map((row) => Array.from({ length: row.id % 4 }, (_, k) => (row.id * 5 + k) & 65535)),
  }, { t0 });
}

/** A chunk of rows. */
export function chunkOfRows(
  rows: readonly Row[],
  start: number,
  end: number,
  info: Partial<ChunkInfo> = {},
): Chunk<Hits> {
  return new Chunk(tableOf(rows, BigInt(start)), {
    start: BigInt(start),
    end: BigInt(end),
    dataType: "hits",
    runId: "run",
    ...info,
  });
}

/** `[time, endtime]` pairs as rows of channel 0. */
export function hits(...pairs: (readonly [time: number, endtime: number, channel?: number])[]): Row[] {
  return pairs.map(([time, endtime, channel = 0], id) => ({ time, endtime, channel, id }));
}

/** The rows of a table, with whatever follows from their ids checked by {@linkcode tableOf} having made it. */
export function rowsOf(input: Chunk<Hits> | Table<Hits>): object[] {
  return (input instanceof Chunk ? input.table : input).rows();
}

/** What {@linkcode rowsOf} gives for a table of these rows. */
export function expected(rows: readonly Row[]): object[] {
  return tableOf(rows).rows();
}

/** Total order of the model: (time, channel, endtime). */
export function compareRows(a: Row, b: Row): number {
  return a.time - b.time || a.channel - b.channel || a.endtime - b.endtime;
}

/** Rows in no order. */
export const unsortedRows: fc.Arbitrary<Row[]> = fc.array(
  fc.record({
    time: fc.integer({ min: 0, max: LAST }),
    length: fc.integer({ min: 0, max: 8 }),
    channel: fc.integer({ min: 0, max: 2 }),
  }),
  { maxLength: 24 },
).map((list) => list.map(({ time, length, channel }, id) => ({ time, endtime: time + length, channel, id })));

/** Rows in total order. */
export const sortedRows: fc.Arbitrary<Row[]> = unsortedRows.map((rows) => rows.sort(compareRows));

/** Times strictly inside a stream, in order. */
export const cuts: fc.Arbitrary<number[]> = fc.uniqueArray(fc.integer({ min: 1, max: LAST }), {
  maxLength: 8,
})
  .map((list) => list.sort((a, b) => a - b));

/** A time strictly inside a stream. */
export const inside: fc.Arbitrary<number> = fc.integer({ min: 1, max: LAST });

/** The stream `[start, end)` of rows cut at `cuts`, made without the functions under test. */
export function streamOf(
  rows: readonly Row[],
  cuts: readonly number[],
  range: { start?: number; end?: number; info?: Partial<ChunkInfo> } = {},
): Chunk<Hits>[] {
  const { start = 0, end = END, info = {} } = range;
  const edges = [start, ...cuts.filter((cut) => start < cut && cut < end), end];
  let coverBefore = NO_COVER;
  return edges.slice(1).map((to, k) => {
    const from = edges[k]!;
    const own = rows.filter((row) => from <= row.time && row.time < to);
    const coverEnd = own.reduce((max, row) => row.endtime > max ? BigInt(row.endtime) : max, coverBefore);
    const chunk = chunkOfRows(own, from, to, { ...info, coverBefore, coverEnd });
    coverBefore = coverEnd;
    return chunk;
  });
}

/** Highest endtime of the rows, {@linkcode NO_COVER} without any. */
export function coverOf(rows: readonly Row[]): bigint {
  return rows.reduce((max, row) => row.endtime > max ? BigInt(row.endtime) : max, NO_COVER);
}

/** All chunks of a stream. */
export async function collect<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of stream) all.push(item);
  return all;
}

/** What identifies a chunk: interval, covers and rows. */
export function shape(chunk: Chunk<Hits>): object {
  const { start, end, coverBefore, coverEnd } = chunk;
  return { start, end, coverBefore, coverEnd, rows: rowsOf(chunk) };
}
