import assert from "node:assert/strict";
import fc from "fast-check";
import { Context } from "@millrace/core/context";
import { tableSource } from "@millrace/core/table-source";
import { testPlugin } from "@millrace/core/testing";
import { randomTraces, rawTable, rowsOf, type Trace } from "../_testing.ts";
import { records } from "./records.ts";

const source = (traces: readonly Trace[], t0?: bigint) =>
  tableSource("raw_files", rawTable(traces, t0), { dataKind: "records" });

const run = (traces: readonly Trace[], config: Record<string, unknown> = {}) =>
  rowsOf([source(traces), records], "records", config);

Deno.test("records are the same for every chunking", async () => {
  await fc.assert(
    fc.asyncProperty(randomTraces(), (traces) =>
      testPlugin(records, {
        inputs: { raw_files: rawTable(traces) },
        dataKinds: { raw_files: "records" },
        options: { "records.baselineSamples": 3, "records.polarity": { channels: { "1:0": "positive" } } },
        chunkings: 3,
        ranges: 3,
      })),
    { numRuns: 10 },
  );
});

Deno.test("records keep the columns of raw_files", async () => {
  const traces = [
    { time: 5n, board: 1, channel: 2, dt: 4000, flags: 9, samples: [7, 8, 9] },
    { time: 8n, channel: 1, samples: [] },
  ];
  const [first, second] = await run(traces);
  assert.deepEqual(first, {
    time: 5n,
    endtime: 12_005n,
    board: 1,
    channel: 2,
    record_id: 0n,
    dt: 4000,
    length: 3,
    flags: 9,
    baseline: 8,
    polarity: -1,
    wave: new Uint16Array([7, 8, 9]),
  });
  assert.deepEqual([second!.time, second!.length, second!.baseline], [8n, 0, NaN]);
});

Deno.test("records share the samples of raw_files instead of copying them", async () => {
  await using ctx = new Context();
  ctx.register(source([{ time: 5n, samples: [7, 8, 9] }, { time: 6n, samples: [1] }]), records);
  const buffers: Record<string, unknown> = {};
  const take = (
    chunk: { dataType: string; table: { get: (name: "wave", type: "u16[]") => { values: Uint16Array } } },
  ) => {
    buffers[chunk.dataType] = chunk.table.get("wave", "u16[]").values.buffer;
  };
  await ctx.run("run", ["raw_files", "records"], { take });
  assert.ok(buffers.records instanceof ArrayBuffer);
  assert.equal(buffers.records, buffers.raw_files);
});

Deno.test("records take the baseline from the first 40 samples, or as many as there are", async () => {
  const samples = Array.from({ length: 100 }, (_, k) => k);
  const rows = await run([{ time: 0n, samples }, { time: 1n, samples: [3, 4] }]);
  assert.deepEqual(rows.map((row) => row.baseline), [19.5, 3.5]);
});

for (
  const [given, expected] of [[2, 0.5], ["3", 1], [[2, 4], 2.5], ["1..3", 1.5], [[98, null], 98.5], [[
    90,
    200,
  ], 94.5], [
    [100, 200],
    NaN,
  ]] as const
) {
  Deno.test(`records take baselineSamples ${JSON.stringify(given)}`, async () => {
    const samples = Array.from({ length: 100 }, (_, k) => k);
    const [row] = await run([{ time: 0n, samples }], { "records.baselineSamples": given });
    assert.equal(row!.baseline, expected);
  });
}

Deno.test("records take the baseline samples of their channel: numbers and ranges in groups and channels", async () => {
  const samples = Array.from({ length: 20 }, (_, k) => k);
  const rows = await run([0, 1, 2, 3].map((channel) => ({ time: BigInt(channel), channel, samples })), {
    "records.baselineSamples": {
      default: 5,
      groups: [{ channels: ["0:1", "0:2"], value: "10..12" }],
      channels: { "0:2": "3", "0:3": [18, null] },
    },
  });
  assert.deepEqual(rows.map((row) => row.baseline), [2, 10.5, 1, 18.5]);
});

Deno.test("records refuse what is no baseline of a channel, naming the channel", async () => {
  for (
    const [given, where] of [[0, /channels\["0:1"\]" .*to 0: a baseline needs/], [
      "abc",
      /channels\["0:1"\]" .*to "abc"/,
    ]] as const
  ) {
    await assert.rejects(run([], { "records.baselineSamples": { channels: { "0:1": given } } }), where);
  }
  await assert.rejects(
    run([], { "records.baselineSamples": { groups: [{ channels: ["0:1"], value: 0 }] } }),
    /groups\[0\]\.value" .*to 0: a baseline needs at least 1 sample/,
  );
  await assert.rejects(
    run([], { "records.baselineSamples": { default: -1 } }),
    /baselineSamples\.default" .*to -1/,
  );
  await assert.rejects(
    run([], { "records.baselineSamples": { chanels: {} } }),
    /the key "chanels" of the value is unknown/,
  );
});

