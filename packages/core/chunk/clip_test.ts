import assert from "node:assert/strict";
import fc from "fast-check";
import { type ColumnTypes, schema } from "../data/schema.ts";
import { type ColumnInput, Table } from "../data/table.ts";
import { Chunk } from "./chunk.ts";
import { clip, type ClipOptions } from "./clip.ts";
import { validate } from "./validate.ts";

interface Trace {
  time: number;
  dt: number;
  samples: number[];
  id: number;
}

const traces: fc.Arbitrary<Trace[]> = fc.array(
  fc.record({
    time: fc.integer({ min: 0, max: 99 }),
    dt: fc.integer({ min: 1, max: 12 }),
    samples: fc.array(fc.integer({ min: 1, max: 99 }), { maxLength: 6 }),
  }),
  { maxLength: 12 },
).map((list) =>
  list.sort((a, b) => a.time - b.time || endOf(a) - endOf(b)).map((trace, id) => ({ ...trace, id }))
);

function endOf({ time, dt, samples }: Omit<Trace, "id">): number {
  return time + dt * samples.length;
}

const FIXED: ColumnTypes = {
  time: "time",
  endtime: "time",
  dt: "i32",
  length: "i32",
  id: "u8",
  wave: "i16[6]",
  raw: "i64[6]",
};
const RAGGED: ColumnTypes = {
  time: "time",
  endtime: "time",
  dt: "i64",
  id: "u8",
  wave: "u16[]",
  filtered: "f32[]",
};

function chunkOf(list: readonly Trace[], types: ColumnTypes, t0 = 0n): Chunk {
  const padded = (samples: number[]) => [...samples, ...Array(6 - samples.length).fill(0)] as number[];
  const samples = list.map((trace) => types === FIXED ? padded(trace.samples) : trace.samples);
  const input: Record<string, ColumnInput> = {
    time: list.map((trace) => BigInt(trace.time)),
    endtime: list.map((trace) => BigInt(trace.time + trace.dt * trace.samples.length)),
    dt: list.map((trace) => trace.dt),
    length: list.map((trace) => trace.samples.length),
    id: list.map((trace) => trace.id),
    wave: samples,
    raw: samples,
    filtered: samples,
  };
  const own = Object.fromEntries(Object.entries(input).filter(([name]) => Object.hasOwn(types, name)));
  return new Chunk(Table.from(schema(types), own, { t0 }), { start: 0n, end: 100n, dataType: "records" });
}

/** The samples that lie whole in the range, each row by itself. */
function model(list: readonly Trace[], start: number, end: number): Trace[] {
  return list.flatMap((trace) => {
    const { time, dt, samples } = trace;
    if (samples.length === 0) return start <= time && time < end ? [trace] : [];
    const kept = samples.map((value, k) => ({ value, at: time + k * dt })).filter(({ at }) =>
      start <= at && at + dt <= end
    );
    return kept.length > 0 ? [{ ...trace, time: kept[0]!.at, samples: kept.map(({ value }) => value) }] : [];
  }).sort((a, b) => a.time - b.time || endOf(a) - endOf(b));
}

const range = fc.tuple(fc.integer({ min: -5, max: 120 }), fc.integer({ min: 1, max: 60 }))
  .map(([start, length]) => [start, start + length] as const);

for (const [name, types] of [["fixed", FIXED], ["ragged", RAGGED]] as const) {
  Deno.test(`clip() keeps exactly the ${name} samples that lie whole in the range`, () => {
    fc.assert(
      fc.property(traces, range, fc.bigInt({ min: -50n, max: 50n }), (list, [start, end], t0) => {
        // Rows equal in time and endtime keep their order, as in the model.
        const part = clip(chunkOf(list, types, t0), BigInt(start), BigInt(end));
        const wanted = chunkOf([], types).table.rows();
        wanted.push(...Table.from(schema(types), tableInput(model(list, start, end), types)).rows());
        assert.deepEqual(part?.table.rows() ?? [], wanted);
        if (!part) return;
        assert.deepEqual(validate(part).problems.filter(({ level }) => level === "error"), []);
        assert.ok(part.coverEnd <= part.end, "nothing reaches out of the range");
      }),
      { numRuns: 300 },
    );
  });
}

function tableInput(list: readonly Trace[], types: ColumnTypes): Record<string, ColumnInput> {
  // Clipped rows may start before the chunk's own interval ends or after it: no chunk is made here.
  const { table } = chunkOf(list.map((trace) => ({ ...trace, time: 0 })), types);
  const columns: Record<string, ColumnInput> = {};
  for (const name of Object.keys(types)) columns[name] = table.columns[name]! as ColumnInput;
  columns.time = list.map((trace) => BigInt(trace.time));
  columns.endtime = list.map((trace) => BigInt(trace.time + trace.dt * trace.samples.length));
  return columns;
}

Deno.test("clip() cuts {time 0, dt 10, 10 samples} to [25, 77) as {30, 10, 4}", () => {
  const record = schema({ time: "time", dt: "i32", length: "i32", wave: "u16[10]" });
  const table = Table.from(record, {
    time: [0n],
    dt: [10],
    length: [10],
    wave: [[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]],
  });
  const part = clip(new Chunk(table, { start: 0n, end: 100n }), 25n, 77n)!;
  assert.deepEqual(part.table.row(0), {
    time: 30n,
    dt: 10,
    length: 4,
    wave: Uint16Array.of(3, 4, 5, 6, 0, 0, 0, 0, 0, 0),
  });
  assert.deepEqual([part.start, part.end], [25n, 77n]);
});

