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
