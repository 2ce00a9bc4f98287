import assert from "node:assert/strict";
import fc from "fast-check";
import { Context } from "@millrace/core/context";
import { isKernelMemory, placesInUse } from "@millrace/core/kernel-memory";
import type { Plugin } from "@millrace/core/plugin";
import type { Ragged } from "@millrace/core/schema";
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

/** Says whether a column of what a plugin makes lies in the memory of the kernels. */
function watched(plugin: Plugin, seen: boolean[]): Plugin {
  return {
    ...plugin,
    computeChunk(chunk, context) {
      const made = plugin.computeChunk!(chunk, context) as Table;
      seen.push(made.held.some(({ handle }) => isKernelMemory(handle.buffer)));
      return made;
    },
  };
}

Deno.test("records and hits lie in the kernels' memory where only plugins see them, and give it back", async () => {
  const [pulses] = fc.sample(randomPulses(), { numRuns: 1, seed: 1 });
  const records: boolean[] = [], hits: boolean[] = [], before = placesInUse();
  await using ctx = new Context({ config });
  const chain = [watched(straxRecords, records), watched(straxHits, hits), straxPeaks];
  ctx.register(tableSource("raw_records", rawTable(pulses!)), ...chain);
  const run = async (...targets: string[]) => {
    records.length = hits.length = 0;
    const tables = await Promise.all(targets.map((target) => ctx.getData("run", target)));
    for (const table of tables) {
      for (const { handle } of table.held) assert.ok(!isKernelMemory(handle.buffer), "the user's own");
    }
    assert.equal(placesInUse(), before);
    return { records: new Set(records), hits: new Set(hits), rows: tables.map((table) => table.rows()) };
  };
  const peaks = await run("peaks");
  assert.deepEqual([peaks.records, peaks.hits], [new Set([true]), new Set([true])]);
  const found = await run("hits");
  assert.deepEqual([found.records, found.hits], [new Set([true]), new Set([false])]);
  assert.deepEqual((await run("records")).records, new Set([false]));
});
