import assert from "node:assert/strict";
import fc from "fast-check";
import { parquetWriteBuffer } from "hyparquet-writer";
import { TestFolder } from "../compass/_testing.ts";
import {
  type AnyTrace,
  anyTraces,
  brief,
  fromEachPlace,
  inOrder,
  readRun,
  sameForAnySize,
} from "../_testing.ts";

const LIST = [
  { name: "wave", repetition_type: "OPTIONAL", num_children: 1, converted_type: "LIST" },
  { name: "list", repetition_type: "REPEATED", num_children: 1 },
  { name: "element", type: "INT32", repetition_type: "OPTIONAL" },
] as const;

interface Column {
  readonly data: unknown[];
  readonly schema: readonly Record<string, unknown>[];
}
const wave = (data: unknown[]): Column => ({ data, schema: LIST });
const int32 = (name: string, data: number[]): Column => ({
  data,
  schema: [{ name, type: "INT32", repetition_type: "REQUIRED" }],
});
const int64 = (name: string, data: bigint[], more = {}): Column => ({
  data,
  schema: [{ name, type: "INT64", repetition_type: "REQUIRED", ...more }],
});

/** A file of these columns, some rows a group. */
function bytesOf(columns: readonly Column[], rowGroupSize = 1000, offsetIndex = true): Uint8Array {
  const schema = [{ name: "root", num_children: columns.length }, ...columns.flatMap(({ schema }) => schema)];
  const columnData = columns.map(({ data, schema }) => ({
    name: schema[0]!.name as string,
    data,
    offsetIndex,
  }));
  return new Uint8Array(parquetWriteBuffer({ columnData, schema, rowGroupSize } as never));
}

function fileOf(traces: readonly AnyTrace[], rowGroupSize?: number, offsetIndex?: boolean): Uint8Array {
  return bytesOf(
    [
      wave(traces.map(({ samples }) => samples)),
      int64("time", traces.map(({ time }) => time)),
      int32("board", traces.map(({ board }) => board)),
      int32("channel", traces.map(({ channel }) => channel)),
      int32("energy", traces.map(({ energy }) => energy)),
      int64("flags", traces.map(({ flags }) => BigInt(flags))),
    ],
    rowGroupSize,
    offsetIndex,
  );
}

const got = (rows: Awaited<ReturnType<typeof readRun>>["rows"]) =>
  rows.map(({ time, board, channel, energy, flags, wave }) => ({
    time,
    board,
    channel,
    energy,
    flags,
    samples: wave,
  }));

Deno.test("Parquet files give every trace that was written, in time order, in several files", () =>
  fc.assert(
    fc.asyncProperty(
      anyTraces(),
      fc.nat(12),
      fc.integer({ min: 1, max: 5 }),
      fc.boolean(),
      async (traces, cut, group, index) => {
        using folder = new TestFolder();
        const first = traces.slice(0, cut), second = traces.slice(cut);
        if (first.length > 0) folder.file("a.parquet", fileOf(first, group, index));
        if (second.length > 0) folder.file("b.parquet", fileOf(second, group, index));
        const { rows } = await readRun(folder.path, { dt: 2000 });
        assert.deepEqual(got(rows), inOrder(traces));
        await fromEachPlace(folder.path, rows, { dt: 2000 });
      },
    ),
    { numRuns: 40 },
  ));

Deno.test("Parquet files give the same rows for any size of pieces and reads", async () => {
  using folder = new TestFolder();
  const traces = [5n, 3n, 3n, 900n, 901n, 950n, 899n].map((time, i) => ({
    ...{ time, board: 0, channel: i % 3, energy: i, flags: i, samples: [i, 65535, 1].slice(i % 4) },
  }));
  folder.file("a.parquet", fileOf(traces, 3));
  assert.deepEqual(got(await sameForAnySize(folder.path, { dt: 10 })), inOrder(traces));
});

Deno.test("a Parquet row group that is large is read in parts", async () => {
  using folder = new TestFolder();
  const samples = Array.from({ length: 100_000 }, (_, i) => i % 65536), n = 90;
  folder.file(
    "a.parquet",
    bytesOf([wave(Array(n).fill(samples)), int32("channel", Array.from({ length: n }, (_, i) => i))]),
  );
  const { rows } = await readRun(folder.path, { dt: 10 });
  assert.deepEqual(
    rows.map(({ channel, length, time }) => [channel, length, time]),
    Array.from({ length: n }, (_, i) => [
      ...[i, samples.length, 10n * BigInt(i * samples.length)],
    ]),
  );
  assert(rows.every(({ wave }) => wave[65_535] === 65_535 && wave[99_999] === 99_999 - 65_536));
});

Deno.test("Parquet timestamps of any unit are times, to the ns", async () => {
  using folder = new TestFolder();
  const start = 1_638_368_781_500_000_000n;
  const logical_type = { type: "TIMESTAMP", isAdjustedToUTC: true, unit: "NANOS" };
  const path = folder.file(
    "a.parquet",
    bytesOf([wave([[1], [2]]), int64("timestamp", [start + 3n, start + 1n], { logical_type })]),
  );
  const { rows, notices } = await readRun(path, { dt: 10 });
  assert.deepEqual(brief(rows), [[500_000_001_000n, 0, 2], [500_000_003_000n, 0, 1]]);
  assert.deepEqual(notices, ["Times count from 2021-12-01T14:26:21Z, which is 1638368781 s since 1970"]);
});

const whole = bytesOf([wave([[1], [2]])]);
const rejected: Record<string, [bytes: Uint8Array, message: RegExp, options?: Record<string, number>]> = {
  "without traces": [bytesOf([int32("x", [1])]), /it has the columns x; traces are a column of lists/],
  "with traces that are no lists": [bytesOf([int32("wave", [1])]), /the column wave has no lists/],
  "with times that are fractions": [
    bytesOf([wave([[1]]), {
      data: [1.5],
      schema: [{ name: "time", type: "DOUBLE", repetition_type: "REQUIRED" }],
    }]),
    /the column time is of type DOUBLE/,
  ],
  "with a missing trace": [bytesOf([wave([[1], null])]), /column "wave" has no value in row 1; fill it in/],
  "with a missing sample": [bytesOf([wave([[1, null]])]), /column "wave" has no value in row 0; fill it in/],
  "with negative samples": [bytesOf([wave([[1], [2, -3]])]), /sample 1 of row 1 is -3/],
  "without an interval": [whole, /it has no column dt/, {}],
  "that is cut": [whole.subarray(0, -9), /a\.parquet": its end is missing, it was cut/],
  "that is damaged": [
    whole.with(5, whole[5]! ^ 255).with(6, 255).with(7, 255),
    /a\.parquet" at row 0: .*damaged/,
  ],
};
for (const [name, [bytes, message, options]] of Object.entries(rejected)) {
  Deno.test(`a Parquet file ${name} is refused`, async () => {
    using folder = new TestFolder();
    await assert.rejects(readRun(folder.file("a.parquet", bytes), options ?? { dt: 10 }), message);
  });
}
