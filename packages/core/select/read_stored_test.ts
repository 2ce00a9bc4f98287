import assert from "node:assert/strict";
import { Chunk } from "../chunk/chunk.ts";
import { type ColumnTypes, type Schema, schema } from "../data/schema.ts";
import { Table } from "../data/table.ts";
import { FolderStore } from "../store/store.ts";
import type { StoredResult } from "../store/types.ts";
import { readStored, schemaRead } from "./read_stored.ts";

const N = 40;

/** A result with rows at 0, 10, ... whose columns are row numbers, in chunks of so many rows. */
async function put(
  store: FolderStore,
  dataType: string,
  types: ColumnTypes,
  rows: number,
  kind = "hits",
): Promise<StoredResult> {
  const hits = schema(types) as Schema;
  await using writer = await store.writer({ runId: "run_7", dataType }, {
    schema: hits,
    dataKind: kind,
    lineage: null,
    lineageHash: "4f1a",
  });
  for (let from = 0; from < N; from += rows) {
    const index = Array.from({ length: Math.min(rows, N - from) }, (_, i) => from + i);
    const columns = hits.columns.map((
      { name },
    ) => [name, index.map((i) => name === "time" ? BigInt(10 * i) : i)]);
    using chunk = new Chunk(Table.from(hits, Object.fromEntries(columns)), {
      start: BigInt(10 * from),
      end: BigInt(10 * (from + index.length)),
    });
    await writer.write(chunk);
  }
  return await writer.finish();
}

async function withStore(work: (store: FolderStore) => Promise<void>): Promise<void> {
  const root = await Deno.makeTempDir({ prefix: "millrace_read_" });
  try {
    await work(new FolderStore(root, { durable: false }));
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

async function rowsOf(chunks: AsyncIterable<Chunk>): Promise<unknown[]> {
  const rows: unknown[] = [];
  for await (using chunk of chunks) rows.push(...chunk.table.rows());
  return rows;
}

Deno.test("readStored() merges results that are cut in different places, and selects over all of their columns", () =>
  withStore(async (store) => {
    const a = await put(store, "a", { time: "time", channel: "u8", x: "u16" }, 7);
    const b = await put(store, "b", { time: "time", channel: "u8", y: "f32" }, 11);
    const options = { where: "x >= 20 and y < 25", columns: ["y"], timeRange: [50n, 230n] } as const;
    assert.deepEqual(
      await rowsOf(readStored([a, b], options)),
      [20, 21, 22].map((i) => ({ time: BigInt(10 * i), y: i })),
    );
    assert.equal(schemaRead([a, b], options).text, '{"time":"time","y":"f32"}');
    assert.equal((await rowsOf(readStored([a]))).length, N);
  }));

Deno.test("readStored() refuses what doesn't go together, at once", () =>
  withStore(async (store) => {
    const a = await put(store, "a", { time: "time", x: "u16" }, 7);
    const other = await put(store, "other", { time: "time", z: "u16" }, 7, "peaks");
    const twice = await put(store, "twice", { time: "time", x: "u16" }, 9);
    assert.throws(
      () => readStored([a, other]),
      /Cannot merge "a" of kind "hits" with "other" of kind "peaks"/,
    );
    assert.throws(() => readStored([a, twice]), /Cannot merge "a" with "twice": both have a column "x"/);
    assert.throws(() => readStored([a], { where: "y > 3" }), /unknown column "y"/);
    assert.throws(() => readStored([a], { columns: ["y"] }), /Unknown column "y"/);
    assert.throws(() => readStored([]), /the list is empty/);
  }));
