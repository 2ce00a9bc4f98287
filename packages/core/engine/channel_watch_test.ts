import assert from "node:assert/strict";
import { Context } from "../context/context.ts";
import { schema } from "../data/schema.ts";
import { Table } from "../data/table.ts";
import { option } from "../options/option.ts";
import { definePlugin } from "../plugin/define.ts";
import type { Plugin } from "../plugin/plugin.ts";
import { tableSource } from "../plugin/table_source.ts";

const N = 20;
const numbers = Array.from({ length: N }, (_, k) => k);
const rows = Table.from(schema({ time: "time", board: "u16", channel: "u16" }), {
  time: numbers.map(BigInt),
  board: numbers.map(() => 1),
  channel: numbers.map((k) => k < 10 ? 0 : 3),
});

const hits: Plugin = definePlugin({
  provides: "hits",
  dependsOn: ["rows"],
  version: "1",
  schema: { time: "time" },
  options: {
    threshold: option.number({ default: 10, perChannel: true, help: "Lowest height" }),
    width: option.number({ default: 1, perChannel: true, help: "Width" }),
  },
  computeChunk: () => null,
});

async function noticesOf(
  config: Record<string, unknown>,
  source = rows,
  more = {},
): Promise<readonly string[]> {
  await using ctx = new Context();
  ctx.register(tableSource("rows", source as unknown as Table), hits);
  ctx.setConfig(config);
  return (await ctx.run("run_1", ["hits"], { chunkSize: 7, ...more })).notices;
}

const perChannel = (...channels: string[]) => ({
  channels: Object.fromEntries(channels.map((channel, k) => [channel, 20 + k])),
});

Deno.test("an option for a channel that has no rows is told, naming the channels that there are", async () => {
  assert.deepEqual(await noticesOf({ "hits.threshold": perChannel("1:0", "1:2", "0:3") }), [
    'hits: The option "hits.threshold" is set for channels 0:3, 1:2, of which there are no rows; ' +
    "rows have channels 1:0, 1:3",
  ]);
  assert.equal((await noticesOf({ threshold: perChannel("1:2"), width: perChannel("7:7") })).length, 2);
});

Deno.test("nothing is told where all channels have rows, or where that can't be known", async () => {
  assert.deepEqual(await noticesOf({ "hits.threshold": perChannel("1:0", "1:3") }), []);
  assert.deepEqual(await noticesOf({ "hits.threshold": 5 }), []);
  const plain = Table.from(schema({ time: "time" }), { time: [1n] });
  assert.deepEqual(
    await noticesOf({ "hits.threshold": perChannel("9:9") }, plain as unknown as typeof rows),
    [],
  );
  await using ctx = new Context();
  ctx.register(tableSource("rows", rows), hits).setConfig({ "hits.threshold": perChannel("1:3") });
  const notices: string[] = [];
  const onEvent = (event: { type: string }) => event.type === "notice" && notices.push("told");
  for await (const chunk of ctx.getStream("run_1", "hits", { timeRange: [0n, 5n], onEvent })) chunk.release();
  assert.deepEqual(notices, [], "the channel has rows elsewhere");
});
