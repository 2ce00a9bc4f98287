// The look-up that runs once a record, against a Map by "board:channel" text.

import assert from "node:assert/strict";
import { PerChannel } from "./per_channel.ts";

const entries = Array.from({ length: 64 }, (_, k) => [k >> 4, k & 15, k] as const);
const values = new PerChannel(-1, entries);
const byText = new Map(entries.map(([board, channel, value]) => [`${board}:${channel}`, value]));
const N = 100_000;
let expected = 0;
for (let i = 0; i < N; i++) expected += values.at((i >> 4) & 3, i & 15);

Deno.bench("PerChannel.at(), 100k records", { group: "at", baseline: true }, () => {
  let sum = 0;
  for (let i = 0; i < N; i++) sum += values.at((i >> 4) & 3, i & 15);
  assert.equal(sum, expected);
});

Deno.bench("Map by text, 100k records", { group: "at" }, () => {
  let sum = 0;
  for (let i = 0; i < N; i++) sum += byText.get(`${(i >> 4) & 3}:${i & 15}`) ?? -1;
  assert.equal(sum, expected);
});
