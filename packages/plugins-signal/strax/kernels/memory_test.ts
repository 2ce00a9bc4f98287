import assert from "node:assert/strict";
import fc from "fast-check";
import { Context } from "@millrace/core/context";
import { isKernelMemory, kernelBuffers, placesInUse } from "@millrace/core/kernel-memory";
import type { Plugin } from "@millrace/core/plugin";
import type { Ragged } from "@millrace/core/schema";
import { Table } from "@millrace/core/table";
import { tableSource } from "@millrace/core/table-source";
import { rawSchema } from "../../formats/compass/raw_schema.ts";
import { randomPulses, rawTable } from "../_testing.ts";
import { straxHits } from "../hits.ts";
import { straxPeaks } from "../peaks.ts";
import { rawRecords } from "../raw_records.ts";
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

Deno.test("fragments in the kernels' memory give the same peaks and stay the caller's", () =>
  fc.assert(
    fc.asyncProperty(randomPulses(), fc.integer({ min: 1, max: 9 }), async (pulses, chunkSize) => {
      const plain = rawTable(pulses), there = plain.compact({ pool: kernelBuffers }), before = placesInUse();
      const targets = ["peaks", "hits", "records", "raw_records"];
      const rows = await Promise.all([plain, there].map(async (table) => {
        await using ctx = new Context({ config });
        ctx.register(tableSource("raw_records", table), straxRecords, straxHits, straxPeaks);
        const found = [];
        for (const target of targets) found.push((await ctx.getData("run", target, { chunkSize })).rows());
        return found;
      }));
      assert.deepEqual(rows[1], rows[0]);
      assert.deepEqual(there.rows(), plain.rows());
      assert.equal(placesInUse(), before);
    }),
    { numRuns: 20 },
  ));

Deno.test("raw_records lie in the kernels' memory where only records read them", async () => {
  const traces = Table.from(rawSchema, {
    ...{ time: [0n, 9000n], endtime: [6000n, 11000n], board: [0, 0], channel: [3, 1], record_id: [0n, 1n] },
    ...{ dt: [2000, 2000], length: [3, 1], energy: [0, 0], energy_short: [0, 0] },
    ...{ energy_calibrated: [NaN, NaN], flags: [0, 0], polarity: [0, 0], wave: [[10, 12, 40], [9]] },
  });
  const made: boolean[] = [], before = placesInUse();
  await using ctx = new Context({ config: { "raw_records.samples": 2 } });
  ctx.register(tableSource("raw_files", traces), watched(rawRecords, made), straxRecords, straxHits);
  for (const [target, isThere] of [["hits", true], ["records", true], ["raw_records", false]] as const) {
    made.length = 0;
    using _ = await ctx.getData("run", target);
    assert.deepEqual(new Set(made), new Set([isThere]), target);
  }
  assert.equal(placesInUse(), before);
});