Deno.test("records say of baseline samples by channel the same for every chunk size", async () => {
  const traces = [3, 2].map((n, k) => ({
    time: BigInt(k),
    channel: k,
    polarity: 1,
    samples: Array(n).fill(7),
  }));
  const options = { "records.baselineSamples": { default: 4, channels: { "0:1": 5 } } };
  for (const chunkSize of [1, 2]) {
    const notices = await noticesOf(traces, options, { chunkSize });
    assert.equal(notices.length, 1);
    assert.match(notices[0]!, /the last of the baseline samples: the baseline is/);
  }
});

Deno.test("records refuse a baseline of no samples, naming the option", async () => {
  for (const given of [0, "0", [0, 0], [5, 5], "3..3"]) {
    await assert.rejects(
      run([], { "records.baselineSamples": given }),
      /RangeError: Cannot set "records\.baselineSamples" .*a baseline needs at least 1 sample; it takes/,
    );
  }
});

Deno.test("records say once that baseline samples lie beyond the end of a record", async () => {
  const traces = [4, 3, 0, 2].map((n, k) => ({
    time: BigInt(k),
    polarity: 1,
    samples: Array.from({ length: n }, () => 7),
  }));
  const told = (baselineSamples: unknown) =>
    noticesOf(traces, { "records.baselineSamples": baselineSamples }, { chunkSize: 1 });
  for (const fits of [1, 2, [0, 2], [1, null]]) assert.deepEqual(await told(fits), []);
  for (const long of [3, 100, [1, 3]]) {
    const notices = await told(long);
    assert.equal(notices.length, 1);
    assert.match(notices[0]!, /^records: Some records end before .*set records\.baselineSamples to fewer$/);
  }
});

Deno.test("records refuse a range of baseline samples that is none", async () => {
  for (const given of [-1, 1.5, [4, 2], "a few"]) {
    await assert.rejects(
      run([], { "records.baselineSamples": given }),
      /Cannot set "records.baselineSamples".* to /,
    );
  }
  for (const given of [0, "0", "abc", -1]) {
    await assert.rejects(
      run([], { "records.baselineSamples": given }),
      new RegExp(
        `to ${JSON.stringify(given)}: .*; it takes a number of samples or a range start\\.\\.end, such as 30`,
      ),
    );
  }
});

const polarityTraces = [1, -1, 0].map((polarity, k) => ({
  time: BigInt(k),
  channel: k,
  polarity,
  samples: [1],
}));

Deno.test("records have the polarity that raw_files know, unless the option says another", async () => {
  const polarities = async (polarity?: unknown) =>
    (await run(polarityTraces, polarity === undefined ? {} : { "records.polarity": polarity }))
      .map((row) => row.polarity);
  assert.deepEqual(await polarities(), [1, -1, -1]);
  assert.deepEqual(await polarities(null), [1, -1, -1]);
  assert.deepEqual(await polarities("positive"), [1, 1, 1]);
  assert.deepEqual(await polarities("negative"), [-1, -1, -1]);
  assert.deepEqual(await polarities({ channels: { "0:0": "negative", "0:2": "positive" } }), [-1, -1, 1]);
  assert.deepEqual(await polarities({ default: "positive", channels: { "0:1": null } }), [1, -1, 1]);
});

const noticesOf = async (
  traces: readonly Trace[],
  config: Record<string, unknown> = {},
  options = {},
): Promise<readonly string[]> => {
  await using ctx = new Context({ config });
  ctx.register(source(traces), records);
  return (await ctx.run("run", "records", options)).notices;
};

Deno.test("records say once that a polarity is not known, for every chunk size", async () => {
  const one = { "records.baselineSamples": 1 };
  const traces = [...polarityTraces, ...polarityTraces.map((trace) => ({ ...trace, time: trace.time + 9n }))];
  for (const chunkSize of [1, 2, 100]) {
    const notices = await noticesOf(traces, one, { chunkSize });
    assert.equal(notices.length, 1);
    assert.match(
      notices[0]!,
      /^records: The polarity is not known where .* taken as negative; set records\.polarity$/,
    );
  }
  assert.deepEqual(await noticesOf(traces.filter((trace) => trace.polarity !== 0), one), []);
  assert.deepEqual(
    await noticesOf(traces, { ...one, "records.polarity": { channels: { "0:2": "negative" } } }),
    [],
  );
});

Deno.test("records have the polarity of their channel, not that of all", async () => {
  const traces = [{ time: 0n, board: 0, channel: 1 }, { time: 1n, board: 1, channel: 1 }, {
    time: 2n,
    board: 0,
    channel: 2,
  }]
    .map((trace) => ({ ...trace, samples: [1] }));
  const polarities = async (polarity: unknown) =>
    (await run(traces, { "records.polarity": polarity })).map((row) => row.polarity);
  assert.deepEqual(await polarities("negative"), [-1, -1, -1]);
  assert.deepEqual(await polarities("positive"), [1, 1, 1]);
  assert.deepEqual(await polarities({ channels: { "1:1": "positive" } }), [-1, 1, -1]);
  assert.deepEqual(await polarities({ default: "positive", channels: { "0:2": "negative" } }), [1, 1, -1]);
});
