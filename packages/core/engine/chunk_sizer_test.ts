import assert from "node:assert/strict";
import fc from "fast-check";
import { Context } from "../context/context.ts";
import { schema } from "../data/schema.ts";
import { Table } from "../data/table.ts";
import { definePlugin } from "../plugin/define.ts";
import { tableSource } from "../plugin/table_source.ts";
import { ChunkSizer } from "./chunk_sizer.ts";

/** Give `chunks` chunks of a run whose rows take `cost` ms each, and of which `lag` chunks are always under way. */
function run(cost: (chunk: number) => number, stored: boolean, chunks: number, lag: number): number[] {
  let busy = 0;
  const underWay: number[] = [], sizes: number[] = [];
  const sizer = new ChunkSizer(() => busy, stored, lag);
  for (let k = 0; k < chunks; k++) {
    const rows = sizer.rowsOf(1);
    sizes.push(rows);
    underWay.push(rows * cost(k));
    if (underWay.length > lag) busy += underWay.shift()!;
    sizer.given(rows);
  }
  return sizes;
}

Deno.test("chunks take about 12 ms, or 50 ms where they become files, whatever a row costs", () => {
  fc.assert(
    fc.property(
      fc.double({ min: -5, max: 0, noNaN: true }),
      fc.boolean(),
      fc.nat(4),
      (exponent, stored, lag) => {
        const cost = 10 ** exponent;
        const last = run(() => cost, stored, 60, lag).at(-1)!;
        const ms = last * cost, target = stored ? 50 : 12;
        assert.ok(ms > target / 1.7 - cost && ms < target * 1.7 + cost, `${last} rows take ${ms} ms`);
      },
    ),
  );
});

Deno.test("chunks follow a load that changes", () => {
  const sizes = run((k) => k < 100 ? 0.001 : 0.1, false, 200, 3);
  assert.ok(Math.abs(sizes[99]! - 12_000) < 1000, `${sizes[99]}`);
  assert.ok(Math.abs(sizes[199]! - 120) < 30, `${sizes[199]}`);
});

Deno.test("without a measurement chunks stay as they are, and never grow by more than 4 or shrink by more than 2", () => {
  assert.deepEqual(new Set(run(() => 0, false, 20, 0)), new Set([500]));
  const sizes = run((k) => k % 7 === 0 ? 1 : 1e-6, false, 200, 2);
  for (let k = 1; k < sizes.length; k++) {
    assert.ok(sizes[k]! <= 4 * sizes[k - 1]! + 1 && sizes[k]! >= sizes[k - 1]! / 2 - 1);
    assert.ok(sizes[k]! >= 1);
  }
});

Deno.test("a chunk holds at most 8 MiB, but at least a row", () => {
  const sizer = new ChunkSizer(() => 0, false);
  assert.equal(sizer.rowsOf(100_000), 83);
  assert.equal(sizer.rowsOf(2 ** 25), 1);
  assert.equal(sizer.rowsOf(8), 500);
});

Deno.test('chunkSize "auto" gives the same rows in chunks of growing size, and never separates equal starts', async () => {
  const table = Table.from(schema({ time: "time" }), {
    time: Array.from({ length: 20_000 }, (_, k) => BigInt(Math.floor(k / 3))),
  });
  const same = definePlugin({
    provides: "same",
    dependsOn: ["rows"],
    needs: { rows: { time: "time" } },
    version: "1",
    schema: { time: "time", n: "f64" },
    dataKind: "rows",
    computeChunk(chunk, { emit }) {
      const out = emit(chunk.length);
      for (let i = 0, until = performance.now() + chunk.length * 1e-4; performance.now() < until;) i++;
      out.columns.n.fill(chunk.length);
      return out;
    },
  });
  await using ctx = new Context();
  ctx.register(tableSource("rows", table), same);
  const lengths: number[] = [];
  let at = 0;
  for await (using chunk of ctx.getStream("run_1", "same", { chunkSize: "auto" })) {
    lengths.push(chunk.length);
    const time = chunk.table.times();
    for (const start of time) assert.equal(start, BigInt(Math.floor(at++ / 3)));
    if (time.length > 0) assert.ok(time.at(-1)! < chunk.end && time[0]! >= chunk.start);
  }
  assert.equal(at, 20_000);
  assert.ok(lengths.length > 3 && lengths[0]! <= 503, `${lengths}`);
});
