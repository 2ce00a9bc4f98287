import assert from "node:assert/strict";
import fc from "fast-check";
import { tableSource } from "@millrace/core/table-source";
import { testPlugin } from "@millrace/core/testing";
import { randomRecords, recordTable, rowsOf, signalsOf, type TestRecord } from "../_testing.ts";
import { cfdTime } from "./cfd_time.ts";
import { constantFraction } from "../kernels/constant_fraction.ts";

const run = (list: readonly TestRecord[], options: Record<string, unknown> = {}) =>
  rowsOf([tableSource("records", recordTable(list)), cfdTime], "cfd_time", { cfd_time: options });

const record = (samples: number[], more: Partial<TestRecord> = {}): TestRecord => ({
  time: 0n,
  baseline: 100,
  samples,
  ...more,
});

Deno.test("cfd_time is the same for every chunking", async () => {
  await fc.assert(
    fc.asyncProperty(
      randomRecords(),
      (list) =>
        testPlugin(cfdTime, {
          inputs: { records: recordTable(list) },
          options: { fraction: 0.4, delay: { default: 2, channels: { "0:1": 3 } }, threshold: 5 },
          chunkings: 3,
          ranges: 3,
        }),
    ),
    { numRuns: 8 },
  );
});

Deno.test("cfd_time is the time of the kernel on the signal, in samples and in ps", async () => {
  await fc.assert(
    fc.asyncProperty(randomRecords(), async (list) => {
      const rows = await run(list, { fraction: 0.4, delay: 2, threshold: 5 });
      signalsOf(list).forEach((signal, i) => {
        const at = constantFraction(Float64Array.from(signal), { fraction: 0.4, delay: 2, threshold: 5 });
        assert.deepEqual([rows[i]!.cfd_samples, rows[i]!.cfd_offset], [at, 2 * at]);
      });
    }),
    { numRuns: 30 },
  );
});

Deno.test("cfd_time is the same for every height of a pulse, NaN below the threshold and without one", async () => {
  const pulse = (height: number) =>
    [0, 0, 0, 0.25, 0.5, 0.75, 1, 1, 1, 1, 1, 1].map((s) => 1000 + s * height);
  const of = (height: number, time: bigint) => record(pulse(height), { time, baseline: 1000, polarity: 1 });
  const rows = await run([of(8, 0n), of(40, 1n), of(4000, 2n), record([], { time: 3n })], { delay: 4 });
  const [low, a, b, none] = rows.map(({ cfd_samples }) => cfd_samples);
  assert.deepEqual([low, none], [NaN, NaN]);
  assert.equal(a, b);
  assert.ok(a as number > 0);
});
