import assert from "node:assert/strict";
import fc from "fast-check";
import { Context } from "@millrace/core/context";
import { definePlugin } from "@millrace/core/define";
import type { Plugin } from "@millrace/core/plugin";
import type { Ragged } from "@millrace/core/schema";
import { isCallOf } from "@millrace/core/stage";
import type { Table } from "@millrace/core/table";
import { tableSource } from "@millrace/core/table-source";
import { randomPulses, rawTable } from "../_testing.ts";
import { straxHits } from "../hits.ts";
import { straxPeaks } from "../peaks.ts";
import { straxRecords } from "../records.ts";

const config = {
  "records.baselineSamples": 3,
  "records.maxPulse": 48,
  "hits.minAmplitude": 3,
  "peaks.channels": 8,
  "peaks.minArea": 0,
  "peaks.minChannels": 1,
};

/** Calls a plugin and changes what it made, in place or in a copy: as a plugin with a calibration of its own does. */
function changed(plugin: Plugin, column: "data" | "wave", inPlace: boolean): Plugin {
  let calls = 0;
  return {
    ...plugin,
    computeChunk(chunk, context) {
      assert.ok(!isCallOf(plugin, context));
      if (calls++ % 2 === 1) {
        // A call that fails leaves nothing behind either.
        assert.throws(() => plugin.computeChunk!(chunk, { ...context, emit: () => assert.fail("no room") }));
      }
      const made = plugin.computeChunk!(chunk, context) as Table;
      const out = inPlace ? made : made.compact();
      const found = (out.columns as Record<string, Int16Array | Ragged>)[column]!;
      const values = ("offsets" in found ? found.values : found) as Int16Array;
      for (let i = 0; i < values.length; i++) values[i]! *= 2;
      return out;
    },
  };
}

for (const name of ["records", "hits"] as const) {
  Deno.test(`what a plugin changes in ${name} that another made is what kernels behind it read`, () =>
    fc.assert(
      fc.asyncProperty(randomPulses(), fc.integer({ min: 1, max: 9 }), async (pulses, chunkSize) => {
        const peaks = await Promise.all([true, false].map(async (inPlace) => {
          const chain = name === "records"
            ? [changed(straxRecords, "data", inPlace), straxHits]
            : [straxRecords, changed(straxHits, "wave", inPlace)];
          await using ctx = new Context({ config });
          ctx.register(tableSource("raw_records", rawTable(pulses)), ...chain, straxPeaks);
          return [...(await ctx.getData("run", "peaks", { chunkSize })).rows()];
        }));
        assert.deepEqual(peaks[0], peaks[1]);
      }),
      { numRuns: 10 },
    ));
}

Deno.test("isCallOf() holds where the engine calls the plugin, and for no other nor a copy of the context", async () => {
  const seen: boolean[] = [];
  // The engine has another object for a plugin whose options choose its input.
  const looking: Plugin = definePlugin({
    provides: "looking",
    dependsOn: ["raw_records", "records"],
    reads: () => ["records"] as const,
    version: "1",
    dataKind: "raw_records",
    schema: { time: "time", endtime: "time" },
    computeChunk(chunk, context) {
      seen.push(
        isCallOf(looking, context),
        isCallOf(straxRecords, context),
        isCallOf(looking, { ...context }),
      );
      return context.emit(chunk.length, { share: { time: chunk.table, endtime: chunk.table } });
    },
  });
  const [pulses] = fc.sample(randomPulses(), { numRuns: 1, seed: 1 });
  await using ctx = new Context({ config: { "records.baselineSamples": 3, "records.maxPulse": 48 } });
  ctx.register(tableSource("raw_records", rawTable(pulses!)), straxRecords, looking);
  await ctx.getData("run", "looking");
  assert.deepEqual(seen.slice(0, 3), [true, false, false]);
});
