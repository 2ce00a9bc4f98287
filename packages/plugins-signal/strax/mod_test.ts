import assert from "node:assert/strict";
import { Context } from "@millrace/core/context";
import { tableSource } from "@millrace/core/table-source";
import { testPlugin } from "@millrace/core/testing";
import { rawTable, rowsOf } from "../_testing.ts";
import { flagsOfFragment } from "../formats/strax/fragment.ts";
import { signalPlugins } from "../mod.ts";
import { straxPlugins } from "./mod.ts";
import { rawRecords } from "./raw_records.ts";

Deno.test("the two plugin sets cannot be registered together: the error names both, the data type and what to do", () => {
  const message = (first: string, second: string) =>
    new RegExp(
      `^Cannot register plugin "records" [0-9.]+ of ${second}: plugin "records" [0-9.]+ of ${first} provides the data type ` +
        '"records" already; register only one of the two sets in a context$',
    );
  const signal = "signalPlugins of @millrace/plugins-signal",
    strax = "straxPlugins of @millrace/plugins-signal/strax";
  assert.throws(() => new Context().register(signalPlugins, straxPlugins), {
    message: message(signal, strax),
  });
  assert.throws(() => new Context().register(straxPlugins).register(signalPlugins), {
    message: message(strax, signal),
  });
});

Deno.test("raw_records are the same for every chunking, with every sample once", async () => {
  const traces = [
    { time: 0n, channel: 0, samples: [1, 2, 3, 4, 5, 6, 7] },
    { time: 3n, channel: 1, samples: [] },
    { time: 3n, board: 1, channel: 0, samples: [8, 9, 10] },
    { time: 20n, channel: 0, samples: [11] },
  ];
  const options = { "raw_records.samples": 3, "raw_records.channelsPerBoard": 4 };
  await testPlugin(rawRecords, { inputs: { raw_files: rawTable(traces) }, options });
  const rows = await rowsOf([tableSource("raw_files", rawTable(traces)), rawRecords], "raw_records", options);
  assert.deepEqual(
    rows.map((
      { time, channel, length, record_i, data },
    ) => [time, channel, length, record_i, ...data as Int16Array]),
    [
      [0n, 0, 3, 0, 1, 2, 3],
      [3n, 4, 3, 0, 8, 9, 10],
      [6n, 0, 3, 1, 4, 5, 6],
      [12n, 0, 1, 2, 7, 0, 0],
      [20n, 0, 1, 0, 11, 0, 0],
    ],
  );
});

Deno.test("traces that are fragments are joined to pulses where they follow each other", async () => {
  const traces = [
    { time: 0n, channel: 0, samples: [1, 2, 3] },
    { time: 2n, channel: 1, samples: [1, 2] },
    { time: 6n, channel: 0, samples: [4, 5, 6] },
    { time: 6n, channel: 1, samples: [7] }, // behind a fragment that is not full
    { time: 12n, channel: 0, samples: [7] },
    { time: 14n, channel: 0, samples: [8, 8, 8] },
    { time: 20n, channel: 1, samples: [9, 9, 9] },
    { time: 26n, board: 1, channel: 1, samples: [9, 9, 9] }, // another board
    { time: 28n, channel: 1, samples: [9] }, // a gap of a sample
  ];
  const options = { "raw_records.samples": 3, "raw_records.joinFragments": true, "raw_records.maxPulse": 14 };
  await testPlugin(rawRecords, { inputs: { raw_files: rawTable(traces) }, options });
  const of = (config: typeof options) =>
    rowsOf([tableSource("raw_files", rawTable(traces)), rawRecords], "raw_records", config);
  assert.deepEqual(
    (await of(options)).map(({ time, record_i, pulse_length }) => [time, record_i, pulse_length]),
    [
      [0n, 0, 7],
      [2n, 0, 2],
      [6n, 1, 7],
      [6n, 0, 1],
      [12n, 2, 7],
      [14n, 0, 3],
      [20n, 0, 3],
      [26n, 0, 3],
      [28n, 0, 1],
    ],
  );
  const reason = (message: RegExp) => ({ cause }: Error) => message.test(String(cause));
  await assert.rejects(
    of({ ...options, "raw_records.maxPulse": 13 }),
    reason(/the pulse in channel 0 at 12 ps: it is longer than 13 ps; set raw_records.maxPulse to more/),
  );
  await assert.rejects(
    of({ ...options, "raw_records.samples": 2 }),
    reason(/at 0 ps in channel 0 as a fragment: it has 3 samples; set raw_records.samples to at least that/),
  );
});

Deno.test("fragments whose number is known keep it: pulses without a gap between them stay two", async () => {
  const fragment = (time: bigint, channel: number, number: number, samples = [1, 2, 3]) => ({
    time,
    channel,
    samples,
    flags: flagsOfFragment(number),
  });
  const traces = [
    fragment(0n, 0, 0),
    fragment(4n, 1, 2), // its predecessors are missing
    fragment(6n, 0, 0), // another pulse, though the one before fills its fragment and ends here
    fragment(10n, 1, 3, [7]),
    fragment(12n, 0, 1, [8]),
    fragment(18n, 0, 2, [9]), // the one before is not full
    fragment(24n, 1, 5), // one between is missing
  ];
  const options = { "raw_records.samples": 3, "raw_records.joinFragments": true, "raw_records.maxPulse": 14 };
  await testPlugin(rawRecords, { inputs: { raw_files: rawTable(traces) }, options });
  const of = (config: Record<string, unknown>) =>
    rowsOf([tableSource("raw_files", rawTable(traces)), rawRecords], "raw_records", config);
  assert.deepEqual(
    (await of(options)).map(({ time, record_i, pulse_length }) => [time, record_i, pulse_length]),
    [[0n, 0, 3], [4n, 2, 4], [6n, 0, 4], [10n, 3, 4], [12n, 1, 4], [18n, 2, 1], [24n, 5, 3]],
  );
  await using ctx = new Context({ config: { "raw_records.samples": 3 } });
  ctx.register(tableSource("raw_files", rawTable(traces)), rawRecords);
  const { notices } = await ctx.run("run", "raw_records");
  assert.match(
    notices.map(String).join("\n"),
    /are fragments of pulses.*: set raw_records.joinFragments=true/,
  );
});

Deno.test("raw_records refuse samples and channels that records cannot hold", async () => {
  const fails = async (trace: { time: bigint; channel: number; samples: number[] }, message: RegExp) => {
    await using ctx = new Context();
    ctx.register(tableSource("raw_files", rawTable([trace])), rawRecords);
    await assert.rejects(
      ctx.getData("run", "raw_records"),
      ({ cause }: Error) => message.test(String(cause)),
    );
  };
  await fails(
    { time: 0n, channel: 0, samples: [1, 40_000] },
    /sample 1 is 40000, and records of this set hold up to 32767.*; take the plugins of the set signal/,
  );
  await fails(
    { time: 0n, channel: 16, samples: [1] },
    /channel 16 of board 0 .* set raw_records.channelsPerBoard/,
  );
});
