import assert from "node:assert/strict";
import fc from "fast-check";
import { Context } from "@millrace/core/context";
import type { Table } from "@millrace/core/table";
import { tableSource } from "@millrace/core/table-source";
import { testPlugin } from "@millrace/core/testing";
import { rowsOf } from "../_testing.ts";
import { hitTable, type Pulse, randomPulses, rawTable } from "./_testing.ts";
import { straxHits } from "./hits.ts";
import { loneHitAreas } from "./lone_hit_areas.ts";
import { loneHits } from "./lone_hits.ts";
import { mergedPeaks } from "./merged_peaks.ts";
import { straxPeaks } from "./peaks.ts";
import { peaksWithLoneHits } from "./peaks_with_lone_hits.ts";
import { straxRecords } from "./records.ts";

const DT = 2, LEFT = 5, RIGHT = 9;
const config = {
  "records.baselineSamples": 3,
  "records.maxPulse": 48,
  "hits.minAmplitude": 3,
  "peaks.channels": 3,
  "peaks.gapThreshold": 12,
  "peaks.gain": { default: 1, channels: { "0:1": 0.5 } },
  "peaks.leftExtension": 2,
  "peaks.rightExtension": 4,
  "lone_hit_areas.leftExtension": LEFT,
  "lone_hit_areas.rightExtension": RIGHT,
  "merged_peaks.maxGap": 30,
  "merged_peaks.maxDuration": 120,
  "peaks_with_lone_hits.gain": { default: 1, channels: { "0:1": 0.5 } },
};
const chain = [straxRecords, straxHits, straxPeaks, loneHits, loneHitAreas, mergedPeaks, peaksWithLoneHits];
const run = (pulses: readonly Pulse[], type: string) =>
  rowsOf([tableSource("raw_records", rawTable(pulses)), ...chain], type, config);

for (const plugin of [loneHitAreas, peaksWithLoneHits]) {
  Deno.test(`${plugin.name} are the same for every chunking`, () =>
    fc.assert(
      fc.asyncProperty(randomPulses(), (pulses) => {
        const wanted = new Set([
          "records",
          "hits",
          "peaks",
          ...(plugin === loneHitAreas ? ["lone_hit_areas"] : [
            "lone_hit_areas",
            "merged_peaks",
            "peaks_with_lone_hits",
          ]),
        ]);
        return testPlugin(plugin, {
          inputs: { raw_records: rawTable(pulses) as unknown as Table },
          register: chain.filter((other) => other !== plugin),
          options: Object.fromEntries(
            Object.entries(config).filter(([name]) => wanted.has(name.split(".")[0]!)),
          ),
          chunkings: 3,
          ranges: 3,
        });
      }),
      { numRuns: 8 },
    ));
}

Deno.test("integrals of lone hits hold the hit, stay in its record, out of peaks, and count no sample twice", () =>
  fc.assert(
    fc.asyncProperty(randomPulses(), async (pulses) => {
      const [records, lone, areas, peaks] = await Promise.all(
        ["records", "lone_hits", "lone_hit_areas", "peaks"].map((type) => run(pulses, type)),
      );
      const used = new Set<string>();
      lone!.forEach((hit, i) => {
        const { time, endtime, channel, left_integration, right_integration, integral } = areas![i]!;
        assert.deepEqual([time, endtime, channel], [hit.time, hit.endtime, hit.channel]);
        const left = left_integration as number, right = right_integration as number;
        assert.ok(left >= 0 && left <= (hit.left as number) && right >= (hit.right as number));
        const start = (hit.time as bigint) - BigInt(DT * (hit.left as number));
        const record = records!.find((row) => row.channel === channel && row.time === start)!;
        assert.ok(right <= (record.length as number));
        assert.ok(
          ((hit.left as number) - left) * DT <= LEFT + DT && (right - (hit.right as number)) * DT <= RIGHT,
        );
        const baseline = record.baseline as number;
        const samples = (record.data as Int16Array).subarray(left, right);
        const sum = samples.reduce((a, b) => a + b, 0) + samples.length * (baseline - Math.floor(baseline));
        assert.ok(Math.abs((integral as number) - sum) <= 1e-6 * Math.max(1, Math.abs(sum)));
        for (let s = left; s < right; s++) {
          const at = Number(start) + DT * s, key = `${channel} ${at}`;
          assert.ok(!used.has(key), key);
          used.add(key);
          // A sample that a peak begins within may be taken.
          assert.ok(!peaks!.some((peak) => Number(peak.time) <= at && Number(peak.endtime) > at), key);
        }
      });
    }),
    { numRuns: 60 },
  ));

Deno.test("peaks with lone hits have the area of merged peaks and of the lone hits in them", () =>
  fc.assert(
    fc.asyncProperty(randomPulses(), async (pulses) => {
      const [merged, areas, made] = await Promise.all(
        ["merged_peaks", "lone_hit_areas", "peaks_with_lone_hits"].map((type) => run(pulses, type)),
      );
      // In single precision, of all that may have been summed: what is large may cancel.
      const most = pulses.flatMap(({ samples }) => samples).reduce(
        (sum, sample) => sum + Math.abs(sample) + 100,
        0,
      );
      const near = (a: unknown, b: number) =>
        assert.ok(Math.abs((a as number) - b) <= 1e-6 * most, `${a} ${b}`);
      const taken = new Set<number>();
      merged!.forEach((peak, i) => {
        const row = made![i]!;
        const inside = areas!.flatMap((hit, h) =>
          (hit.time as bigint) >= (peak.time as bigint) &&
            (hit.endtime as bigint) <= (peak.endtime as bigint) &&
            !taken.has(h)
            ? [h]
            : []
        );
        inside.forEach((h) => taken.add(h));
        const pe = (h: number) => (areas![h]!.integral as number) * (areas![h]!.channel === 1 ? 0.5 : 1);
        near(row.area, (peak.area as number) + inside.reduce((sum, h) => sum + pe(h), 0));
        near((row.area_per_channel as Float32Array).reduce((a, b) => a + b, 0), row.area as number);
        const sum = (data: unknown) => (data as Float32Array).reduce((a, b) => a + b, 0);
        near(sum(row.data) - sum(peak.data), (row.area as number) - (peak.area as number));
        assert.equal(row.n_hits, (peak.n_hits as number) + inside.length);
        for (const name of ["time", "endtime", "dt", "length", "type", "max_gap", "tight_coincidence"]) {
          assert.equal(row[name], peak[name], name);
        }
        if (inside.length === 0) assert.deepEqual(row, peak);
      });
      assert.equal(made!.length, merged!.length);
    }),
    { numRuns: 60 },
  ));

Deno.test("lone hits of other data than the records are an error", async () => {
  const pulses = [{ time: 0, channel: 0, samples: [100, 100, 100, 40, 40, 100] }];
  const lone = hitTable([{ time: 70, channel: 2, wave: [9] }]);
  await using ctx = new Context({ config });
  ctx.register(tableSource("raw_records", rawTable(pulses)), tableSource("lone_hits", lone));
  ctx.register(chain.filter((plugin) => plugin !== loneHits));
  await assert.rejects(
    ctx.getData("run", "lone_hit_areas"),
    ({ cause }: Error) => /hit in channel 2 at 70 ps: it is in no record; give/.test(String(cause)),
  );
});
