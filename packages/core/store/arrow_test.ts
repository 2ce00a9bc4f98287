import assert from "node:assert/strict";
import fc from "fast-check";
import * as flechette from "@uwdata/flechette";
import { Chunk } from "../chunk/chunk.ts";
import { Account, BufferPool } from "../data/buffer_pool.ts";
import { type Element, type Schema, schema } from "../data/schema.ts";
import { Table } from "../data/table.ts";
import { chunkOf, joined, plainRows, randomTable } from "./_testing.ts";
import { decodeChunk, decodeTable, encodeChunk, encodeTable, openArrow } from "./arrow.ts";

const bytesOf = async (table: Table, options = {}) => joined(await encodeTable(table, options));

Deno.test("decodeTable() gives back every table that encodeTable() wrote", async () => {
  await fc.assert(
    fc.asyncProperty(randomTable, async ({ schema, t0, input }) => {
      using table = Table.from(schema, input, { t0 });
      using back = await decodeTable(await bytesOf(table));
      assert.equal(back.schema.text, schema.text);
      assert.deepEqual(plainRows(back), plainRows(table));
      for (const { name } of schema.columns) assert.equal(back.width(name), table.width(name));
    }),
    { numRuns: 150 },
  );
});

Deno.test("encodeTable() writes a slice as its rows alone", async () => {
  await fc.assert(
    fc.asyncProperty(randomTable, fc.nat(12), fc.nat(12), async ({ schema, t0, input }, a, b) => {
      using table = Table.from(schema, input, { t0 });
      const to = Math.min(Math.max(a, b), table.length), from = Math.min(a, b, to);
      using slice = table.slice(from, to);
      const bytes = await bytesOf(slice);
      using compact = slice.compact();
      assert.equal(bytes.length, (await bytesOf(compact)).length);
      using back = await decodeTable(bytes);
      assert.deepEqual(plainRows(back), plainRows(slice));
    }),
    { numRuns: 60 },
  );
});

Deno.test("table() takes the rows and columns that are asked for, in any order of columns", async () => {
  await fc.assert(
    fc.asyncProperty(randomTable, fc.nat(12), fc.nat(12), async ({ schema, t0, input }, a, b) => {
      using table = Table.from(schema, input, { t0 });
      const to = Math.min(Math.max(a, b), table.length), from = Math.min(a, b, to);
      const file = await openArrow(await bytesOf(table));
      const columns = schema.columns.map(({ name }) => name).filter((_, k) => k !== 1).reverse();
      using part = file.table({ from, to, columns });
      assert.deepEqual(Object.keys(part.columns), columns);
      const wanted = plainRows(table).slice(from, to)
        .map((row) => Object.fromEntries(columns.map((name) => [name, row[name]])));
      assert.deepEqual(plainRows(part), wanted);
    }),
    { numRuns: 60 },
  );
});

// What another program sees: flechette shares no code with apache-arrow.
const FLECHETTE: Readonly<Record<Element, flechette.DataType>> = {
  i8: flechette.int8(),
  i16: flechette.int16(),
  i32: flechette.int32(),
  i64: flechette.int64(),
  u8: flechette.uint8(),
  u16: flechette.uint16(),
  u32: flechette.uint32(),
  u64: flechette.uint64(),
  f32: flechette.float32(),
  f64: flechette.float64(),
  bool: flechette.bool(),
};

