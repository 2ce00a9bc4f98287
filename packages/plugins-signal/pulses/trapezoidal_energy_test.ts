import assert from "node:assert/strict";
import fc from "fast-check";
import { tableSource } from "@millrace/core/table-source";
import { testPlugin } from "@millrace/core/testing";
import { f32, randomRecords, recordTable, rowsOf, signalsOf, type TestRecord } from "../_testing.ts";
import { trapezoidalEnergy } from "./trapezoidal_energy.ts";
import { trapezoidalFilter } from "../kernels/trapezoidal_filter.ts";

const run = (list: readonly TestRecord[], options: Record<string, unknown> = {}) =>
  rowsOf([tableSource("records", recordTable(list)), trapezoidalEnergy], "trapezoidal_energy", {
    trapezoidal_energy: options,
  });

const record = (samples: number[], more: Partial<TestRecord> = {}): TestRecord => ({
  time: 0n,
  baseline: 100,
  samples,
  ...more,
});

Deno.test("trapezoidal_energy is the same for every chunking", async () => {
  await fc.assert(
    fc.asyncProperty(
      randomRecords(),
      (list) =>
        testPlugin(trapezoidalEnergy, {
          inputs: { records: recordTable(list) },
          options: { rise: 4, flat: { default: 2, channels: { "0:1": 6 } }, tau: 30 },
          chunkings: 3,
          ranges: 3,
        }),
    ),
    { numRuns: 8 },
  );
});

Deno.test("trapezoidal_energy is the highest value of the kernel's trapezoid", async () => {
  await fc.assert(
    fc.asyncProperty(randomRecords(), async (list) => {
      const rows = await run(list, { rise: 4, flat: 2, tau: 30 }); // 2, 1 and 15 samples
      signalsOf(list).forEach((signal, i) => {
        const y = [...trapezoidalFilter(Float64Array.from(signal), { rise: 2, flat: 1, tau: 15 })];
        const known = y.filter((value) => value === value), top = Math.max(...known);
        assert.deepEqual(
          [rows[i]!.energy, rows[i]!.position],
          known.length > 0 ? [f32(top), y.indexOf(top)] : [NaN, -1],
        );
      });
    }),
    { numRuns: 30 },
  );
});

Deno.test("trapezoidal_energy of a decaying step is its height once the decay is corrected", async () => {
  const step = Array.from(
    { length: 600 },
    (_, k) => Math.round(20_000 + (k < 200 ? 0 : 10_000 * Math.exp(-(k - 200) / 500))),
  );
  const one = record(step, { baseline: 20_000, polarity: 1, dt: 2000 });
  const energy = async (tau?: string) => (await run([one], tau ? { tau } : {}))[0]!.energy as number;
  assert.ok(Math.abs(await energy("1 us") - 10_000) < 5, `${await energy("1 us")}`);
  assert.ok(await energy() < 9500);
});
