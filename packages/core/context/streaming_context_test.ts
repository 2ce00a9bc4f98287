import assert from "node:assert/strict";
import { schema } from "../data/schema.ts";
import { Table } from "../data/table.ts";
import { definePlugin, defineSource } from "../plugin/define.ts";
import type { Plugin } from "../plugin/plugin.ts";
import { Context } from "./context.ts";
import { getStreamingContext } from "./streaming_context.ts";

const ROWS = 50;

/** A source of rows at 0, 10, 20, ... that counts how often it is read. */
function countingSource(): { plugin: Plugin; reads: () => number; closed: () => number } {
  let reads = 0, closed = 0;
  const plugin = defineSource({
    provides: "rows",
    version: "1",
    schema: { time: "time", value: "u16" },
    // deno-lint-ignore require-await -- a source is asynchronous
    async *read() {
      reads++;
      try {
        for (let k = 0; k < ROWS; k += 5) {
          const time = Array.from({ length: 5 }, (_, i) => 10 * (k + i));
          const value = time.map((t) => t / 10);
          yield {
            table: Table.from(schema({ time: "time", value: "u16" }), { time, value }) as unknown as Table,
            end: BigInt(10 * (k + 5)),
          };
        }
      } finally {
        closed++;
      }
    },
    fingerprint: () => Promise.resolve("rows"),
  });
  return { plugin, reads: () => reads, closed: () => closed };
}

/** Rows whose value leaves `rest` when divided by 3. */
function third(name: string, rest: number): Plugin {
  return definePlugin({
    provides: name,
    dependsOn: ["rows"],
    needs: { rows: { time: "time", value: "u16" } },
    version: "1",
    schema: { time: "time", value: "u16" },
    computeChunk(chunk, { emit }) {
      const { time, value } = chunk.columns;
      const out = emit(chunk.length);
      let n = 0;
      for (let i = 0; i < value.length; i++) {
        if (value[i]! % 3 !== rest) continue;
        out.columns.time[n] = time[i]!;
        out.columns.value[n++] = value[i]!;
      }
      return out.resize(n);
    },
  });
}

const values = async (stream: AsyncIterable<{ table: Table; release(): void }>): Promise<number[]> => {
  const all: number[] = [];
  for await (const chunk of stream) {
    all.push(...chunk.table.get("value", "u16"));
    chunk.release();
  }
  return all;
};

Deno.test("mergeStream() of one run's streams reads their source once", async () => {
  const source = countingSource();
  await using ctx = new Context();
  ctx.register(source.plugin, third("a", 0), third("b", 1));
  const streams = getStreamingContext(ctx, "run_1", { chunkSize: 5 });
  const merged = await values(streams.mergeStream([streams.getStream("a"), streams.getStream("b")]));
  assert.deepEqual(merged, Array.from({ length: ROWS }, (_, i) => i).filter((i) => i % 3 < 2));
  assert.equal(source.reads(), 1);
});

Deno.test("mergeStream() of streams with different ranges reads each by itself", async () => {
  const source = countingSource();
  await using ctx = new Context();
  ctx.register(source.plugin, third("a", 0), third("b", 1));
  const streams = getStreamingContext(ctx, "run_1");
  const merged = await values(streams.mergeStream([
    streams.getStream("a", { timeRange: [0n, 100n] }),
    streams.getStream("b", { timeRange: ["50 ps", 200] }),
  ]));
  assert.deepEqual(merged, [0, 3, 6, 7, 9, 10, 13, 16, 19]);
  assert.equal(source.reads(), 2);
});

Deno.test("mergeStream() left early closes the source", async () => {
  const source = countingSource();
  await using ctx = new Context();
  ctx.register(source.plugin, third("a", 0), third("b", 1));
  const streams = getStreamingContext(ctx, "run_1", { chunkSize: 5 });
  for await (const chunk of streams.mergeStream([streams.getStream("a"), streams.getStream("b")])) {
    chunk.release();
    break;
  }
  assert.equal(source.closed(), 1);
});

Deno.test("mergeStream() without sorting gives one stream after the other", async () => {
  const source = countingSource();
  await using ctx = new Context();
  ctx.register(source.plugin, third("a", 0), third("b", 1));
  const streams = getStreamingContext(ctx, "run_1");
  const both = await values(
    streams.mergeStream([streams.getStream("b"), streams.getStream("a")], { sort: false }),
  );
  assert.deepEqual(both.slice(0, 2), [1, 4]);
  assert.deepEqual(both.slice(-2), [45, 48]);
});

Deno.test("getStreamingContext() refuses settings that are not allowed, naming them", () => {
  const ctx = new Context();
  const refused: [Record<string, unknown>, RegExp][] = [
    [{ chunkSize: 0 }, /"chunkSize" must be a whole number above 0: received 0/],
    [{ maxWorkers: -3 }, /"maxWorkers" must be a whole number above 0: received -3/],
    [{ executorType: "gpu" }, /"executorType" must be one of inline, thread, process: received "gpu"/],
    [
      { executorConfig: 7 },
      /"executorConfig" must be the name of a preset or an object of settings: received 7/,
    ],
    [{ parallel: "yes" }, /"parallel" must be true or false: received "yes"/],
    [
      { streamingConfig: { breakThresholdPs: 0.5 } },
      /"breakThresholdPs" must be a whole number of picoseconds/,
    ],
    [{ workers: 2 }, /Unknown streaming setting "workers": there are chunkSize, /],
  ];
  for (const [settings, message] of refused) {
    assert.throws(() => getStreamingContext(ctx, "run_1", settings), message);
  }
});