function checkWithFlechette(bytes: Uint8Array, table: Table): void {
  const read = flechette.tableFromIPC(bytes, { useBigInt: true });
  assert.equal(read.numRows, table.length);
  assert.deepEqual(read.schema.fields.map((field) => field.name), table.schema.columns.map((c) => c.name));
  read.schema.fields.forEach((field, k) => {
    const column = table.schema.columns[k]!;
    const type = field.type as flechette.DataType & { children?: flechette.Field[]; stride?: number };
    assert.equal(field.nullable, false);
    assert.equal(field.metadata?.get("millrace.type"), column.type);
    const element = column.kind === "time" ? flechette.int64() : FLECHETTE[column.element];
    if (column.kind === "time" || column.kind === "scalar") assert.deepEqual(type, element);
    else {
      assert.equal(
        type.typeId,
        column.kind === "ragged" ? flechette.Type.List : flechette.Type.FixedSizeList,
      );
      assert.deepEqual(type.children?.[0]?.type, element);
      if (column.kind === "fixed" && table.length > 0) assert.equal(type.stride, table.width(column.name));
    }
  });
  const plain = (value: unknown) => ArrayBuffer.isView(value) ? [...value as Uint8Array] : value;
  // As in rows of a table, booleans in samples are numbers.
  const number = (value: unknown) =>
    Array.isArray(value) ? value.map((v) => typeof v === "boolean" ? +v : v) : value;
  const rows = read.toArray().map((row) =>
    Object.fromEntries(Object.entries(row).map(([name, value]) => [name, number(plain(value))]))
  );
  assert.deepEqual(rows, plainRows(table));
}

Deno.test("encodeTable() writes columns that flechette reads with the same types and values", async () => {
  await fc.assert(
    fc.asyncProperty(randomTable, async ({ schema, t0, input }) => {
      using table = Table.from(schema, input, { t0 });
      checkWithFlechette(await bytesOf(table), table);
    }),
    { numRuns: 100 },
  );
});

Deno.test("encodeTable() uses the table's own buffers for samples, shared ones too", async () => {
  const types = schema({ time: "time", wave: "u16[4]", tags: "u8[]" });
  for (const shared of [false, true]) {
    const pool = new BufferPool({ shared });
    using table = Table.from(types, {
      time: [5n, 6n],
      wave: [[1, 2, 3, 4], [5, 6, 7, 8]],
      tags: [[1], [2, 3]],
    }, {
      pool,
    });
    const parts = await encodeTable(table);
    const { buffer } = table.columns.wave;
    assert.equal(buffer instanceof ArrayBuffer, !shared);
    assert.ok(
      parts.some((part) => part.buffer === buffer && part.byteOffset === table.columns.wave.byteOffset),
    );
    assert.ok(parts.some((part) => part.byteOffset === table.columns.tags.values.byteOffset));
    checkWithFlechette(joined(parts), table as unknown as Table);
  }
});

Deno.test("an open width that no row has fixed stays open", async () => {
  const types = schema({ time: "time", wave: "u16[n]", fixed: "i8[3]", on: "bool[n]", tags: "f32[]" });
  using empty = Table.empty(types);
  const bytes = await bytesOf(empty as unknown as Table);
  using back = await decodeTable(bytes);
  assert.equal(back.length, 0);
  assert.equal(back.schema.text, types.text);
  assert.deepEqual(["wave", "fixed", "on", "tags"].map((name) => back.width(name)), [0, 3, 0, 0]);
  checkWithFlechette(bytes, empty as unknown as Table);
  using sized = Table.allocate(types, 0, { widths: { wave: 7, on: 1 } });
  using again = await decodeTable(await bytesOf(sized as unknown as Table));
  assert.deepEqual(["wave", "on"].map((name) => again.width(name)), [7, 1]);
});

Deno.test("encodeTable() of a table without rows doesn't depend on what its buffer held", async () => {
  const types = schema({ time: "time", tags: "u8[]" });
  const pool = new BufferPool();
  const dirty = pool.acquire(100);
  new Uint8Array(dirty.buffer).fill(0);
  dirty.release(false);
  const table = Table.allocate(types, 0, { pool });
  assert.equal(table.columns.tags.offsets.buffer, dirty.buffer);
  const parts = await encodeTable(table as unknown as Table);
  assert.ok(parts.every((part) => part.buffer !== dirty.buffer));
  assert.equal((await decodeTable(joined(parts))).length, 0);
  assert.equal(flechette.tableFromIPC(joined(parts)).getChild("tags").length, 0);
  new Uint8Array(dirty.buffer).fill(77);
  checkWithFlechette(await bytesOf(table as unknown as Table), table as unknown as Table);
});

