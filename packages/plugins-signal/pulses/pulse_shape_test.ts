import assert from "node:assert/strict";
import fc from "fast-check";
import { tableSource } from "@millrace/core/table-source";
import { testPlugin } from "@millrace/core/testing";
import { f32, randomRecords, recordTable, rowsOf, signalsOf, type TestRecord } from "../_testing.ts";
import { pulseShape } from "./pulse_shape.ts";

const run = (list: readonly TestRecord[], options: Record<string, unknown> = {}) =>
  rowsOf([tableSource("records", recordTable(list)), pulseShape], "pulse_shape", { pulse_shape: options });

const record = (samples: number[], more: Partial<TestRecord> = {}): TestRecord => ({
  time: 0n,
  baseline: 100,
  samples,
  ...more,
});

Deno.test("pulse_shape is the same for every chunking", async () => {
  await fc.assert(
    fc.asyncProperty(
      randomRecords(),
      (list) =>
        testPlugin(pulseShape, {
          inputs: { records: recordTable(list) },
          options: { preGate: 1, shortGate: 2, longGate: { default: 5, channels: { "0:1": 7 } } },
          chunkings: 3,
          ranges: 3,
        }),
    ),
    { numRuns: 8 },
  );
});

Deno.test("pulse_shape has the charge of both gates around the highest sample", async () => {
  await fc.assert(
    fc.asyncProperty(randomRecords(), async (list) => {
      const rows = await run(list, { preGate: 2, shortGate: 3, longGate: 6 });
      signalsOf(list).forEach((signal, i) => {
        const known = signal.filter((s) => s === s);
        const position = known.length > 0 ? signal.indexOf(Math.max(...known)) : -1,
          start = Math.max(0, position - 2);
        const sum = (length: number) => signal.slice(start, start + length).reduce((a, b) => a + b, 0);
        const long = sum(6), short = sum(3);
        const { charge_long, charge_short, psd } = rows[i]!;
        assert.equal(rows[i]!.position, position);
        assert.deepEqual([charge_short, charge_long], [f32(short), f32(long)]);
        assert.equal(psd, long > 0 ? f32((long - short) / long) : NaN);
      });
    }),
    { numRuns: 30 },
  );
});

Deno.test("pulse_shape tells pulses with and without a tail apart", async () => {
  const pulse = (slow: number) =>
    Array.from(
      { length: 400 },
      (_, k) =>
        Math.round(10_000 - (k < 50 ? 0 : 4000 * Math.exp(-(k - 50) / 8) + slow * Math.exp(-(k - 50) / 80))),
    );
  const rows = await run([
    record(pulse(0), { baseline: 10_000 }),
    record(pulse(800), { time: 1n, baseline: 10_000 }),
  ]);
  const [fast, slow] = rows.map(({ psd }) => psd as number);
  assert.ok(fast! < 0.1 && slow! > 0.4, `${fast} ${slow}`);
});

Deno.test("pulse_shape refuses a long gate that isn't longer, naming the channel and the option", async () => {
  for (
    const [longGate, message] of [
      [9, /contradict each other: the short gate has 9 samples and the long one 9: set pulse_shape.longGate/],
      [
        { default: 20, channels: { "0:2": 5 } },
        /: of board 0, channel 2: the short gate has 9 samples and the long one 5: set pulse_shape.longGate to more/,
      ],
    ] as const
  ) {
    await assert.rejects(run([record([1])], { shortGate: 9, longGate }), { name: "RangeError", message });
  }
});
