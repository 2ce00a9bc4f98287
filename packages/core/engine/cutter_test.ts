// Few rows that are left of earlier chunks in front of a large one.
import assert from "node:assert/strict";
import { Context } from "../context/context.ts";
import { schema } from "../data/schema.ts";
import { Table } from "../data/table.ts";
import { definePlugin } from "../plugin/define.ts";
import { tableSource } from "../plugin/table_source.ts";

const WIDTH = 2048, CHUNK = 400, ROWS = 5 * CHUNK, STEP = 100, NEAR = 5 * STEP;

/** Of each row the sum of the first samples of the rows that start within `NEAR` of it; how many calls there were. */
async function sums(chunk: number): Promise<{ found: number[]; calls: number }> {
  const rows = Table.allocate(schema({ time: "time", endtime: "time", wave: `u16[${WIDTH}]` }), ROWS);
  const { time, endtime, wave } = rows.columns;
  for (let i = 0; i < ROWS; i++) {
    time[i] = i * STEP;
    endtime[i] = i * STEP + 50;
    wave[i * WIDTH] = i * i % 251;
  }
  let calls = 0;
  const plugin = definePlugin({
    provides: "sums",
    dependsOn: ["raw"],
    version: "1",
    schema: { time: "time", endtime: "time", sum: "u32" },
    halo: { left: NEAR, right: NEAR },
    options: {},
    computeChunk({ columns, length }, { emit, own }) {
      calls++;
      const out = emit(own.to - own.from), wave = columns["wave"] as unknown as Uint16Array;
      const times = columns["time"] as unknown as Float64Array;
      for (let i = own.from; i < own.to; i++) {
        let sum = 0;
        for (let k = 0; k < length; k++) {
          if (Math.abs(times[k]! - times[i]!) <= NEAR) sum += wave[k * WIDTH]!;
        }
        out.columns.time[i - own.from] = times[i]!;
        out.columns.endtime[i - own.from] = times[i]! + 50;
        out.columns.sum[i - own.from] = sum;
      }
      return out;
    },
  });
  await using ctx = new Context();
  const cuts = Array.from({ length: Math.ceil(ROWS / chunk) - 1 }, (_, k) => BigInt((k + 1) * chunk * STEP));
  ctx.register(tableSource("raw", rows as unknown as Table, { cuts }), plugin);
  using table = await ctx.getData("run", "sums");
  return { found: [...table.get("sum", "u32")], calls };
}

Deno.test("a stretch that ends soon behind rows of an earlier chunk changes no result", async () => {
  const whole = await sums(ROWS), large = await sums(CHUNK), small = await sums(50);
  assert.equal(whole.found.length, ROWS);
  assert.deepEqual(large.found, whole.found);
  assert.deepEqual(small.found, whole.found);
  assert.ok(large.calls > ROWS / CHUNK + 2, `only ${large.calls} calls: no stretch ended behind the rest`);
});
