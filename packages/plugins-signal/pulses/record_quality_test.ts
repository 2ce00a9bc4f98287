import assert from "node:assert/strict";
import fc from "fast-check";
import { tableSource } from "@millrace/core/table-source";
import { testPlugin } from "@millrace/core/testing";
import { randomRecords, recordTable, rowsOf, signalsOf, type TestRecord } from "../_testing.ts";
import { recordQuality } from "./record_quality.ts";
import { findPeaks } from "../kernels/find_peaks.ts";

const run = (list: readonly TestRecord[], options: Record<string, unknown> = {}) =>
  rowsOf([tableSource("records", recordTable(list)), recordQuality], "record_quality", {
    record_quality: options,
  });

const record = (samples: number[], more: Partial<TestRecord> = {}): TestRecord => ({
  time: 0n,
  baseline: 100,
  samples,
  ...more,
});

Deno.test("record_quality is the same for every chunking", async () => {
  await fc.assert(
    fc.asyncProperty(
      randomRecords(),
      (list) =>
        testPlugin(recordQuality, {
          inputs: { records: recordTable(list) },
          options: { prominence: 5, adcRange: { default: [0, null], channels: { "0:1": [95, 110] } } },
          chunkings: 3,
          ranges: 3,
        }),
    ),
    { numRuns: 8 },
  );
});

Deno.test("record_quality counts saturated samples, and pulses as the kernel finds them", async () => {
  await fc.assert(
    fc.asyncProperty(randomRecords(), async (list) => {
      const rows = await run(list, { prominence: 5, adcRange: [93, 112] }), found = signalsOf(list);
      recordTable(list).rows().forEach(({ wave }, i) => {
        const saturated = [...wave as Uint16Array].filter((sample) => sample <= 93 || sample >= 112).length;
        const pulses = findPeaks(Float64Array.from(found[i]!), { prominence: 5 }).peaks.length;
        const row = rows[i]!;
        assert.deepEqual(
          [row.saturated_samples, Boolean(row.saturated), row.pulses, Boolean(row.pile_up)],
          [saturated, saturated > 0, pulses, pulses > 1],
        );
      });
    }),
    { numRuns: 30 },
  );
});

Deno.test("record_quality sees saturation at either end of the range, each channel's own", async () => {
  const rows = await run([
    record([100, 0, 100], { channel: 0 }),
    record([100, 16383, 100], { time: 1n, channel: 0 }),
    record([100, 4095, 100], { time: 2n, channel: 1 }),
    record([1, 16382, 4095], { time: 3n, channel: 0 }),
  ], { adcRange: { default: [0, 16383], channels: { "0:1": [0, 4095] } } });
  assert.deepEqual(rows.map(({ saturated }) => Boolean(saturated)), [true, true, true, false]);
});
