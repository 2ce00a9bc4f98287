import assert from "node:assert/strict";
import { Context, tableSource } from "@millrace/core";
import { testPlugin } from "@millrace/core/testing";
import { sample } from "./golden.ts";
import { longHits } from "./mod.ts";

Deno.test("longHits is the same for every chunking, and with every executor", async () => {
  await testPlugin(longHits, { inputs: { hit_threshold: sample() } });
});

Deno.test("longHits keeps what lasts at least minLength", async () => {
  await using ctx = new Context({ config: { "long_hits.minLength": "30 ns" } });
  ctx.register(tableSource("hit_threshold", sample()), longHits);
  const rows = (await ctx.getData("run", "long_hits")).rows();
  assert.deepEqual(rows, [
    { time: 0n, endtime: 30_000n, length: 30_000 },
    { time: 200_000n, endtime: 290_000n, length: 90_000 },
  ]);
});