Deno.test("decodeChunk() gives back the chunk that encodeChunk() wrote", async () => {
  using table = chunkOf(1000, 2000, [[1000, 1003], [1500, 2600]]).table;
  const info = {
    start: 1000n,
    end: 2000n,
    coverEnd: 7777n,
    runId: `run "ü"`,
    dataType: "hits",
    dataKind: "pulses",
  };
  const chunk = new Chunk(table, info);
  using back = await decodeChunk(joined(await encodeChunk(chunk)));
  const { start, end, coverEnd, runId, dataType, dataKind } = back;
  assert.deepEqual({ start, end, coverEnd, runId, dataType, dataKind }, info);
  assert.equal(back.t0, 1000n);
  assert.deepEqual(plainRows(back.table), plainRows(table));
  await assert.rejects(decodeChunk(await bytesOf(table), { name: "a.arrow" }), {
    name: "SyntaxError",
    message: `Cannot read "a.arrow": it holds a table, no chunk ("millrace.start" is missing)`,
  });
});

Deno.test("decodeTable() takes its buffer from the pool, charges the account and keeps no byte of the file", async () => {
  using table = chunkOf(0, 100, [[1, 5], [7, 9]]).table;
  const bytes = await bytesOf(table);
  const pool = new BufferPool(), account = new Account(100_000);
  const back = await decodeTable(bytes, { pool, account, t0: 3n });
  bytes.fill(255);
  assert.deepEqual([back.t0, pool.made, account.used > 0], [3n, 1, true]);
  assert.deepEqual(plainRows(back), plainRows(table));
  back.release();
  assert.equal(account.used, 0);
  await assert.rejects(decodeTable(await bytesOf(table), { account: new Account(10) }), {
    name: "MemoryBudgetError",
  });
});

Deno.test("table() that fails hands its buffer back", async () => {
  using table = chunkOf(0, 100, [[1, 5], [7, 9]]).table;
  const account = new Account();
  const file = await openArrow(await bytesOf(table));
  assert.throws(() => file.table({ account, t0: 2n ** 60n }), /more than 2\^53 ps/);
  assert.equal(account.used, 0);
  assert.throws(() => file.table({ from: 1, to: 3 }), /Cannot read rows 1 to 3 of 2/);
  assert.throws(() => file.table({ columns: ["height"] }), /Unknown column "height"/);
  assert.throws(() => file.times("id"), /Cannot read column "id" as time: it is u32/);
});

Deno.test("encodeTable() refuses another schema", async () => {
  using table = chunkOf(0, 10, [[1, 2]]).table;
  for (const types of [{ time: "time" }, { ...table.schema.types, id: "i32" }] as const) {
    await assert.rejects(encodeTable(table, { schema: schema(types) as Schema }), /the columns differ/);
  }
});

Deno.test("decodeTable() of a file from elsewhere names what is missing, and reads it with a schema", async () => {
  const columns = { time: [5n, 9n], height: [1.5, 2.5], wave: [[1, 2], [3, 4]] };
  const made = flechette.tableFromArrays(columns, {
    types: {
      time: flechette.int64(),
      height: flechette.float32(),
      wave: flechette.fixedSizeList(flechette.uint16(), 2),
    },
    useBigInt: true,
  });
  const bytes = flechette.tableToIPC(made, { format: "file" })!;
  await assert.rejects(
    decodeTable(bytes, { name: "x.arrow" }),
    /^SyntaxError: Cannot read "x.arrow": column "time" \(Int64\) names no Millrace type/,
  );
  const types = schema({ time: "time", height: "f32", wave: "u16[n]" });
  using back = await decodeTable(bytes, { schema: types as unknown as Schema });
  assert.equal(back.t0, 5n);
  assert.deepEqual(plainRows(back), [{ time: 5n, height: 1.5, wave: [1, 2] }, {
    time: 9n,
    height: 2.5,
    wave: [3, 4],
  }]);
  const cases: [Record<string, string>, RegExp][] = [
    [{ time: "time", height: "f64" }, /column "height" is Float32, but f64 is held as Float64/],
    [
      { time: "time", wave: "u16[3]" },
      /column "wave" is FixedSizeList\[2\]<Uint16>, but u16\[3\] is held as/,
    ],
    [
      { time: "time", wave: "u16[]" },
      /column "wave" is FixedSizeList\[2\]<Uint16>, but u16\[\] is held as List/,
    ],
    [{ time: "time", charge: "f32" }, /column "charge" is missing/],
  ];
  for (const [types, message] of cases) {
    await assert.rejects(
      decodeTable(bytes, { schema: schema(types as { time: "time" }) as Schema }),
      message,
    );
  }
});

