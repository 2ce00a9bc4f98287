import assert from "node:assert/strict";
import fc from "fast-check";
import { tableSource } from "@millrace/core/table-source";
import { testPlugin } from "@millrace/core/testing";
import { f32, randomRecords, recordTable, rowsOf, signalsOf, type TestRecord } from "../_testing.ts";
import { waveformWidthIntegral } from "./waveform_width_integral.ts";
import { integralQuantiles } from "../kernels/integral_quantiles.ts";

const run = (list: readonly TestRecord[], options: Record<string, unknown> = {}) =>
  rowsOf([tableSource("records", recordTable(list)), waveformWidthIntegral], "waveform_width_integral", {
    waveform_width_integral: options,
  });

const record = (samples: number[], more: Partial<TestRecord> = {}): TestRecord => ({
  time: 0n,
  baseline: 100,
  samples,
  ...more,
});

Deno.test("waveform_width_integral is the same for every chunking", async () => {
  await fc.assert(
    fc.asyncProperty(
      randomRecords(),
      (list) =>
        testPlugin(waveformWidthIntegral, {
          inputs: { records: recordTable(list) },
          options: {},
          chunkings: 3,
          ranges: 3,
        }),
    ),
    { numRuns: 8 },
  );
});

Deno.test("waveform_width_integral has the quantiles of the signal above 0, in ps and in samples", async () => {
  await fc.assert(
    fc.asyncProperty(randomRecords(), async (list) => {
      const rows = await run(list, { qLow: 0.2, qHigh: 0.6 });
      signalsOf(list).forEach((signal, i) => {
        const [low, high] = integralQuantiles(Float64Array.from(signal), [0.2, 0.6]) as unknown as [
          number,
          number,
        ];
        const { t_low, t_high, width, t_low_samples, t_high_samples, width_samples, q_total } = rows[i]!;
        assert.deepEqual(
          [t_low, t_high, width, t_low_samples, t_high_samples, width_samples, q_total],
          [
            ...[low * 2, high * 2, (high - low) * 2, low, high, high - low].map((value) => f32(value)),
            signal.reduce((sum, s) => sum + (s < 0 ? 0 : s), 0),
          ],
        );
      });
    }),
    { numRuns: 30 },
  );
});

Deno.test("waveform_width_integral is NaN where there is no charge", async () => {
  const [flat, empty] = await run([record([100, 100, 120]), record([], { time: 1n })]);
  assert.deepEqual([flat!.t_low, flat!.width, flat!.q_total], [NaN, NaN, 0]);
  assert.deepEqual([empty!.t_low, empty!.width, empty!.q_total], [NaN, NaN, 0]);
});

Deno.test("waveform_width_integral has the shares of each channel", async () => {
  const list = [0, 1].map((channel) =>
    record([98, 98, 98, 98, 98, 98, 98, 98, 98, 98], { time: BigInt(channel), channel })
  );
  const rows = await run(list, { qLow: { default: 0.1, channels: { "0:1": 0.5 } } });
  assert.deepEqual(rows.map((row) => row.width_samples), [8, 4]);
  await assert.rejects(
    run(list, { qLow: { channels: { "0:1": 0.95 } } }),
    /of board 0, channel 1: there is no width from 0\.95 to 0\.9 of the charge/,
  );
});

Deno.test("waveform_width_integral refuses shares out of order, naming the options", async () => {
  await assert.rejects(run([record([1])], { qLow: 0.9, qHigh: 0.1 }), {
    name: "RangeError",
    message: /its options contradict each other: .*set waveform_width_integral.qLow below .qHigh; set are "/,
  });
});
