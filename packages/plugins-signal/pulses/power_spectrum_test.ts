import assert from "node:assert/strict";
import fc from "fast-check";
import { tableSource } from "@millrace/core/table-source";
import { testPlugin } from "@millrace/core/testing";
import { randomRecords, recordTable, rowsOf, type TestRecord } from "../_testing.ts";
import { powerSpectra } from "./power_spectrum.ts";
import { powerSpectrum } from "../kernels/rfft.ts";

const run = (list: readonly TestRecord[], options: Record<string, unknown> = {}) =>
  rowsOf([tableSource("records", recordTable(list)), powerSpectra], "power_spectrum", {
    power_spectrum: options,
  });

const record = (samples: number[], more: Partial<TestRecord> = {}): TestRecord => ({
  time: 0n,
  baseline: 100,
  samples,
  ...more,
});

Deno.test("power_spectrum is the same for every chunking", async () => {
  await fc.assert(
    fc.asyncProperty(
      randomRecords(),
      (list) =>
        testPlugin(powerSpectra, {
          inputs: { records: recordTable(list) },
          options: { subtract: "mean" },
          chunkings: 3,
          ranges: 3,
        }),
    ),
    { numRuns: 8 },
  );
});

for (const subtract of ["baseline", "mean", "none"] as const) {
  Deno.test(`power_spectrum is the kernel's, with ${subtract} subtracted`, async () => {
    await fc.assert(
      fc.asyncProperty(randomRecords(), async (list) => {
        const rows = await run(list, { subtract });
        recordTable(list).rows().forEach(({ wave, baseline }, i) => {
          const samples = Float64Array.from(wave as Uint16Array), n = samples.length;
          const level = {
            baseline: baseline as number,
            mean: samples.reduce((a, b) => a + b, 0) / n,
            none: 0,
          }[subtract];
          assert.deepEqual(
            rows[i]!.power,
            n === 0 ? new Float64Array(0) : powerSpectrum(samples.map((sample) => sample - level)),
          );
          assert.equal(rows[i]!.df, n === 0 ? NaN : 1e12 / (2 * n));
        });
      }),
      { numRuns: 30 },
    );
  });
}

Deno.test("power_spectrum has its power at the frequency of a sine", async () => {
  const samples = Array.from(
    { length: 500 },
    (_, k) => Math.round(8000 + 1000 * Math.sin(2 * Math.PI * k / 25)),
  );
  const [row] = await run([record(samples, { baseline: 8000, dt: 2000 })]);
  const power = row!.power as Float64Array, top = power.indexOf(Math.max(...power));
  assert.equal(top * (row!.df as number), 20e6); // 25 samples of 2 ns
});
