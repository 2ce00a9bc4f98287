// What another reader finds in Parquet files.
import assert from "node:assert/strict";
import { type Schema, schema } from "../data/schema.ts";
import { type RowValue, Table } from "../data/table.ts";
import { oddTable, rowsOf } from "./_testing.ts";
import { plainRows } from "../store/_testing.ts";
import { exportRows } from "./export_rows.ts";

let duckdb: typeof import("@duckdb/node-api") | undefined, why = "";
try {
  duckdb = await import("@duckdb/node-api");
} catch (error) {
  why = ` (skipped: @duckdb/node-api cannot be loaded: ${(error as Error).message.split("\n")[0]})`;
}

/** Rows that DuckDB reads, numbers as here. */
async function query(text: string): Promise<Record<string, unknown>[]> {
  const instance = await duckdb!.DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  try {
    const plain = (value: unknown): unknown =>
      typeof value === "object" && value !== null && "items" in value
        ? (value.items as unknown[]).map(plain)
        : value;
    return (await connection.runAndReadAll(text)).getRowObjects().map((row) =>
      Object.fromEntries(Object.entries(row).map(([name, value]) => [name, plain(value)]))
    );
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

async function withFile(tables: readonly Table[], work: (path: string) => Promise<void>): Promise<void> {
  const path = await Deno.makeTempFile({ suffix: ".parquet" });
  try {
    await exportRows(tables, tables[0]!.schema, path);
    await work(path);
  } finally {
    await Deno.remove(path);
  }
}

const ignore = duckdb === undefined;

Deno.test(
  `DuckDB reads every kind of column, also lists without values, and the schema${why}`,
  { ignore },
  async () => {
    using table = oddTable(true);
    await withFile([table, table.slice(1, 1), table.slice(1, 3)], async (path) => {
      const wanted = plainRows(table).map((row) => {
        const truth = (value: RowValue | unknown) => Array.isArray(value) ? value.map((x) => x !== 0) : value;
        return { ...row, flags: truth(row["flags"]) };
      });
      assert.deepEqual(await query(`SELECT * FROM '${path}'`), [...wanted, ...wanted.slice(1)]);
      const types = Object.fromEntries(
        (await query(`DESCRIBE SELECT * FROM '${path}'`)).map((
          { column_name, column_type },
        ) => [column_name, column_type]),
      );
      assert.deepEqual(
        [
          types["time"],
          types["a"],
          types["b"],
          types["c"],
          types["big"],
          types["x"],
          types["ok"],
          types["wave"],
        ],
        ["BIGINT", "UTINYINT", "SMALLINT", "UINTEGER", "UBIGINT", "FLOAT", "BOOLEAN", "SMALLINT[]"],
      );
    });
  },
);

Deno.test(
  `a table of several row groups, with rows of very different lengths, is read by DuckDB and here${why}`,
  { ignore },
  async () => {
    const rows = 3000;
    const lengths = Array.from(
      { length: rows },
      (_, k) => k % 500 === 499 ? 400_000 : k % 7 === 3 ? 0 : k % 90,
    );
    const tags = lengths.map((length, k) =>
      Uint16Array.from({ length }, (_, i) => (i * 31 + k * 17) & 0xffff)
    );
    using table = Table.from(
      schema({ time: "time", x: "f32", tags: "u16[]", wave: "i16[700]" }) as unknown as Schema,
      {
        time: Array.from({ length: rows }, (_, k) => BigInt(k) * 7n),
        x: Array.from({ length: rows }, (_, k) => k % 3 === 0 ? NaN : -k),
        tags,
        wave: Array.from(
          { length: rows },
          (_, k) => new Int16Array(700).map((_, i) => (i * k) % 3000 - 1500),
        ),
      } as never,
    );
    await withFile([table], async (path) => {
      const groups = await query(
        `SELECT row_group_id AS k, path_in_schema AS path, num_values AS n, stats_min_value AS least, stats_max_value AS most
       FROM parquet_metadata('${path}') ORDER BY k`,
      );
      assert.ok(groups.length > 4 * 4, `${groups.length / 4} row groups`);
      const times = groups.filter(({ path }) => path === "time");
      assert.equal(times[0]!["least"], "0");
      assert.equal(times.at(-1)!["most"], String(7 * (rows - 1)));
      const [{ least, most }] = groups.filter(({ path }) => path === "x") as [
        { least: string; most: string },
      ];
      assert.ok(
        Number(most) === -1 && Number(least) < -100 && !/nan/i.test(least + most),
        `${least} to ${most}`,
      );
      const [sums] = await query(
        `SELECT count(*) AS n, sum(list_sum(tags)) AS tags, sum(len(tags)) AS length, sum(list_sum(wave)) AS wave,
       sum(list_sum(list_transform(wave, lambda v, i: v * (i % 11)))) AS placed FROM '${path}'`,
      );
      const wave = table.columns["wave"] as unknown as Int16Array;
      const sum = (values: Iterable<number>) => [...values].reduce((a, b) => a + b, 0);
      assert.deepEqual(
        Object.fromEntries(Object.entries(sums!).map(([name, value]) => [name, Number(value)])),
        {
          n: rows,
          tags: tags.reduce((total, one) => total + sum(one), 0),
          length: sum(lengths),
          wave: sum(wave),
          placed: wave.reduce((total, v, k) => total + v * ((k % 700 + 1) % 11), 0),
        },
      );
      assert.deepEqual(await rowsOf(path), plainRows(table));
    });
  },
);

Deno.test(
  `files of DuckDB are read as it reads them, in each of its encodings and codecs${why}`,
  { ignore },
  async () => {
    const numbers =
      `SELECT i::BIGINT * 1000 AS time, (i % 7)::USMALLINT AS few, (i * 7919 % 65536)::USMALLINT AS many,
      i::INTEGER - 500 AS below, (i * 12345678901)::BIGINT AS big, (i / 3)::FLOAT AS x, i % 3 = 0 AS ok,
      CASE WHEN i % 5 = 0 THEN NULL ELSE i / 7 END::DOUBLE AS holes,
      list_transform(range(CASE WHEN i % 11 = 0 THEN 0 ELSE i % 40 END), lambda j: ((i * j) % 65536))::USMALLINT[] AS wave,
      list_transform(range(i % 4), lambda j: CASE WHEN j = 1 THEN NULL ELSE i + j / 2 END)::DOUBLE[] AS reals,
      [i % 256, (i + 1) % 256]::UTINYINT[] AS pairs
      FROM range(20000) t(i)`;
    const path = await Deno.makeTempFile({ suffix: ".parquet" });
    try {
      for (const version of ["V1", "V2"]) {
        for (const codec of ["uncompressed", "snappy", "zstd"]) {
          await query(
            `COPY (${numbers}) TO '${path}' (FORMAT parquet, PARQUET_VERSION ${version}, CODEC '${codec}', ROW_GROUP_SIZE 4096)`,
          );
          const wanted = await query(`SELECT * FROM '${path}'`),
            rows = await rowsOf(path) as Record<string, unknown>[];
          const plain = (value: unknown): unknown =>
            value === null
              ? NaN
              : typeof value === "boolean"
              ? Number(value)
              : Array.isArray(value)
              ? value.map(plain)
              : value;
          assert.equal(rows.length, wanted.length);
          rows.forEach((row, i) => {
            const expected = Object.fromEntries(
              Object.entries(wanted[i]!).map(([name, value]) => [name, plain(value)]),
            );
            assert.deepEqual({ ...row, ok: plain(row["ok"]) }, expected, `${version} ${codec}, row ${i}`);
          });
        }
      }
    } finally {
      await Deno.remove(path);
    }
  },
);

Deno.test(`what is missing in a Parquet file is told with column and row${why}`, { ignore }, async () => {
  const path = await Deno.makeTempFile({ suffix: ".parquet" });
  const refused = async (columns: string, message: string) => {
    await query(
      `COPY (SELECT i::BIGINT AS time, ${columns} FROM range(9) t(i)) TO '${path}' (FORMAT parquet)`,
    );
    await assert.rejects(rowsOf(path), {
      name: "SyntaxError",
      message: `Cannot read "${path}": ${message}; fill it in or leave the row out`,
    });
  };
  const every = (value: string, other = "NULL") => `CASE WHEN i < 3 THEN ${value} ELSE ${other} END`;
  try {
    await refused(`${every("i")}::INTEGER AS n`, 'column "n" has no value in row 3');
    await refused(`${every("[1, i]")}::INTEGER[] AS n`, 'column "n" has no value in row 3');
    await refused(`${every("[1, i]", "[2, NULL]")}::INTEGER[] AS n`, 'column "n" has no value in row 3');
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("reading a Parquet file takes memory by its row groups, some bytes a sample", async () => {
  const rows = 2000, width = 1000;
  using table = Table.from(schema({ time: "time", wave: "u16[]" }) as unknown as Schema, {
    time: Array.from({ length: rows }, (_, k) => BigInt(k)),
    wave: {
      values: Uint16Array.from({ length: rows * width }, (_, k) => (k * 7919) % 500),
      offsets: Uint32Array.from({ length: rows + 1 }, (_, k) => k * width),
    },
  } as never);
  await withFile([table], async (path) => {
    const { parquet } = await import("./parquet.ts");
    const objects = async () => {
      const before = Deno.memoryUsage().heapUsed;
      let most = 0;
      for await (const part of (await parquet.open(path, { rows: 100 })).tables()) {
        most = Math.max(most, Deno.memoryUsage().heapUsed - before);
        part.release();
      }
      return most;
    };
    await objects();
    // An array of numbers a row would be 8 bytes a sample and more on the heap; a row group has a million samples.
    const most = await objects();
    assert.ok(most < 4 * 2 ** 20, `${most} bytes`);
  });
});
