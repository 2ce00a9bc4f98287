import assert from "node:assert/strict";
import fc from "fast-check";
import { ByteWriter, parquetWriteBuffer } from "hyparquet-writer";
import { writePageHeader } from "hyparquet-writer/src/datapage.js";
import type { Ragged, TypedArray } from "../data/schema.ts";
import { ColumnReader } from "./_parquet_column.ts";
import { ParquetFile, type Wanted } from "./parquet_file.ts";

/** A file of another writer: lists that may be missing, real numbers that may be missing, and numbers. */
interface Rows {
  readonly wave: readonly (readonly number[])[];
  readonly reals: readonly (readonly (number | null)[])[];
  readonly x: readonly (number | null)[];
  readonly n: readonly bigint[];
}

const LIST = (name: string, type: string, repetition_type: string) => [
  { name, repetition_type: "OPTIONAL", num_children: 1, converted_type: "LIST" },
  { name: "list", repetition_type: "REPEATED", num_children: 1 },
  { name: "element", type, repetition_type },
];

interface Settings {
  readonly rowGroupSize: number;
  readonly pageSize: number;
  readonly codec: string;
  readonly encoding: string | undefined;
}

function bytesOf({ wave, reals, x, n }: Rows, { encoding, ...settings }: Settings): Uint8Array {
  const schema = [
    { name: "root", num_children: 4 },
    ...LIST("wave", "INT32", "REQUIRED"),
    ...LIST("reals", "DOUBLE", "OPTIONAL"),
    { name: "x", type: "FLOAT", repetition_type: "OPTIONAL" },
    { name: "n", type: "INT64", repetition_type: "REQUIRED" },
  ];
  const columnData = [
    { name: "wave", data: wave, ...(encoding && { encoding }) },
    { name: "reals", data: reals },
    { name: "x", data: x },
    { name: "n", data: n, ...(encoding && { encoding }) },
  ];
  return new Uint8Array(parquetWriteBuffer({ columnData, schema, ...settings } as never));
}

const WANTED: readonly Wanted[] = [
  { name: "n", element: "i64", isList: false },
  { name: "wave", element: "u16", isList: true },
  { name: "x", element: "f32", isList: false },
  { name: "reals", element: "f64", isList: true },
];

const open = (bytes: Uint8Array) =>
  ParquetFile.open((at, length) => bytes.subarray(at, at + length), bytes.length);

async function read(bytes: Uint8Array, from: number, values: number): Promise<Rows> {
  const rows = { wave: [] as number[][], reals: [] as number[][], x: [] as number[], n: [] as bigint[] };
  let next = from;
  for await (const { first, rows: count, columns } of (await open(bytes)).blocks(WANTED, { from, values })) {
    assert.equal(first, next);
    next += count;
    for (const name of ["wave", "reals"] as const) {
      const { offsets, values } = columns[name] as Ragged;
      for (let i = 0; i < count; i++) {
        rows[name].push([...values.subarray(offsets[i], offsets[i + 1])] as number[]);
      }
    }
    rows.x.push(...columns["x"] as Float32Array);
    rows.n.push(...columns["n"] as unknown as BigInt64Array);
    for (const { length } of [columns["x"], columns["n"]] as TypedArray[]) assert.equal(length, count);
  }
  return rows;
}

const anyRows = fc.array(
  fc.record({
    wave: fc.oneof(
      fc.array(fc.integer({ min: 0, max: 65535 }), { maxLength: 9 }),
      fc.constant([7, 7, 7, 7, 7]),
      fc.integer({ min: 0, max: 300 }).map((length) => Array.from({ length }, (_, k) => k * k % 99)),
    ),
    reals: fc.array(fc.option(fc.integer({ min: -9, max: 9 }).map((v) => v / 4)), { maxLength: 5 }),
    x: fc.option(fc.integer({ min: -9, max: 9 }).map((v) => v / 4)),
    n: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  }),
  { minLength: 1, maxLength: 30 },
);

Deno.test("blocks() gives the rows from any one on, for any sizes of pages, row groups and blocks, in any encoding", () =>
  fc.assert(
    fc.asyncProperty(
      anyRows,
      fc.record({
        rowGroupSize: fc.integer({ min: 1, max: 40 }),
        pageSize: fc.integer({ min: 1, max: 600 }),
        codec: fc.constantFrom("UNCOMPRESSED", "SNAPPY"),
        encoding: fc.constantFrom(undefined, "PLAIN", "DELTA_BINARY_PACKED", "BYTE_STREAM_SPLIT"),
      }),
      fc.nat(30),
      fc.integer({ min: 1, max: 500 }),
      async (list, settings, any, values) => {
        const column = <K extends keyof Rows>(name: K) => list.map((row) => row[name]) as unknown as Rows[K];
        const rows = { wave: column("wave"), reals: column("reals"), x: column("x"), n: column("n") };
        const from = any % (list.length + 1), bytes = bytesOf(rows, settings);
        const real = (value: number | null) => value ?? NaN;
        assert.deepEqual(await read(bytes, from, values), {
          wave: rows.wave.slice(from),
          reals: rows.reals.slice(from).map((row) => row.map(real)),
          x: rows.x.slice(from).map(real),
          n: rows.n.slice(from),
        });
      },
    ),
    { numRuns: 300 },
  ));