Deno.test("clip() shares the buffer where nothing has to be cut", () => {
  const list = [10, 20, 30].map((time, id) => ({ time, dt: 2, samples: [1, 2], id }));
  const chunk = chunkOf(list, RAGGED);
  const part = clip(chunk, 15n, 40n)!;
  assert.equal(part.length, 2);
  assert.equal((part.columns.time as Float64Array).buffer, (chunk.columns.time as Float64Array).buffer);
});

Deno.test("clip() leaves the input as it was", () => {
  const chunk = chunkOf([{ time: 0, dt: 10, samples: [1, 2, 3], id: 0 }], FIXED);
  const before = chunk.table.rows();
  clip(chunk, 5n, 25n);
  assert.deepEqual(chunk.table.rows(), before);
});

Deno.test("clip() puts rows in order that start at other times when cut", () => {
  const list = [{ time: 0, dt: 10, samples: [1, 2, 3], id: 0 }, {
    time: 1,
    dt: 6,
    samples: [4, 5, 6],
    id: 1,
  }];
  const part = clip(chunkOf(list, RAGGED), 5n, 50n)!;
  assert.deepEqual([...part.table.times()], [7n, 10n]);
  assert.deepEqual(part.table.row(0).wave, Uint16Array.of(5, 6));
});

Deno.test("clip() is exact at times near 2^53 ps", () => {
  const dt = 2, n = 4;
  const time = 2n ** 53n - 9n;
  const record = schema({ time: "time", dt: "i32", wave: "u16[]" });
  const table = Table.from(record, { time: [time], dt: [dt], wave: [[1, 2, 3, 4]] }, { t0: 0n });
  const part = clip(new Chunk(table, { start: 0n, end: 2n ** 53n }), time + 1n, time + BigInt(dt * n))!;
  assert.deepEqual([part.table.row(0).time, part.table.row(0).wave], [time + 2n, Uint16Array.of(2, 3, 4)]);
});

Deno.test("clip() takes dt and the sample columns from its options", () => {
  const types = schema({ time: "time", endtime: "time", position: "f32[3]", wave: "u16[]" });
  const table = Table.from(types, { time: [0n], endtime: [30n], position: [[1, 2, 3]], wave: [[5, 6]] });
  const chunk = new Chunk(table, { start: 0n, end: 50n });
  const options: ClipOptions = { dt: 15, samples: ["wave"] };
  const part = clip(chunk, 10n, 50n, options)!;
  assert.deepEqual(part.table.row(0), {
    time: 15n,
    endtime: 30n,
    position: Float32Array.of(1, 2, 3),
    wave: Uint16Array.of(6),
  });
  assert.throws(() => clip(chunk, 10n, 50n, { samples: ["wave"] }), {
    name: "TypeError",
    message: /give dt/,
  });
});

Deno.test("clip() refuses what it cannot cut", () => {
  const clipOne = (types: ColumnTypes, input: Record<string, ColumnInput>) =>
    clip(new Chunk(Table.from(schema(types), input), { start: 0n, end: 50n }), 5n, 50n);
  const row = { time: [0n], endtime: [30n] };
  assert.throws(() => clipOne({ time: "time", endtime: "time" }, row), {
    name: "TypeError",
    message: /neither samples nor a length/,
  });
  assert.throws(
    () =>
      clipOne({ time: "time", endtime: "time", dt: "i32", wave: "u8[3]" }, {
        ...row,
        dt: [10],
        wave: [[1, 2, 3]],
      }),
    { name: "TypeError", message: /no column "length"/ },
  );
  assert.throws(
    () =>
      clipOne({ time: "time", endtime: "time", dt: "i32", wave: "u8[]" }, {
        ...row,
        dt: [0],
        wave: [[1, 2, 3]],
      }),
    { name: "RangeError", message: /its dt is 0 ps/ },
  );
  assert.throws(
    () =>
      clipOne({ time: "time", length: "i32", dt: "i32", wave: "u8[2]" }, {
        time: [0n],
        length: [3],
        dt: [10],
        wave: [[1, 2]],
      }),
    { name: "RangeError", message: /column "wave" has 2 samples of 3/ },
  );
  assert.throws(
    () =>
      clipOne({ time: "time", dt: "i32", wave: "u8[]", other: "u8[]" }, {
        time: [0n],
        dt: [1],
        wave: [[1, 2]],
        other: [[1]],
      }),
    { name: "RangeError", message: /column "other" has 1 samples of 2/ },
  );
});

Deno.test("clip() of table without samples cuts by length and dt alone", () => {
  const types = schema({ time: "time", endtime: "time", length: "u16", dt: "i32" });
  const table = Table.from(types, { time: [0n], endtime: [40n], length: [4], dt: [10] });
  const part = clip(new Chunk(table, { start: 0n, end: 50n }), 1n, 39n)!;
  assert.deepEqual(part.table.row(0), { time: 10n, endtime: 30n, length: 2, dt: 10 });
});

Deno.test("clip() reaches behind the chunk as far as its rows, and is undefined beyond", () => {
  const chunk = new Chunk(chunkOf([{ time: 8, dt: 1, samples: [1, 2, 3, 4, 5], id: 0 }], RAGGED).table, {
    start: 0n,
    end: 10n,
  });
  const part = clip(chunk, 11n, 60n)!;
  assert.deepEqual([part.start, part.end, part.table.row(0).wave], [11n, 13n, Uint16Array.of(4, 5)]);
  assert.equal(clip(chunk, 13n, 60n), undefined);
  assert.equal(clip(chunk, -9n, 0n), undefined);
  assert.throws(() => clip(chunk, 5n, 5n), { name: "RangeError", message: /the range is empty/ });
});
