// What the benchmarks of this folder share: seeded rows and the variants to compare with.

import { schema } from "../data/schema.ts";
import { Table } from "../data/table.ts";

/** A record of 100 samples. */
export const RECORDS = schema({
  time: "time",
  endtime: "time",
  channel: "i16",
  baseline: "f32",
  wave: "u16[100]",
});

/** A hit. */
export const HITS = schema({ time: "time", endtime: "time", channel: "i16", height: "f32", area: "f32" });

/** Uniform numbers in [0, 1), the same for the same seed (mulberry32). */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = state + 0x6d2b79f5 >>> 0;
    let t = Math.imul(state ^ state >>> 15, state | 1);
    t = t + Math.imul(t ^ t >>> 7, t | 61) ^ t;
    return ((t ^ t >>> 14) >>> 0) / 2 ** 32;
  };
}

/** `rows` rows in time order, 0 to 20 000 ps apart and up to 50 000 ps long. */
export function seeded<C extends typeof RECORDS.types | typeof HITS.types>(
  types: typeof RECORDS | typeof HITS,
  rows: number,
  seed: number,
): Table<C> {
  const next = random(seed);
  const table = Table.allocate(types as typeof HITS, rows) as Table;
  let now = 0;
  const time = table.get("time", "time"),
    endtime = table.get("endtime", "time"),
    channel = table.get("channel", "i16");
  for (let i = 0; i < rows; i++) {
    now += Math.floor(next() * 20_000);
    time[i] = now;
    endtime[i] = now + Math.floor(next() * 50_000);
    channel[i] = Math.floor(next() * 16);
  }
  for (const { name, kind } of types.columns) {
    if (kind !== "fixed") continue;
    const wave = table.get(name as "wave", "u16[100]");
    for (let i = 0; i < wave.length; i++) wave[i] = i & 0x3fff;
  }
  return table as Table<C>;
}
