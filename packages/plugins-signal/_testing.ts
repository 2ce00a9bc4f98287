// For tests: random traces as tables, and plain references.
import fc from "fast-check";
import { Context, type Registrable, type RunOptions } from "@millrace/core/context";
import { type RowValue, Table } from "@millrace/core/table";
import { rawSchema, type RawTypes } from "./formats/compass/raw_schema.ts";
import { recordsSchema, type RecordTypes } from "./records/records.ts";

/** A trace as a test states it. */
export interface Trace {
  time: bigint;
  board?: number;
  channel?: number;
  dt?: number;
  flags?: number;
  polarity?: number;
  samples: readonly number[];
}

/** A record as a test states it. */
export interface TestRecord extends Trace {
  baseline: number;
}

function inOrder<T extends Trace>(traces: readonly T[]): T[] {
  return [...traces].sort((a, b) =>
    a.time !== b.time
      ? (a.time < b.time ? -1 : 1)
      : (a.board ?? 0) - (b.board ?? 0) || (a.channel ?? 0) - (b.channel ?? 0) ||
        a.samples.length * (a.dt ?? 2) - b.samples.length * (b.dt ?? 2)
  );
}

function common(traces: readonly Trace[]) {
  return {
    time: traces.map((t) => t.time),
    endtime: traces.map((t) => t.time + BigInt((t.dt ?? 2) * t.samples.length)),
    board: traces.map((t) => t.board ?? 0),
    channel: traces.map((t) => t.channel ?? 0),
    record_id: traces.map((_, i) => BigInt(i)),
    dt: traces.map((t) => t.dt ?? 2),
    length: traces.map((t) => t.samples.length),
    flags: traces.map((t) => t.flags ?? 0),
    wave: traces.map((t) => t.samples),
  };
}

/** Traces as a source gives them, in order; the sampling interval is 2 ps and the polarity unknown unless they say otherwise. */
export function rawTable(traces: readonly Trace[], t0?: bigint): Table<RawTypes> {
  const sorted = inOrder(traces);
  return Table.from(rawSchema, {
    ...common(sorted),
    energy: sorted.map((_, i) => i),
    energy_short: sorted.map(() => 0),
    energy_calibrated: sorted.map(() => NaN),
    polarity: sorted.map((t) => t.polarity ?? 0),
  }, t0 === undefined ? {} : { t0 });
}

/** Records in order; polarity is negative unless they say otherwise. */
export function recordTable(list: readonly TestRecord[], t0?: bigint): Table<RecordTypes> {
  const sorted = inOrder(list);
  return Table.from(recordsSchema, {
    ...common(sorted),
    baseline: sorted.map((r) => r.baseline),
    polarity: sorted.map((r) => r.polarity ?? -1),
  }, t0 === undefined ? {} : { t0 });
}

/** Signals of the records as plain lists: away from the baseline, upwards. */
export const signalsOf = (list: readonly TestRecord[]): number[][] =>
  recordTable(list).rows().map((row) => {
    const baseline = row.baseline as number, negative = (row.polarity as number) < 0;
    return [...row.wave as Uint16Array].map((sample) => negative ? baseline - sample : sample - baseline);
  });

/** Samples that cross baselines and thresholds often, and now and then anything. */
export const randomSamples = (maxLength = 14): fc.Arbitrary<number[]> =>
  fc.array(
    fc.oneof({ weight: 6, arbitrary: fc.integer({ min: 90, max: 115 }) }, {
      weight: 1,
      arbitrary: fc.integer({ min: 0, max: 65535 }),
    }),
    { maxLength },
  );

/** Traces of a few channels: ties, overlaps, records without samples. */
export const randomTraces = (maxLength = 14): fc.Arbitrary<(Trace & { channel: number })[]> =>
  fc.array(
    fc.record({
      time: fc.bigInt({ min: 0n, max: 60n }),
      board: fc.integer({ min: 0, max: 1 }),
      channel: fc.integer({ min: 0, max: 2 }),
      flags: fc.integer({ min: 0, max: 3 }),
      polarity: fc.constantFrom(-1, 0, 1),
      samples: randomSamples(maxLength),
    }),
    { maxLength: 14 },
  );

/** Records with any baseline (sometimes none) and polarity. */
export const randomRecords = (maxLength = 14): fc.Arbitrary<TestRecord[]> =>
  fc.array(
    fc.record({
      time: fc.bigInt({ min: 0n, max: 60n }),
      board: fc.integer({ min: 0, max: 1 }),
      channel: fc.integer({ min: 0, max: 2 }),
      samples: randomSamples(maxLength),
      baseline: randomBaseline,
      polarity: fc.constantFrom(-1, 1),
    }),
    { maxLength: 14 },
  );

/** Baselines: whole, with a fraction, at the edges of what a sample holds, beyond them, and none. */
export const randomBaseline: fc.Arbitrary<number> = fc.oneof(
  fc.integer({ min: 95, max: 110 }),
  fc.double({ min: 95, max: 110, noNaN: true }),
  fc.integer({ min: 280, max: 330 }).map((sum) => sum / 3),
  fc.constantFrom(0, 65535, 0.1, -20, 70000, NaN),
);

/** 32-bit rounding, as in a column of f32. */
export const f32: (value: number) => number = Math.fround;

const shared = new URL("../../../shared/", import.meta.url);

/** Path of a reference file. */
export function sharedPath(name: string): string {
  return new URL(name, shared).pathname;
}

/** Whether the reference data are there. */
export const haveShared: boolean = (() => {
  try {
    return Deno.statSync(new URL("data/compass_test_data.BIN", shared)).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
})();

/** Declare a test on the reference data, or say that it is skipped. */
export function sharedTest(name: string, fn: (t: Deno.TestContext) => void | Promise<void>): void {
  Deno.test({ name: haveShared ? name : `${name} (skipped: ../shared not found)`, ignore: !haveShared, fn });
}

/** The rows of a `.npy` file of unsigned 16-bit integers in two dimensions. */
export function readNpy(path: string): Uint16Array[] {
  const bytes = Deno.readFileSync(path);
  const view = new DataView(bytes.buffer);
  const at = 10 + view.getUint16(8, true);
  const header = new TextDecoder().decode(bytes.subarray(10, at));
  const [, rows, width] = /'descr': '<u2', 'fortran_order': False, 'shape': \((\d+), (\d+)\)/.exec(header)!
    .map(Number);
  const values = new Uint16Array(bytes.slice(at).buffer);
  return Array.from({ length: rows! }, (_, i) => values.subarray(i * width!, (i + 1) * width!));
}

/** All rows of a data type as objects. */
export async function rowsOf(
  plugins: readonly Registrable[],
  dataType: string,
  config: Record<string, unknown> = {},
  options: RunOptions = {},
): Promise<Record<string, RowValue>[]> {
  await using ctx = new Context({ config });
  ctx.register(...plugins);
  using table = await ctx.getData("run", dataType, options);
  return table.rows().map((row) =>
    Object.fromEntries(Object.entries(row).map(([name, v]) => [name, typeof v === "object" ? v.slice() : v]))
  );
}