Deno.test("decodeTable() refuses nulls and several batches", async () => {
  const types = schema({ time: "time", height: "f32" }) as unknown as Schema;
  const withNull = flechette.tableFromArrays({ time: [1, 2], height: [1, null] }, {
    types: { time: flechette.int64(), height: flechette.float32() },
  });
  await assert.rejects(
    decodeTable(flechette.tableToIPC(withNull, { format: "file" })!, { schema: types }),
    /Cannot read an Arrow file: column "height" has nulls/,
  );
  const lists = schema({ tags: "u8[]" }) as unknown as Schema;
  const nullList = flechette.tableFromArrays({ tags: [[1], null] }, {
    types: { tags: flechette.list(flechette.uint8()) },
  });
  await assert.rejects(
    decodeTable(flechette.tableToIPC(nullList, { format: "file" })!, { schema: lists }),
    /Cannot read an Arrow file: column "tags" has nulls/,
  );
  const two = flechette.tableFromArrays({ time: [1, 2], height: [1, 2] }, {
    types: { time: flechette.int64(), height: flechette.float32() },
    maxBatchRows: 1,
  });
  await assert.rejects(
    decodeTable(flechette.tableToIPC(two, { format: "file" })!, { schema: types }),
    /it has 2 record batches, a chunk file has 1/,
  );
});

Deno.test("decodeTable() of any cut-off file fails with its name", async () => {
  using table = chunkOf(0, 100, [[1, 5], [7, 9]]).table;
  const bytes = await bytesOf(table);
  for (let length = 0; length < bytes.length; length += 7) {
    await assert.rejects(decodeTable(bytes.slice(0, length), { name: "h.arrow" }), (error: Error) => {
      assert.ok(error instanceof SyntaxError);
      assert.match(error.message, /^Cannot read "h.arrow": it (is cut off|does not start)/);
      return true;
    });
  }
});

Deno.test("decodeTable() of changed data either reads rows of the right shape or names the file", async () => {
  using table = chunkOf(0, 100, [[1, 5], [7, 9], [8, 20]]).table;
  const good = await bytesOf(table);
  const view = new DataView(good.buffer);
  const from = 16 + view.getInt32(12, true); // magic, the batch's length and description
  const to = good.length - 10 - view.getInt32(good.length - 10, true);
  let failed = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: from, max: to - 1 }),
      fc.integer({ min: 1, max: 255 }),
      async (at, change) => {
        const bytes = good.slice();
        bytes[at]! ^= change;
        try {
          using back = await decodeTable(bytes, { name: "h.arrow", schema: table.schema });
          const tags = back.get("tags", "u8[]");
          assert.equal(back.length, 3);
          assert.equal(back.get("wave", "u16[n]").length, 3 * back.width("wave"));
          for (let i = 0; i < 3; i++) assert.ok(tags.offsets[i]! <= tags.offsets[i + 1]!);
          assert.equal(tags.offsets[3], tags.values.length);
        } catch (error) {
          failed++;
          assert.match(String(error), /^(SyntaxError|RangeError): Cannot read "h\.arrow": .*(offsets|2\^53)/);
        }
      },
    ),
    { numRuns: 400 },
  );
  assert.ok(failed > 0);
});

Deno.test("decodeTable() of a file whose batch is described by another message fails", async () => {
  using table = chunkOf(0, 100, [[1, 5]]).table;
  const bytes = await bytesOf(table);
  bytes[8]! ^= 1; // no longer the marker of a message
  await assert.rejects(
    decodeTable(bytes, { name: "h.arrow" }),
    /^SyntaxError: Cannot read "h\.arrow": it is no intact/,
  );
});
