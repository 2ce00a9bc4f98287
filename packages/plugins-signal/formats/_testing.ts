// For tests of formats: rows of files as objects, for any sizes of reads and pieces.
import assert from "node:assert/strict";
import fc from "fast-check";
import type { SourcePlace } from "@millrace/core/plugin";
import { findRun } from "./formats.ts";
import type { FormatOptions } from "./format.ts";
import type { TestRow } from "./compass/_testing.ts";

/** What {@linkcode readRun} gathers. */
export interface ReadRun {
  rows: TestRow[];
  notices: string[];
  /** Ends of pieces behind which reading can go on, and how many rows lie before. */
  places: (SourcePlace & { readonly rows: number })[];
  /** End of the last piece. */
  end: bigint | undefined;
}

/** Bytes that `work` reads of open files. What the system counts holds what other tests read at the same time. */
export async function bytesRead(work: () => Promise<unknown>): Promise<number> {
  const { read, readSync } = Deno.FsFile.prototype;
  let bytes = 0;
  Deno.FsFile.prototype.read = async function (room) {
    const got = await read.call(this, room);
    bytes += got ?? 0;
    return got;
  };
  Deno.FsFile.prototype.readSync = function (room) {
    const got = readSync.call(this, room);
    bytes += got ?? 0;
    return got;
  };
  try {
    await work();
    return bytes;
  } finally {
    Deno.FsFile.prototype.read = read;
    Deno.FsFile.prototype.readSync = readSync;
  }
}

/** All rows of a run. Pieces must follow each other in time. */
export async function readRun(
  inputs: string | readonly string[],
  options: Partial<FormatOptions> = {},
): Promise<ReadRun> {
  const { paths, format, notices: found } = await findRun(inputs);
  const rows: TestRow[] = [], notices = [...found], places: ReadRun["places"] = [];
  let end = options.resume?.at;
  const pieces = format.read(paths, {
    reorderWindow: 1e9,
    recover: false,
    maxRows: 50_000,
    maxBytes: 2 ** 25,
    readBytes: 2 ** 20,
    notice: (text) => void notices.push(text),
    ...options,
  });
  for await (const piece of pieces) {
    const { table } = piece;
    for (const row of table.rows()) {
      const time = row.time as bigint;
      assert(end === undefined || time >= end, `a row at ${time} in a piece from ${end} on`);
      assert(time < piece.end, `a row at ${time} in a piece up to ${piece.end}`);
      rows.push({ ...row, wave: [...row.wave as Uint16Array] } as unknown as TestRow);
    }
    end = piece.end;
    if (piece.cursor !== undefined) places.push({ at: end, cursor: piece.cursor, rows: rows.length });
    table.release();
  }
  return { rows, notices, places, end };
}

/** Check that all places of a run in small pieces can be gone on from, and give the rest of its rows. */
export async function fromEachPlace(
  inputs: string | readonly string[],
  rows: readonly TestRow[],
  options: Partial<FormatOptions> = {},
): Promise<void> {
  const { places } = await readRun(inputs, { ...options, maxRows: 2, readBytes: 50 });
  assert.ok(places.length > 0);
  for (const { at, cursor, rows: before } of places) {
    const rest = await readRun(inputs, { ...options, readBytes: 30, resume: { at, cursor } });
    assert.deepEqual(rest.rows, rows.slice(before), `from ${at}: ${cursor}`);
  }
}

/** Time, channel and samples of each row. */
export const brief = (rows: readonly TestRow[]): [bigint, number, ...number[]][] =>
  rows.map(({ time, channel, wave }) => [time, channel, ...wave]);

/** Check that any sizes of pieces and reads give the same rows, also when it goes on at any place; gives them. */
export async function sameForAnySize(
  inputs: string | readonly string[],
  options: Partial<FormatOptions> = {},
): Promise<TestRow[]> {
  const { rows, end } = await readRun(inputs, options);
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: rows.length + 2 }),
      fc.integer({ min: 1, max: 3000 }),
      fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 5000 })),
      fc.nat(),
      async (maxRows, maxBytes, readBytes, any) => {
        const other = await readRun(inputs, { ...options, maxRows, maxBytes, readBytes });
        assert.deepEqual(other.rows, rows);
        const { places } = other, place = places[any % Math.max(1, places.length)];
        if (!place) return;
        const { at, cursor } = place;
        const sizes = { maxRows: 1 + any % 9, maxBytes, readBytes: 1 + any % 77 };
        const rest = await readRun(inputs, { ...options, ...sizes, resume: { at, cursor } });
        assert.deepEqual(rest.rows, rows.slice(place.rows), `from ${at} on, at "${cursor}"`);
        assert.equal(rest.end ?? at, end);
      },
    ),
    { numRuns: 25 },
  );
  return rows;
}

/** A trace to be written. */
export interface AnyTrace {
  time: bigint;
  board: number;
  channel: number;
  energy: number;
  flags: number;
  samples: number[];
}

/** Traces of several channels, out of order within 1000 ps; their order in a file is that of the list. */
export const anyTraces = (maxSamples = 9): fc.Arbitrary<AnyTrace[]> =>
  fc.array(
    fc.record({
      time: fc.oneof(fc.integer({ min: 0, max: 900 }), fc.constant(500)).map(BigInt),
      board: fc.integer({ min: 0, max: 2 }),
      channel: fc.integer({ min: 0, max: 3 }),
      energy: fc.integer({ min: 0, max: 65535 }),
      flags: fc.integer({ min: 0, max: 2 ** 31 }),
      samples: fc.array(fc.integer({ min: 0, max: 65535 }), { maxLength: maxSamples }),
    }),
    { minLength: 1, maxLength: 12 },
  ).chain((traces) =>
    // Somewhere in 64 bits.
    fc.constantFrom(0n, 2n ** 32n - 400n, 2n ** 53n, 2n ** 60n).map((base) =>
      traces.map((trace) => ({ ...trace, time: trace.time + base }))
    )
  );

/** Traces as the reader has to give them. */
export const inOrder = <T extends AnyTrace>(traces: readonly T[]): T[] =>
  [...traces].sort((a, b) =>
    a.time !== b.time ? (a.time < b.time ? -1 : 1) : a.board - b.board || a.channel - b.channel
  );