Deno.test("a row that is longer than what is decoded at once is whole, and so are those around it", async () => {
  const lengths = [3, 100_000, 0, 70_000, 32_768, 1, 32_767];
  const wave = lengths.map((length, row) => Array.from({ length }, (_, k) => (k * 31 + row) % 60_000));
  const none = lengths.map(() => []), numbers = lengths.map((_, i) => BigInt(i));
  const rows = { wave, reals: none, x: lengths.map(() => null), n: numbers };
  for (const pageSize of [2 ** 20, 50_000]) {
    const bytes = bytesOf(rows, { rowGroupSize: 5, pageSize, codec: "SNAPPY", encoding: undefined });
    for (const from of [0, 1, 4, 6]) {
      assert.deepEqual((await read(bytes, from, 1000)).wave, wave.slice(from));
    }
  }
});

const some: Rows = { wave: [[1], [70_000]], reals: [[], []], x: [1, 2], n: [1n, 2n] };
const settings: Settings = { rowGroupSize: 9, pageSize: 1000, codec: "UNCOMPRESSED", encoding: undefined };

Deno.test("blocks() refuses what a type has not, and columns that there are not, naming them", async () => {
  const file = await open(bytesOf(some, settings));
  const refused = async (wanted: Wanted, message: RegExp) =>
    await assert.rejects(async () => {
      for await (const _ of file.blocks([wanted])) { /* read it */ }
    }, message);
  await refused(
    { name: "wave", element: "u16", isList: true },
    /column "wave" has the value 70000 from row 0 on, which is no u16/,
  );
  await refused({ name: "wave", element: "u32", isList: false }, /column "wave" has lists/);
  await refused({ name: "n", element: "i64", isList: true }, /column "n" has single values/);
  await refused({ name: "y", element: "f64", isList: false }, /it has no column "y"/);
  assert.deepEqual(
    file.columns.map(({ name, element, isList, type }) => [name, element, isList, type]),
    [["wave", "i32", true, "INT32"], ["reals", "f64", true, "DOUBLE"], ["x", "f32", false, "FLOAT"], [
      "n",
      "i64",
      false,
      "INT64",
    ]],
  );
  assert.equal(file.rows, 2);
});

Deno.test("a row may go on in the next page, as old writers have it", async () => {
  const elements = [
    { name: "wave", repetition_type: "REQUIRED", num_children: 1 },
    { name: "list", repetition_type: "REPEATED", num_children: 1 },
    { name: "element", type: "INT32", repetition_type: "REQUIRED" },
  ] as const;
  /** Pages of one value an entry; `again` is 1 where the row goes on. */
  const pagesOf = (...pages: [again: number, value: number][][]): Uint8Array => {
    const out = new ByteWriter();
    for (const entries of pages) {
      /** Eight bits, packed. */
      const levels = (bits: readonly number[]) => [2, 0, 0, 0, 3, ...bits];
      const pack = (bits: readonly number[]) => [bits.reduce((all, bit, k) => all | bit << k, 0)];
      const values = Int32Array.from(entries, ([, value]) => value);
      const page = [
        ...levels(pack(entries.map(([again]) => again))),
        ...levels(pack(entries.map(() => 1))),
        ...new Uint8Array(values.buffer),
      ];
      writePageHeader(out as never, {
        type: "DATA_PAGE",
        uncompressed_page_size: page.length,
        compressed_page_size: page.length,
        data_page_header: {
          num_values: entries.length,
          encoding: "PLAIN",
          definition_level_encoding: "RLE",
          repetition_level_encoding: "RLE",
        },
      } as never);
      out.appendBytes(new Uint8Array(page));
    }
    return out.getBytes().slice();
  };
  const readerOf = (bytes: Uint8Array, rows: number, count: number) =>
    new ColumnReader(
      { name: "wave", element: "u16", isList: true },
      (at, length) => bytes.subarray(at, at + length),
      { path: ["wave", "list", "element"], elements },
      {
        meta: { codec: "UNCOMPRESSED", total_uncompressed_size: 1000n } as never,
        from: 0,
        to: bytes.length,
        count,
      },
      rows,
      0,
    );
  const bytes = pagesOf([[0, 1], [1, 2]], [[1, 3]], [[1, 4], [0, 5]], [[0, 6], [1, 7]]);
  for (const [wanted, ready] of [[1, 1], [2, 3], [3, 3]] as const) {
    const reader = readerOf(bytes, 3, 7);
    assert.equal(await reader.ready(wanted, Infinity), ready);
    const { offsets, values } = reader.take(1) as Ragged;
    assert.deepEqual([...values.subarray(offsets[0], offsets[1])], [1, 2, 3, 4]);
    assert.equal(await reader.ready(2, Infinity), 2);
    const rest = reader.take(2) as Ragged;
    assert.deepEqual([...rest.values.subarray(rest.offsets[0], rest.offsets[2])], [5, 6, 7]);
  }
  const refused = (bytes: Uint8Array, rows: number, count: number, message: RegExp) =>
    assert.rejects(async () => void await readerOf(bytes, rows, count).ready(rows, Infinity), message);
  await refused(pagesOf([[1, 1]]), 1, 1, /column "wave" goes on before it begins/);
  await refused(bytes, 4, 7, /column "wave" has 3 of 4 rows of its group, 7 of 7 values/);
  await refused(bytes, 2, 7, /column "wave" has more than 2 rows in a group/);
  await refused(bytes, 3, 8, /column "wave" has 3 of 3 rows of its group, 7 of 8 values/);
  await refused(bytes, 3, 6, /a page says that it has 2 values, 1 are left/);
});
