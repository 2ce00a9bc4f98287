// Damaged Parquet files end with an error that names the file, or give what they hold; none takes all memory or all time.
import assert from "node:assert/strict";
import fc from "fast-check";
import { type Schema, schema } from "../data/schema.ts";
import { Table } from "../data/table.ts";
import { seeded } from "../testing/_seeded_testing.ts";
import { plainRows } from "../store/_testing.ts";
import { exportRows } from "./export_rows.ts";
import { importRows } from "./import_rows.ts";
import { PageDecoder } from "./_parquet_page.ts";
import { RunReader } from "./_parquet_runs.ts";
import { endOfStruct } from "./_parquet_thrift.ts";

let duckdb: typeof import("@duckdb/node-api") | undefined, why = "";
try {
  duckdb = await import("@duckdb/node-api");
} catch (error) {
  why = ` (skipped: @duckdb/node-api cannot be loaded: ${(error as Error).message.split("\n")[0]})`;
}

/** A table with a column of each kind. */
function tableOf(rows: number): Table {
  const of = <T>(value: (i: number) => T) => Array.from({ length: rows }, (_, i) => value(i));
  return Table.from(
    schema({
      ...{ time: "time", channel: "u16", x: "f32", big: "u64", ok: "bool", wave: "u16[]", fix: "i16[3]" },
    }) as unknown as Schema,
    {
      time: of((i) => BigInt(i) * 1000n),
      channel: of((i) => i % 5),
      x: of((i) => i / 4),
      big: of((i) => BigInt(i) << 50n),
      ok: of((i) => i % 3 === 0),
      wave: of((i) => Array.from({ length: i % 7 }, (_, k) => i * 100 + k)),
      fix: of((i) => [i, -i, 5]),
    } as never,
  );
}

/** Rows as text: numbers of 64 bits as others. */
async function read(path: string): Promise<string> {
  const rows: string[] = [];
  for await (const chunk of (await importRows(path)).chunks()) {
    rows.push(
      ...plainRows(chunk.table).map((row) =>
        JSON.stringify(
          row,
          (_, value) =>
            typeof value === "bigint"
              ? Number(value)
              : typeof value === "boolean"
              ? Number(value)
              : ArrayBuffer.isView(value)
              ? [...value as unknown as number[]]
              : value,
        )
      ),
    );
    chunk.release();
  }
  return rows.join("\n");
}

/** Read the file with each of these bytes changed to each of `values`. Nothing of it may become wrong. */
async function damage(
  path: string,
  places: Iterable<number>,
  values: (byte: number) => readonly number[],
): Promise<{ errors: number; same: number }> {
  const bytes = await Deno.readFile(path), right = await read(path), got = { errors: 0, same: 0 };
  for (const at of places) {
    for (const value of values(bytes[at]!)) {
      await Deno.writeFile(path, bytes.with(at, value));
      let text: string;
      try {
        text = await read(path);
      } catch (error) {
        const { message } = error as Error;
        assert.ok(message.startsWith(`Cannot read "${path}": `), `byte ${at} as ${value}: ${message}`);
        got.errors++;
        continue;
      }
      assert.equal(text, right, `byte ${at} as ${value}`);
      got.same++;
    }
  }
  return got;
}

const footerOf = (bytes: Uint8Array) => {
  const length = new DataView(bytes.buffer).getUint32(bytes.length - 8, true);
  return Array.from({ length: length + 8 }, (_, k) => bytes.length - 8 - length + k);
};

const flipped = (byte: number) =>
  [0, 255, byte ^ 1, byte ^ 2, byte ^ 4, byte ^ 16, byte ^ 128].filter((b) => b !== byte);

Deno.test("a Parquet file of ours with any byte changed is refused with its name, or gives the same rows", () =>
  seeded(async (random) => {
    const path = await Deno.makeTempFile({ suffix: ".parquet" });
    try {
      using table = tableOf(40);
      await exportRows([table], table.schema, path);
      const bytes = await Deno.readFile(path);
      const { errors } = await damage(
        path,
        bytes.keys(),
        (byte) => [byte ^ 255, byte ^ (1 << (random.below(8)))],
      );
      assert.ok(errors > bytes.length);
      await Deno.writeFile(path, bytes);
      await damage(path, footerOf(bytes).filter((_, k) => k % 3 === 0), flipped);
    } finally {
      await Deno.remove(path);
    }
  }));

