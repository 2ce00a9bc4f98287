// The conformance suite of file formats: what was written comes back, damage is refused.
import assert from "node:assert/strict";
import fc from "fast-check";
import { type Schema, schema } from "../data/schema.ts";
import { Table } from "../data/table.ts";
import { plainRows, randomTable } from "../store/_testing.ts";
import { exportRows } from "./export_rows.ts";
import { importRows } from "./import_rows.ts";
import type { Format } from "./types.ts";

const FAR = 2n ** 53n + 1n; // what a double cannot hold

/** All kinds of columns; `ragged` ones where asked for. */
export function oddTable(ragged: boolean): Table {
  const types = schema(
    {
      time: "time",
      endtime: "time",
      a: "u8",
      b: "i16",
      c: "u32",
      id: "i64",
      big: "u64",
      x: "f32",
      y: "f64",
      ok: "bool",
      wave: "i16[3]",
      open: "u16[n]",
      ...(ragged ? { tags: "u16[]", marks: "f64[]", flags: "bool[]", ids: "i64[]" } : {}),
    } as const,
  ) as unknown as Schema;
  return Table.from(types, {
    time: [FAR, FAR, FAR + 7n],
    endtime: [FAR + 1n, FAR + 9n, FAR + 7n],
    a: [0, 255, 7],
    b: [-32768, 32767, 0],
    c: [0, 4294967295, 5],
    id: [-(2n ** 63n), 2n ** 63n - 1n, FAR],
    big: [0n, 2n ** 64n - 1n, FAR],
    x: [NaN, Infinity, Math.fround(0.1)],
    y: [-Infinity, 0.1 + 0.2, -0],
    ok: [true, false, true],
    wave: [[1, -2, 3], [4, 5, 6], [-32768, 0, 32767]],
    open: [[1, 2], [3, 4], [65535, 0]],
    ...(ragged
      ? {
        tags: [[], [1, 65535], [3]],
        marks: [[NaN], [], [0.5, -Infinity]],
        flags: [[1], [], [0, 1]],
        ids: [[FAR], [], [1n, -2n]],
      }
      : {}),
  });
}

