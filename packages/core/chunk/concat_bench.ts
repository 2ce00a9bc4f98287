// 50 chunks of 20 000 records of 100 samples (216 MB) joined into one: a pooled buffer, against fresh arrays column by
// column and against structured clone of what has to be moved.

import { RECORDS, seeded } from "./_benching.ts";
import { BufferPool } from "../data/buffer_pool.ts";
import { Chunk } from "./chunk.ts";
import { concat } from "./concat.ts";
import { splitByCount } from "./split_by_count.ts";

const ROWS = 1_000_000;
const PART = 20_000;
const table = seeded<typeof RECORDS.types>(RECORDS, ROWS, 2);
const whole = new Chunk(table, { start: 0n, end: BigInt(table.columns.time[ROWS - 1]! + 1) });
const parts = splitByCount(whole, PART);
const pool = new BufferPool({ maxIdle: 2 ** 30 });

let sum = 0;

Deno.bench("concat(): pooled", { group: "concat", baseline: true }, () => {
  const joined = concat(parts, { pool });
  sum += joined.columns.wave[joined.columns.wave.length - 1]!;
  joined.release();
});

Deno.bench("naive: fresh arrays, set() a column", { group: "concat" }, () => {
  const out = {
    time: new Float64Array(ROWS),
    endtime: new Float64Array(ROWS),
    channel: new Int16Array(ROWS),
    baseline: new Float32Array(ROWS),
    wave: new Uint16Array(ROWS * 100),
  };
  let at = 0;
  for (const part of parts) {
    const { time, endtime, channel, baseline, wave } = part.columns;
    out.time.set(time, at);
    out.endtime.set(endtime, at);
    out.channel.set(channel, at);
    out.baseline.set(baseline, at);
    out.wave.set(wave, at * 100);
    at += part.length;
  }
  sum += out.wave[out.wave.length - 1]!;
});

Deno.bench("naive: row objects, one chunk of the 50", { group: "rows" }, () => {
  sum += parts[0]!.table.rows().length;
});

globalThis.addEventListener("unload", () => console.log(`checksum ${sum}`));