Deno.test("so is one with many row groups, whose footer is changed here and there", () =>
  seeded(async (random) => {
    const path = await Deno.makeTempFile({ suffix: ".parquet" });
    try {
      const rows = 60, width = 2 ** 16;
      using table = Table.from(schema({ time: "time", wave: "u16[]" }) as unknown as Schema, {
        time: Array.from({ length: rows }, (_, k) => BigInt(k)),
        wave: {
          values: new Uint16Array(rows * width),
          offsets: Uint32Array.from({ length: rows + 1 }, (_, k) => k * width),
        },
      } as never);
      await exportRows([table], table.schema, path);
      const footer = footerOf(await Deno.readFile(path));
      const places = Array.from({ length: 25 }, () => footer[random.below(footer.length)]!);
      const { errors } = await damage(path, places, (byte) => [byte ^ (1 << (random.below(8)))]);
      assert.ok(errors > 0);
    } finally {
      await Deno.remove(path);
    }
  }));

Deno.test(
  `the same holds for the footers of DuckDB's files${why}`,
  { ignore: duckdb === undefined },
  async () => {
    const path = await Deno.makeTempFile({ suffix: ".parquet" }), other = `${path}.duck`;
    const connection = await (await duckdb!.DuckDBInstance.create(":memory:")).connect();
    try {
      using table = tableOf(40);
      await exportRows([table], table.schema, path);
      for (
        const [k, kind] of ["V1, CODEC 'snappy'", "V2, CODEC 'zstd'", "V1, CODEC 'uncompressed'"].entries()
      ) {
        await connection.run(
          `COPY (SELECT * FROM '${path}') TO '${other}' (FORMAT parquet, ROW_GROUP_SIZE 2048, PARQUET_VERSION ${kind})`,
        );
        await Deno.rename(other, `${path}.parquet`);
        const bytes = await Deno.readFile(`${path}.parquet`);
        await damage(`${path}.parquet`, footerOf(bytes).filter((_, i) => i % 3 === k), flipped);
      }
    } finally {
      connection.closeSync();
      await Deno.remove(path);
      await Deno.remove(`${path}.parquet`);
    }
  },
);

Deno.test("codecs are undone: a page that was changed is another one or refused, never read without end", {
  ignore: duckdb === undefined,
}, () =>
  seeded(async (random) => {
    const path = await Deno.makeTempFile({ suffix: ".parquet" }), packed = `${path}.packed.parquet`;
    const connection = await (await duckdb!.DuckDBInstance.create(":memory:")).connect();
    try {
      using table = tableOf(300);
      await exportRows([table], table.schema, path);
      const right = await read(path).catch(() => assert.fail());
      for (const codec of ["snappy", "gzip", "zstd", "lz4_raw", "uncompressed"]) {
        await connection.run(
          `COPY (SELECT * FROM '${path}') TO '${packed}' (FORMAT parquet, CODEC '${codec}')`,
        );
        assert.equal(await read(packed), right, codec);
        const bytes = await Deno.readFile(packed);
        for (let k = 0; k < 150; k++) {
          const at = 4 + random.below(footerOf(bytes)[0]! - 4);
          await Deno.writeFile(packed, bytes.with(at, random.below(256)));
          await read(packed).catch(({ message }) =>
            assert.match(message, /^Cannot read ".*packed\.parquet": /)
          );
        }
      }
    } finally {
      connection.closeSync();
      await Deno.remove(path);
      await Deno.remove(packed);
    }
  }));

Deno.test("endOfStruct() ends behind any bytes, and takes no count that has no bytes", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
    try {
      const end = endOfStruct(bytes, 0);
      assert.ok(end > 0 && end <= bytes.length);
    } catch (error) {
      assert.ok(error instanceof RangeError);
    }
  }));
  // A list of 268 million structs; one of numbers that are lists in lists without end; a number without end.
  const list = [0x19, 0xfc, 0xff, 0xff, 0xff, 0x7f, 0];
  assert.throws(() => endOfStruct(new Uint8Array(list), 0), /a list has 268435455 elements/);
  assert.throws(() => endOfStruct(new Uint8Array(1000).fill(0x1c), 0), /more than 32 structs in each other/);
  assert.throws(() => endOfStruct(new Uint8Array(1000).fill(0xff).fill(0x16, 0, 1), 0), /more than 10 bytes/);
  assert.equal(endOfStruct(new Uint8Array([0x15, 0x02, 0x00, 0xff]), 0), 3);
});

