import type * as Arrow from "apache-arrow";
import assert from "node:assert/strict";
import { schema } from "../data/schema.ts";
import { Table } from "../data/table.ts";
import { arrow } from "../interchange/arrow.ts";
import { exportRows } from "../interchange/export_rows.ts";
import { Chunk } from "../chunk/chunk.ts";
import { readFooter } from "./_arrow_batch.ts";
import { joined, plainRows } from "./_testing.ts";
import { encodeChunk, openArrow } from "./arrow.ts";
import { loadChunk } from "./load_chunk.ts";

const TYPES = schema({ time: "time", endtime: "time", height: "f32", ok: "bool", wave: "u16[]" } as const);
const TABLE = Table.from(TYPES, {
  time: [0, 100, 200],
  endtime: [50, 150, 250],
  height: [1, 2, 3],
  ok: [true, false, true],
  wave: [[1, 2, 3], [], [500, 7]],
}) as unknown as Table;
const rows = plainRows(TABLE);

/** Bytes that describe a file, its rows apart: places, each first and last (excluded). */
async function described(bytes: Uint8Array<ArrayBuffer>): Promise<[number, number][]> {
  const footer = await readFooter((at, length) => bytes.subarray(at, at + length), bytes.length);
  const length = new DataView(bytes.buffer, bytes.byteOffset).getInt32(bytes.length - 10, true);
  return [
    [0, 8],
    ...[...footer.recordBatches()].map(({ offset, metaDataLength }): [number, number] => [
      offset,
      offset + metaDataLength,
    ]),
    [bytes.length - 10 - length, bytes.length],
  ];
}

/** Bits from one that is flipped to the next; 1 flips each. */
const STEP = Number(Deno.env.get("MILLRACE_FLIP_STEP") ?? 13);

/**
 * Flip bits of what describes a file: it is refused soon, or gives as many rows of as many columns. Flipped places in the batch may
 * give other values, and without a schema flipped names give other names: only a checksum tells.
 */
async function flipAll(
  path: string,
  bytes: Uint8Array<ArrayBuffer>,
  read: () => Promise<Table[]>,
): Promise<void> {
  await Deno.writeFile(path, bytes);
  assert.deepEqual((await read()).flatMap((table) => plainRows(table)), rows);
  const typesOf = ({ schema }: Table) => schema.columns.map(({ type }) => type);
  let refused = 0, accepted = 0;
  for (const [from, to] of await described(bytes)) {
    for (let bit = from * 8; bit < to * 8; bit += STEP) {
      const changed = bytes.slice(), at = bit >> 3;
      const what = `bit ${bit % 8} of byte ${at}, ${at - from} of ${to - from}`;
      changed[at]! ^= 1 << bit % 8;
      await Deno.writeFile(path, changed);
      const start = performance.now();
      const found = await read().catch((error: Error) => error);
      assert.ok(performance.now() - start < 1000, `${what} took a second`);
      if (found instanceof Error) {
        refused++;
        assert.ok(found.message.startsWith(`Cannot read "${path}"`), `${what}: ${found.stack}`);
        continue;
      }
      accepted++;
      for (const table of found) assert.deepEqual(typesOf(table), typesOf(TABLE), what);
      assert.equal(found.reduce((sum, { length }) => sum + length, 0), rows.length, what);
    }
  }
  assert.ok(refused > accepted, `${refused} refused, ${accepted} read`);
}

for (const codec of ["none", "waveform"] as const) {
  Deno.test(`a chunk file (${codec}) whose description has a flipped bit is refused, or has its rows`, async () => {
    const path = await Deno.makeTempFile({ suffix: ".arrow" });
    try {
      const bytes = new Uint8Array(
        joined(await encodeChunk(new Chunk(TABLE, { start: 0n, end: 300n, runId: "run_7" }), TYPES, codec)),
      );
      const request = {
        path,
        bytes: bytes.length,
        sha256: "",
        rows: 3,
        verify: "never",
        known: undefined,
        schema: TYPES.text,
        columns: TYPES.columns.map(({ name }) => name),
        start: 0n,
        end: 300n,
        from: undefined,
        to: undefined,
      } as const;
      await flipAll(path, bytes, async () => [(await loadChunk(request)).table]);
    } finally {
      await Deno.remove(path);
    }
  });
}