async function withFile(ending: string, work: (path: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "millrace_interchange_" });
  try {
    await work(`${folder}/rows.${ending}`);
    assert.deepEqual(
      (await Array.fromAsync(Deno.readDir(folder))).filter(({ name }) => name !== `rows.${ending}`),
      [],
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** An array of records has a width where a table leaves it open. */
const anyWidth = ({ text }: Schema) => text.replaceAll(/\[(?:n|\d+)\]/g, "[*]");

/** Rows of a file. */
export async function rowsOf(
  path: string,
  options: Parameters<typeof importRows>[1] = {},
): Promise<unknown[]> {
  const rows: unknown[] = [];
  let end: bigint | undefined;
  for await (using chunk of (await importRows(path, options)).chunks()) {
    assert.ok(end === undefined || chunk.start === end, "chunks follow each other");
    end = chunk.end;
    rows.push(...plainRows(chunk.table));
  }
  return rows;
}

/** Register the tests of a format. */
export function testFormat(format: Format): void {
  const [ending] = format.endings as [string];
  const ragged = format.refuses(oddTable(true).schema) === undefined;
  const given = (table: Table) => format.typed ? {} : { schema: table.schema };

  Deno.test(`${format.name} gives back every kind of column, in tables of any number of rows`, () =>
    withFile(ending, async (path) => {
      using table = oddTable(ragged);
      for (const rows of [1, 2, 5]) {
        const tables = [table.slice(0, 0), table.slice(0, 1), table.slice(1, 3)];
        assert.equal(await exportRows(tables, table.schema, path), 3);
        const file = await importRows(path, given(table));
        assert.equal(anyWidth(file.schema), anyWidth(table.schema));
        assert.deepEqual(await rowsOf(path, { ...given(table), rows }), plainRows(table));
        for (const part of tables) part.release();
      }
    }));

  Deno.test(`${format.name} gives back random tables`, () =>
    withFile(ending, (path) =>
      fc.assert(
        fc.asyncProperty(randomTable, async ({ schema, t0, input }) => {
          if (format.refuses(schema) !== undefined) return;
          using table = Table.from(schema, input, { t0 });
          const times = table.schema.types["time"] === "time" ? table.times() : undefined;
          const ends = table.schema.types["endtime"] === "time" ? table.times("endtime") : times;
          if (!times || !times.every((time, i) => (i === 0 || times[i - 1]! <= time) && ends![i]! >= time)) {
            return;
          }
          await exportRows([table], table.schema, path);
          assert.deepEqual(await rowsOf(path, given(table)), plainRows(table));
        }),
        { numRuns: 40 },
      )));

  Deno.test(`${format.name} writes a table without rows, and reads it`, () =>
    withFile(ending, async (path) => {
      using table = oddTable(ragged);
      assert.equal(await exportRows([], table.schema, path), 0);
      assert.deepEqual(await rowsOf(path, given(table)), []);
      assert.equal(anyWidth((await importRows(path, given(table))).schema), anyWidth(table.schema));
    }));

  Deno.test(`${format.name} reads some columns`, () =>
    withFile(ending, async (path) => {
      using table = oddTable(ragged);
      await exportRows([table], table.schema, path);
      const rows = await rowsOf(path, { ...given(table), columns: ["id"] });
      assert.deepEqual(rows, plainRows(table).map(({ time, endtime, id }) => ({ time, endtime, id })));
      await assert.rejects(
        importRows(path, { ...given(table), columns: ["none"] }),
        /column "none"|no column "none"/,
      );
    }));

  Deno.test(`${format.name} holds many rows and gives them in parts`, () =>
    withFile(ending, async (path) => {
      const n = 70_000;
      using table = Table.from(schema({ time: "time", x: "u32" }), {
        time: Array.from({ length: n }, (_, i) => BigInt(3 * (i >> 1))),
        x: Uint32Array.from({ length: n }, (_, i) => i),
      });
      await exportRows([table as unknown as Table], table.schema as unknown as Schema, path);
      let next = 0, chunks = 0;
      for await (
        using chunk of (await importRows(path, { schema: table.schema as unknown as Schema })).chunks()
      ) {
        chunks++;
        const x = chunk.table.get("x", "u32");
        for (let i = 0; i < x.length; i++) if (x[i] !== next++) assert.fail(`row ${next - 1} is ${x[i]}`);
      }
      assert.equal(next, n);
      assert.ok(chunks >= 2);
    }));

  Deno.test(`${format.name}: a failed export leaves what was there, and nothing else`, () =>
    withFile(ending, async (path) => {
      await Deno.writeTextFile(path, "before");
      using table = oddTable(ragged);
      const failing = async function* () {
        yield table;
        throw new Error("the stream broke");
      };
      await assert.rejects(exportRows(failing(), table.schema, path), /the stream broke/);
      assert.equal(await Deno.readTextFile(path), "before");
    }));

  Deno.test(`${format.name} refuses a file that is cut off or something else, with its name`, () =>
    withFile(ending, async (path) => {
      using table = oddTable(ragged);
      await exportRows([table], table.schema, path);
      const bytes = await Deno.readFile(path);
      await Deno.writeFile(
        path,
        Uint8Array.of(0xff, 0x00, 0xc3, 0x28, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12),
      );
      const named = (error: Error) => {
        assert.ok(
          error instanceof SyntaxError && error.message.startsWith(`Cannot read "${path}"`),
          String(error),
        );
        return true;
      };
      await assert.rejects(rowsOf(path, given(table)), named);
      for (const part of [0.5, 0.95]) {
        await Deno.writeFile(path, bytes.subarray(0, Math.floor(bytes.length * part)));
        await assert.rejects(rowsOf(path, given(table)), named);
      }
    }));
}
