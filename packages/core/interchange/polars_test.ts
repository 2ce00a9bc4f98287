// Files that Polars (nodejs-polars 0.26.1) has written: `fixtures/polars_lz4.arrow` and `.parquet`, both packed with LZ4, lists as large ones.
import assert from "node:assert/strict";
import { plainRows } from "../store/_testing.ts";
import { importRows } from "./import_rows.ts";

const ROWS = Array.from({ length: 50 }, (_, i) => ({
  time: 1_000_000n * BigInt(i),
  channel: i % 4,
  area: i / 8,
  wave: Array.from({ length: 20 + i % 5 }, (_, k) => 8000 + (i * k) % 7 + (k === 10 ? 500 : 0)),
}));

async function read(path: string): Promise<Record<string, unknown>[]> {
  const rows: Record<string, unknown>[] = [];
  const file = await importRows(path);
  assert.equal(file.schema.text, '{"time":"time","channel":"u16","area":"f32","wave":"u16[]"}');
  for await (using chunk of file.chunks()) rows.push(...plainRows(chunk.table));
  return rows;
}

for (const ending of ["arrow", "parquet"]) {
  const path = new URL(`./fixtures/polars_lz4.${ending}`, import.meta.url).pathname;

  Deno.test(`what Polars packs with LZ4 is imported from .${ending}`, async () => {
    assert.deepEqual(await read(path), ROWS);
  });

  Deno.test(`with any byte of its description changed, .${ending} of Polars is refused with its name or gives the same rows`, async () => {
    const copy = await Deno.makeTempFile({ suffix: `.${ending}` });
    try {
      const bytes = await Deno.readFile(path), tail = ending === "arrow" ? 10 : 8;
      const length = new DataView(bytes.buffer).getUint32(bytes.length - tail, true);
      for (let at = bytes.length - tail - length; at < bytes.length; at++) {
        await Deno.writeFile(copy, bytes.with(at, bytes[at]! ^ (1 << (at % 8))));
        try {
          assert.deepEqual(await read(copy), ROWS);
        } catch (error) {
          const { message, name } = error as Error;
          // A column of another name or type is no damage that can be known.
          if (name !== "AssertionError") {
            assert.ok(message.startsWith(`Cannot read "${copy}`), `${at}: ${message}`);
          } else assert.match(message, /"time":"time"|"f32"|"u16/, `byte ${at}: ${message}`);
        }
      }
    } finally {
      await Deno.remove(copy);
    }
  });
}

Deno.test("an Arrow file of Polars with any byte of its buffers changed is refused with its name, or gives as many rows", async () => {
  const path = new URL("./fixtures/polars_lz4.arrow", import.meta.url).pathname;
  const copy = await Deno.makeTempFile({ suffix: ".arrow" });
  try {
    const bytes = await Deno.readFile(path);
    for (let at = 0; at < bytes.length; at++) {
      await Deno.writeFile(copy, bytes.with(at, bytes[at]! ^ 255));
      try {
        const file = await importRows(copy);
        let rows = 0;
        for await (using chunk of file.chunks()) rows += chunk.length;
        assert.equal(rows, ROWS.length);
      } catch (error) {
        const { message, name } = error as Error;
        if (name !== "AssertionError") {
          assert.ok(message.startsWith(`Cannot read "${copy}"`), `${at}: ${message}`);
        } else throw error;
      }
    }
  } finally {
    await Deno.remove(copy);
  }
});