Deno.test("an Arrow file to import whose description has a flipped bit is refused, or has its rows", async () => {
  const folder = await Deno.makeTempDir(), path = `${folder}/rows.arrow`;
  try {
    await exportRows([TABLE.slice(0, 2), TABLE.slice(2, 3)], TYPES, path);
    await flipAll(
      path,
      await Deno.readFile(path),
      async () => await Array.fromAsync((await arrow.open(path, { rows: 10 })).tables()),
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("an Arrow file whose first message names another column than its footer is refused", async () => {
  const bytes = new Uint8Array(joined(await encodeChunk(new Chunk(TABLE, { start: 0n, end: 300n }), TYPES)));
  const { Message } = await import("apache-arrow/ipc/metadata/message");
  const read = async (schema: Arrow.Schema) => {
    const message = Message.encode(Message.from(schema)), padded = (message.length + 7) & ~7;
    const inserted = new Uint8Array(8 + padded);
    new DataView(inserted.buffer).setInt32(0, -1, true);
    new DataView(inserted.buffer).setInt32(4, padded, true);
    inserted.set(message, 8);
    const old = new DataView(bytes.buffer).getInt32(bytes.length - 10, true), at = bytes.length - 10 - old;
    const { Footer } = await import("apache-arrow/ipc/metadata/file");
    const footer = Footer.decode(bytes.subarray(at, at + old)), block = footer.getRecordBatch(0)!;
    block.offset += inserted.length;
    const end = Footer.encode(new Footer(footer.schema, undefined, [block], []));
    const length = new Uint8Array(new Int32Array([end.length]).buffer);
    const parts = [
      bytes.subarray(0, 8),
      inserted,
      bytes.subarray(8, at),
      end,
      length,
      bytes.subarray(bytes.length - 6),
    ];
    return await openArrow(new Uint8Array(joined(parts)), { schema: TYPES });
  };
  const { schema: same } = await readFooter((at, length) => bytes.subarray(at, at + length), bytes.length);
  assert.equal((await read(same)).rows, 3);
  const [first, ...more] = same.fields, { Schema } = await import("apache-arrow");
  const other = new Schema([first!.clone({ name: "tame" }), ...more], same.metadata);
  await assert.rejects(read(other), /its first message and its footer describe other columns/);
});

/** Files that Polars 1.44 wrote, `{ time: [5, 9], x: [1.5, 2.5] }` and none of these rows: gzip, base64. */
const POLARS = {
  rows:
    "H4sIAAAAAAACA81SKw7CQBB9/UBaqChQgeQKJIg62hOQ1GCwCAQOgeyRkEguwSUIiiAaTHkzu5CmCYJgeJvd2X1vZjqd3bwoFssp4AO41XWdQPYO1x76CLj6qMhHZAIOUV2uM5iYE7UJbaw64HhQPMi76HKYbHvOK7mUVvzH4utK3JAeMQYaHWnsnX6Z6JozpB7ot3ab7RoWdKkPtgbJW1re1O8x00hzRzxdtBaDla1V/i+hFvHk4zNia7MWn7V0gWsnWlwTHWtD/IJqbqyffRspfUOjb5IgffdNbmCoHQm4k/4fbdzLlu1K/ultnLnJ9UE/AVyPOP3XAgAA",
  none:
    "H4sIAAAAAAACA3MMCvIPN2RgYGFgYPj0//9/EQYQmxFIcjFwM3AASRaGH0BxHqAIBxCCZJmApAkDRM8BoJwCkBYAyzMwMDIzgMEvoDgTAxsQQkyrAOI3QDELIA1SLwFSywTSJwRUIcAgCNbNA9b7BajOASQPNpMTKM8BtqskMzeVAQqASv4zQN0AMlcDaq4IVIwHaK4AWCcPAzIYVH7ZC2Q4giMAANhTKf+HAQAA",
};

Deno.test("files of Polars are read, whose first message has no length", async () => {
  const path = await Deno.makeTempFile({ suffix: ".arrow" });
  try {
    for (const [name, wanted] of [["rows", [[5n, 1.5], [9n, 2.5]]], ["none", []]] as const) {
      const packed = new Blob([Uint8Array.fromBase64(POLARS[name])]).stream();
      const bytes = await new Response(packed.pipeThrough(new DecompressionStream("gzip"))).bytes();
      await Deno.writeFile(path, bytes);
      const tables = await Array.fromAsync((await arrow.open(path, { rows: 10 })).tables());
      const found = tables.flatMap((table) =>
        Array.from({ length: table.length }, (_, i) => [table.row(i)["time"], table.row(i)["x"]])
      );
      assert.deepEqual(found, wanted);
    }
  } finally {
    await Deno.remove(path);
  }
});
