import assert from "node:assert/strict";
import fc from "fast-check";
import { randomRows } from "../testing/random_rows.ts";
import { BufferHandle, BufferPool } from "./buffer_pool.ts";
import { partsOf, tableOf } from "./handoff.ts";
import { schema } from "./schema.ts";
import { Table } from "./table.ts";

const waves = () =>
  randomRows({
    columns: { wave: { type: "u16[]", value: ({ time }) => Array.from({ length: time % 4 }, (_, k) => k) } },
  });

Deno.test("a table over its own parts has the same rows, whatever part of a table it is", () => {
  fc.assert(fc.property(waves(), fc.nat(), fc.nat(), (table, a, b) => {
    const from = a % (table.length + 1), to = from + b % (table.length + 1 - from);
    using compact = table.compact({ pool: new BufferPool({ shared: true }) });
    using slice = compact.slice(from, to);
    const buffers: ArrayBufferLike[] = [];
    const parts = structuredClone(partsOf(slice as Table, buffers));
    assert.equal(buffers.length, 1);
    using there = tableOf(parts, buffers);
    assert.deepEqual(there.rows(), slice.rows());
  }));
});

Deno.test("parts of a worker's table are the same memory", async () => {
  const code = `onmessage = ({ data: [buffer] }) => { new Float32Array(buffer).fill(7); postMessage(0); };`;
  const worker = new Worker(`data:text/javascript,${encodeURIComponent(code)}`, { type: "module" });
  const pool = new BufferPool({ shared: true });
  using table = Table.from(schema({ time: "time", x: "f32" }), { time: [1n], x: [3] }, { pool });
  const buffers: ArrayBufferLike[] = [];
  partsOf(table as unknown as Table, buffers);
  const { promise, resolve } = Promise.withResolvers<void>();
  worker.onmessage = () => resolve();
  worker.postMessage(buffers);
  await promise;
  worker.terminate();
  assert.equal(table.columns.x[0], 7);
});

Deno.test("tables that share a buffer name it once, and each reference is asked for once", () => {
  const pool = new BufferPool({ shared: true });
  const base = Table.from(schema({ time: "time" }), { time: [1n, 2n] }, { pool });
  const both = Table.allocate(schema({ time: "time", x: "f32" }), 2, {
    pool,
    t0: base.t0,
    share: { time: base as Table },
  });
  const buffers: ArrayBufferLike[] = [];
  const parts = [base as unknown as Table, both as unknown as Table].map((table) => partsOf(table, buffers));
  assert.equal(buffers.length, 2);
  const asked: number[] = [];
  const hold = (index: number) => {
    asked.push(index);
    return { handle: new BufferHandle(buffers[index]!), charged: false };
  };
  for (const part of parts) tableOf(part, buffers, hold).release();
  assert.deepEqual(asked, [0, 0, 1]);
});

Deno.test("parts that do not lie in their buffers are refused", () => {
  const pool = new BufferPool({ shared: true });
  using table = Table.from(schema({ time: "time" }), { time: [1n, 2n] }, { pool });
  const buffers: ArrayBufferLike[] = [];
  const parts = partsOf(table as unknown as Table, buffers);
  const places = [...parts.places];
  places[1] = buffers[0]!.byteLength;
  assert.throws(() => tableOf({ ...parts, places }, buffers), RangeError);
});