Deno.test("RunReader gives the numbers of runs and packed bits, for any sizes of reads", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 24 }),
      fc.array(fc.tuple(fc.nat(2 ** 24 - 1), fc.integer({ min: 1, max: 40 }), fc.boolean()), {
        minLength: 1,
        maxLength: 9,
      }),
      fc.array(fc.integer({ min: 1, max: 17 }), { minLength: 1 }),
      (width, parts, sizes) => {
        const bytes: number[] = [], wanted: number[] = [];
        for (const [seed, count, isRun] of parts) {
          const value = seed % 2 ** width;
          if (isRun) {
            bytes.push(...varint(2 * count), ...little(BigInt(value), (width + 7) >> 3));
            wanted.push(...Array(count).fill(value));
            continue;
          }
          const groups = Math.ceil(count / 8),
            numbers = Array.from({ length: 8 * groups }, (_, k) => (value + k * 77) % 2 ** width);
          const bits = numbers.reduce((all, number, k) => all | BigInt(number) << BigInt(k * width), 0n);
          bytes.push(...varint(2 * groups + 1), ...little(bits, groups * width));
          wanted.push(...numbers);
        }
        const reader = new RunReader(new Uint8Array(bytes), 0, width), got: number[] = [];
        for (let k = 0; got.length < wanted.length; k++) {
          const out = new Uint32Array(Math.min(sizes[k % sizes.length]!, wanted.length - got.length));
          reader.read(out);
          got.push(...out);
        }
        assert.deepEqual(got, wanted);
        assert.throws(() => reader.read(new Uint32Array(1)), /behind the end of a page/);
      },
    ),
  );
});

const varint = (value: number): number[] =>
  value < 128 ? [value] : [value % 128 + 128, ...varint(Math.floor(value / 128))];
const little = (value: bigint, bytes: number): number[] =>
  Array.from({ length: bytes }, (_, k) => Number(value >> BigInt(8 * k) & 255n));

Deno.test("a page whose numbers go on without end is refused", () => {
  const element = { name: "n", type: "INT32", repetition_type: "REQUIRED" } as const;
  const meta = { codec: "UNCOMPRESSED", type: "INT32", total_uncompressed_size: 1000n } as never;
  const decode = (encoding: string, bytes: readonly number[], num_values = 100) => {
    const levels = { value: 0, list: 0 }, chunk = { meta, from: 4, to: 1000, count: 100 };
    const decoder = new PageDecoder({ path: ["n"], elements: [element] }, chunk, levels, (values) => values);
    const size = bytes.length, header = { uncompressed_page_size: size, compressed_page_size: size };
    const page = decoder.decode(
      { ...header, type: "DATA_PAGE", data_page_header: { num_values, encoding } } as never,
      new Uint8Array(bytes),
      100,
    );
    return page?.values(num_values);
  };
  // Blocks of 128 in -1, 0 and 2^31 parts; of none; with another number of values.
  for (
    const head of [
      [...varint(128), 255, 255, 255, 255, 15],
      [...varint(128), 0],
      [...varint(128), ...varint(2 ** 31)],
      [0, 4],
      [...varint(2 ** 30), 4],
    ]
  ) {
    assert.throws(
      () => decode("DELTA_BINARY_PACKED", [...head, 100, ...Array(60).fill(0)]),
      /a page has 100 differences of 100, in blocks of/,
    );
  }
  assert.throws(
    () => decode("DELTA_BINARY_PACKED", [...varint(128), 4, 99, ...Array(60).fill(0)]),
    /99 differences of 100/,
  );
  assert.throws(() => decode("PLAIN", Array(399).fill(0)), /a page has 399 bytes for 100 values/);
  assert.throws(() => decode("BYTE_STREAM_SPLIT", Array(399).fill(0)), /a page has 399 bytes for 100 values/);
  assert.throws(() => decode("RLE_DICTIONARY", [8, ...varint(2 ** 31), 1]), /no dictionary/);
  assert.throws(() => decode("RLE", [1, 2, 3, 4]), /encoded as RLE, which is not supported for INT32/);
  assert.throws(
    () => decode("PLAIN", [], 2 ** 31 - 1),
    /a page says that it has 2147483647 values, 100 are left/,
  );
});
