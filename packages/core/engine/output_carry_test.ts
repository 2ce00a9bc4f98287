// Few rows that wait where many more follow.
import assert from "node:assert/strict";
import type { Chunk } from "../chunk/chunk.ts";
import { mergeRows } from "../chunk/merge_rows.ts";
import { Context } from "../context/context.ts";
import { Account, BufferPool } from "../data/buffer_pool.ts";
import { type Schema, schema } from "../data/schema.ts";
import { Table } from "../data/table.ts";
import { definePlugin } from "../plugin/define.ts";
import { tableSource } from "../plugin/table_source.ts";
import { Random } from "../testing/_random.ts";
import { OutputCarry } from "./output_carry.ts";

const WIDTH = 1024;
const WAVES = schema({ time: "time", endtime: "time", channel: "u16", wave: `u16[${WIDTH}]`, id: "u32" });

/** Rows at random times in `[from, to)`, in order. */
function rowsIn(random: Random, from: number, to: number, count: number): Table {
  const table = Table.allocate(WAVES as Schema, count);
  const { time, endtime, channel, wave, id } = table.columns as Record<string, Float64Array>;
  time!.set(
    Float64Array.from({ length: count }, () => from + Math.floor(random.next() * (to - from))).sort(),
  );
  for (let i = 0; i < count; i++) {
    endtime![i] = time![i]! + 90 - time![i]! % 80; // rows of equal times stay as they come
    channel![i] = 0;
    id![i] = Math.floor(random.next() * 2 ** 32);
    wave!.fill(id![i]! & 0xffff, i * WIDTH, (i + 1) * WIDTH);
  }
  return table;
}

/** The chunks that two tables become: all rows are given by `end`. */
function given(parts: readonly Table[], end: bigint, sameKind = false): Chunk[] {
  const chunks: Chunk[] = [];
  const account = new Account();
  const info = { runId: "run", dataType: "waves", dataKind: "waves", schema: WAVES as Schema, advice: "" };
  const carry = new OutputCarry({ ...info, sameKind }, { pool: new BufferPool(), account }, (chunk) => {
    chunks.push(chunk);
  });
  carry.start(0n);
  for (const part of parts) carry.add(part.share());
  carry.advance(end);
  carry.finish(end);
  return chunks;
}

Deno.test("a large table is not copied for few rows in front: what is behind them is a chunk of its own", () => {
  const random = new Random(7);
  for (let k = 0; k < 20; k++) {
    const few = rowsIn(random, 0, 1 + k * 25, 1 + k), many = rowsIn(random, 10, 4000, 700 + k);
    const parts = k % 2 === 0 ? [few, many] : [many, few];
    const chunks = given(parts, 5000n);
    assert.equal(chunks.length, 2);
    const [head, rest] = chunks as [Chunk, Chunk];
    assert.ok(rest.table.get("id", "u32").buffer === many.get("id", "u32").buffer);
    assert.deepEqual([head.start, head.end, rest.end], [0n, rest.start, 5000n]);
    assert.equal(rest.coverBefore, head.coverEnd);
    using expected = mergeRows(parts);
    const rows = chunks.flatMap(({ table }) => [...table.rows()]);
    assert.deepEqual(rows, [...expected.rows()]);
    const cover = rows.reduce((most, { endtime }) => endtime as bigint > most ? endtime as bigint : most, 0n);
    assert.equal(rest.coverEnd, cover);
  }
});

Deno.test("tables that reach far into each other, small ones and those of an input's kind become one chunk", () => {
  const random = new Random(8);
  const far = [rowsIn(random, 0, 3900, 5), rowsIn(random, 0, 4000, 700)];
  assert.equal(given(far, 5000n).length, 1);
  const small = [rowsIn(random, 0, 100, 5), rowsIn(random, 0, 4000, 300)];
  assert.equal(given(small, 5000n).length, 1);
  const kind = [rowsIn(random, 0, 100, 5), rowsIn(random, 100, 4000, 700)];
  assert.equal(given(kind, 5000n, true).length, 1);
});

const CHUNK = 700, ROWS = 5 * CHUNK, STEP = 100;

/** For each row some that start up to 8 steps later; the chunks that they came in. */
async function echoes(rowsOfChunk: number): Promise<{ ids: number[]; chunks: number[] }> {
  const input = rowsIn(new Random(9), 0, 1, ROWS),
    { time, endtime } = input.columns as Record<string, Float64Array>;
  for (let i = 0; i < ROWS; i++) endtime![i] = 10 + (time![i] = i * STEP);
  const echo = definePlugin({
    provides: "echoes",
    dependsOn: ["near"],
    version: "1",
    schema: WAVES.types,
    options: {},
    computeChunk({ columns, length }, { emit }) {
      const out = emit(length), { time, wave, id } = columns as unknown as Record<string, Float64Array>;
      out.columns.wave.set(wave!);
      out.columns.id.set(id!);
      out.columns.channel.fill(0);
      for (let i = 0; i < length; i++) {
        out.columns.time[i] = time![i]! + (id![i]! % 8) * STEP + 5;
        out.columns.endtime[i] = out.columns.time[i]! + 20;
      }
      return out;
    },
  });
  const near = definePlugin({
    provides: "near",
    dependsOn: ["raw"],
    version: "1",
    dataKind: "raw",
    schema: WAVES.types,
    halo: { left: 3 * STEP, right: 0, by: "start" },
    options: {},
    computeChunk({ table }, { emit, own }) {
      const out = emit(own.to - own.from);
      for (const { name } of WAVES.columns) {
        const width = name === "wave" ? WIDTH : 1, values = table.columns[name] as Float64Array;
        (out.columns as unknown as Record<string, Float64Array>)[name]!.set(
          values.subarray(own.from * width, own.to * width),
        );
      }
      return out;
    },
  });
  await using ctx = new Context();
  const cuts = Array.from(
    { length: Math.ceil(ROWS / rowsOfChunk) - 1 },
    (_, k) => BigInt((k + 1) * rowsOfChunk * STEP),
  );
  ctx.register(tableSource("raw", input, { cuts }), near, echo);
  const ids: number[] = [], chunks: number[] = [];
  for await (using chunk of ctx.getStream("run", "echoes")) {
    ids.push(...chunk.table.get("id", "u32"));
    chunks.push(chunk.length);
  }
  return { ids, chunks };
}

Deno.test("rows that reach into the next stretch change no result, however large the chunks are", async () => {
  const whole = await echoes(ROWS), large = await echoes(CHUNK), small = await echoes(50);
  assert.equal(whole.ids.length, ROWS);
  assert.deepEqual(large.ids, whole.ids);
  assert.deepEqual(small.ids, whole.ids);
  // A chunk of few rows where stretches meet, and one of the many behind them.
  const few = large.chunks.filter((rows) => rows > 0 && rows < CHUNK / 4);
  assert.ok(few.length >= 4 && few.length <= 6, `chunks of ${large.chunks} rows`);
});
