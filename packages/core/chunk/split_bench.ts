// 100 cuts through a chunk of 1 000 000 rows: views, against copies and against int64 times in a BigInt64Array.

import { HITS, seeded } from "./_benching.ts";
import { Chunk } from "./chunk.ts";
import { split } from "./split.ts";
import { splitByCount } from "./split_by_count.ts";
import { splitSealed } from "./split_sealed.ts";

const ROWS = 1_000_000;
const table = seeded<typeof HITS.types>(HITS, ROWS, 1);
const chunk = new Chunk(table, { start: 0n, end: BigInt(table.columns.time[ROWS - 1]! + 1) });
const cuts = Array.from({ length: 100 }, (_, k) => chunk.end * BigInt(k + 1) / 101n);
const fewCuts = cuts.filter((_, k) => k % 10 === 5);
const { time, endtime, channel, height, area } = table.columns;
const bigTimes = BigInt64Array.from(time, BigInt), bigEnds = BigInt64Array.from(endtime, BigInt);

/** Defeats dead-code removal: sums over all calls. */
let sum = 0;

Deno.bench("split(): views by start", { group: "split", baseline: true }, () => {
  for (const cut of cuts) {
    const [left, right] = split(chunk, cut);
    sum += left.length - right.length;
    left.release();
    right.release();
  }
});

Deno.bench("splitSealed(): the nearest earlier gap", { group: "split" }, () => {
  for (const cut of cuts) {
    const [left, right] = splitSealed(chunk, cut);
    sum += left.length - right.length;
    left.release();
    right.release();
  }
});

Deno.bench("naive: masks and copies (10 cuts)", { group: "split" }, () => {
  for (const cut of fewCuts) {
    const t = Number(cut);
    for (const column of [time, endtime, channel, height, area]) {
      sum += column.filter((_, i) => time[i]! < t).length - column.filter((_, i) => time[i]! >= t).length;
    }
  }
});

Deno.bench("naive: running end of int64 times (10 cuts)", { group: "split" }, () => {
  for (const cut of fewCuts) {
    let cover = -1n, i = 0;
    for (; i < ROWS && bigTimes[i]! < cut; i++) if (bigEnds[i]! > cover) cover = bigEnds[i]!;
    sum += i;
  }
});

Deno.bench("splitByCount(): parts of 1000 rows", { group: "parts", baseline: true }, () => {
  for (const part of splitByCount(chunk, 1000)) {
    sum += part.length;
    part.release();
  }
});

globalThis.addEventListener("unload", () => console.log(`checksum ${sum}`));
