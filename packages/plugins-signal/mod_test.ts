// The whole chain: the reference recording, and a run made by the simulator.
import assert from "node:assert/strict";
import fc from "fast-check";
import { tableSource } from "@millrace/core/table-source";
import { testPlugin } from "@millrace/core/testing";
import { signalPlugins } from "./mod.ts";
import { simulateFiles } from "./simulate/files.ts";
import { Random } from "./simulate/random.ts";
import { f32, randomTraces, rawTable, readNpy, rowsOf, sharedPath, sharedTest } from "./_testing.ts";

const SIZES = [1, 7, 50, 100_000];

interface Truth {
  board: number;
  channel: number;
  timestamp_ps: number;
  energy: number;
  energy_short: number;
  flags: number;
  n: number;
  sum: number;
  min: number;
  max: number;
}

/** The recording's events with their samples, in the order of the rows. */
function truth(): (Truth & { wave: Uint16Array })[] {
  const events: Truth[] = JSON.parse(Deno.readTextFileSync(sharedPath("data/compass_test_data.events.json")));
  const waves = readNpy(sharedPath("data/compass_102x1000_u2.npy"));
  return events.map((event, i) => ({ ...event, wave: waves[i]! })).sort((a, b) =>
    a.timestamp_ps - b.timestamp_ps || a.board - b.board || a.channel - b.channel
  );
}

const run = (dataType: string, chunkSize: number, config: Record<string, unknown> = {}) =>
  rowsOf(
    [signalPlugins],
    dataType,
    {
      "raw_files.input": sharedPath("data/compass_test_data.BIN"),
      "records.polarity": "positive",
      ...config,
    },
    { chunkSize },
  );

const sum = (samples: Iterable<number>) => [...samples].reduce((a, b) => a + b, 0);

for (const chunkSize of SIZES) {
  sharedTest(`raw_files reads the recording in chunks of ${chunkSize} rows as it was decoded`, async () => {
    const rows = await run("raw_files", chunkSize);
    const events = truth();
    assert.equal(rows.length, 102);
    assert.equal(events.length, 102);
    rows.forEach((row, i) => {
      const { wave, ...event } = events[i]!;
      const samples = row.wave as Uint16Array;
      assert.deepEqual(
        {
          board: row.board,
          channel: row.channel,
          timestamp_ps: Number(row.time),
          energy: row.energy,
          energy_short: row.energy_short,
          flags: row.flags,
          n: row.length,
          sum: sum(samples),
          min: Math.min(...samples),
          max: Math.max(...samples),
        },
        event,
      );
      assert.deepEqual(samples, wave);
      assert.equal(row.record_id, BigInt(i));
      assert.equal(row.dt, 2000);
      assert.equal(row.endtime as bigint - (row.time as bigint), 2_000_000n);
    });
  });

  sharedTest(
    `records and features of the recording in chunks of ${chunkSize} rows are those of its samples`,
    async () => {
      const records = await run("records", chunkSize);
      const features = await run("basic_features", chunkSize);
      truth().forEach(({ wave, timestamp_ps, board, channel }, i) => {
        const { baseline, polarity, time } = records[i]!;
        const level = sum(wave.subarray(0, 40)) / 40;
        assert.deepEqual([baseline, polarity, time], [level, 1, BigInt(timestamp_ps)]);
        const searched = wave.subarray(40, 90);
        let steepest = 0;
        for (let k = 1; k < wave.length; k++) {
          steepest = Math.max(steepest, Math.abs(wave[k]! - wave[k - 1]!));
        }
        assert.deepEqual(features[i], {
          time: BigInt(timestamp_ps),
          board,
          channel,
          record_id: BigInt(i),
          height: f32(Math.max(...searched) - level),
          amp: f32(Math.max(...searched) - Math.min(...searched)),
          area: f32(sum(wave) - 1000 * level),
          max_abs_diff: f32(steepest),
        });
      });
      assert.deepEqual([records.length, features.length], [102, 102]);
    },
  );

  sharedTest(`hits of the recording in chunks of ${chunkSize} rows are those of its samples`, async () => {
    const hits = await run("hit_threshold", chunkSize, { "hit_threshold.threshold": 40 });
    const expected: { time: bigint; channel: number; [name: string]: unknown }[] = [];
    truth().forEach(({ wave, timestamp_ps, channel }, i) => {
      const level = sum(wave.subarray(0, 40)) / 40;
      const above = Array.from(wave, (sample) => sample - level >= 40);
      for (let k = 0; k < 1000; k++) {
        if (!above[k] || above[k - 1]) continue;
        let end = k;
        while (above[end]) end++;
        const a = Math.max(0, k - 2), b = Math.min(1000, end + 2);
        const top = Math.max(...wave.subarray(a, b)), position = wave.indexOf(top, a);
        expected.push({
          time: BigInt(timestamp_ps + 2000 * a),
          endtime: BigInt(timestamp_ps + 2000 * b),
          peakTime: BigInt(timestamp_ps + 2000 * position),
          channel,
          record_id: BigInt(i),
          position,
          height: f32(top - level),
          integral: f32(sum(Array.from(wave.subarray(a, b), (sample) => Math.max(0, sample - level)))),
        });
      }
    });
    expected.sort((a, b) => Number(a.time - b.time) || a.channel - b.channel);
    assert.ok(expected.length > 50);
    const found = hits.map(({ time, endtime, peakTime, channel, record_id, position, height, integral }) => ({
      time,
      endtime,
      peakTime,
      channel,
      record_id,
      position,
      height,
      integral,
    }));
    assert.deepEqual(found, expected);
  });
}

sharedTest("st_waveforms of the recording are its samples as one block", async () => {
  const rows = await run("st_waveforms", 7);
  truth().forEach(({ wave }, i) => assert.deepEqual(rows[i]!.wave, wave));
});

sharedTest(
  "records of the recording have the polarity of its settings where the option says none",
  async () => {
    const rows = await rowsOf([signalPlugins], "records", {
      "raw_files.input": sharedPath("data/compass_test_data.BIN"),
    });
    assert.equal(rows.length, 102);
    assert.ok(rows.every((row) => row.polarity === 1));
  },
);

for (const polarity of ["negative", "positive"] as const) {
  Deno.test(`hits of a simulated run with ${polarity} pulses are its pulses`, async () => {
    const folder = await Deno.makeTempDir({ prefix: "millrace_signal_" });
    try {
      const { truth } = await simulateFiles(folder, {
        channels: 3,
        duration: 2e10,
        seed: 5,
        noise: 1,
        amplitude: [100, 2000],
        polarity,
      });
      const hits = await rowsOf([signalPlugins], "hit_threshold", {
        "raw_files.input": folder,
        "hit_threshold.threshold": 20,
      });
      const pulses = truth.rows();
      truth.release();
      assert.ok(pulses.length > 30);
      // With the threshold 20 times the noise there is a hit for every pulse, and in slow falling edges now and then another.
      for (const pulse of pulses) {
        const [hit] = hits.filter(({ record_id, channel, board }) =>
          record_id === pulse.record_id && channel === pulse.channel && board === pulse.board
        );
        const late = Number((hit!.peakTime as bigint) - (pulse.time as bigint));
        assert.ok(
          late >= 0 && late < 60_000,
          `the pulse at ${pulse.time} ps has its maximum ${late} ps later`,
        );
        const amplitude = pulse.amplitude as number;
        assert.ok(Math.abs((hit!.height as number) - amplitude) < 10 + 0.05 * amplitude);
      }
      const found = new Set(hits.map(({ record_id }) => record_id));
      assert.deepEqual(found, new Set(pulses.map(({ record_id }) => record_id)));
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}

for (const plugin of signalPlugins.filter(({ kind }) => kind !== "source")) {
  Deno.test(`${plugin.name} behind raw_files is the same for every chunking of dense, overlapping traces`, async () => {
    // Gapless bricks on one channel, traces across them on another, ties.
    const samples = Array.from({ length: 12 }, (_, k) => [100, 100, 80, 97, 130, 100][k % 6]!);
    const traces = Array.from(
      { length: 12 },
      (_, k) => ({ time: BigInt(24 * Math.floor(k / 2)), channel: k % 2, samples }),
    )
      .concat([{ time: 20n, channel: 2, samples }, { time: 48n, channel: 2, samples }]);
    await testPlugin(plugin, {
      inputs: { raw_files: rawTable(traces) },
      dataKinds: { raw_files: "records" },
      register: signalPlugins.filter((other) => other !== plugin && other.kind !== "source"),
      options: { baselineSamples: 2 },
      chunkings: 10,
      ranges: 10,
    });
  });
}

Deno.test("signalPlugins say what they are and can be loaded by name elsewhere", async () => {
  for (const plugin of signalPlugins) {
    assert.ok(plugin.help.length > 0);
    assert.match(plugin.version, /^\d+\.\d+\.\d+$/);
    const module = await import(plugin.module!);
    assert.equal(module[plugin.export!], plugin);
    for (const [name, option] of Object.entries(plugin.options)) assert.ok(option.help.length > 0, name);
  }
  assert.equal(new Set(signalPlugins.map(({ name }) => name)).size, signalPlugins.length);
});

const choosing = signalPlugins.filter(({ options }) => "useFiltered" in options);
const others = signalPlugins.filter(({ kind }) => kind !== "source");

/** Rows with numbers rounded to 5 digits: sums of single samples in other orders. */
const rounded = (rows: readonly Record<string, unknown>[]) =>
  JSON.parse(
    JSON.stringify(rows, (_, value) =>
      typeof value === "bigint"
        ? String(value)
        : typeof value === "number"
        ? Number(value.toPrecision(5))
        : value instanceof Float64Array || value instanceof Float32Array
        ? [...value]
        : value),
  );

for (const plugin of choosing) {
  Deno.test(`${plugin.name} of filtered records is that of raw ones where the filter changes nothing`, async () => {
    const random = new Random(7);
    const traces = Array.from({ length: 30 }, (_, i) => ({
      time: BigInt(1000 * i),
      channel: i % 3,
      polarity: i % 2 ? 1 : -1,
      samples: Array.from(
        { length: 60 },
        (_, k) =>
          Math.round(500 + (i % 2 ? 1 : -1) * 300 * Math.exp(-(((k - 30) / 5) ** 2)) + 3 * random.normal()),
      ),
    }));
    const source = tableSource("raw_files", rawTable(traces), { dataKind: "records" });
    const [raw, filtered] = await Promise.all(
      [false, true].map((useFiltered) =>
        rowsOf([source, others], plugin.name, {
          "records.baselineSamples": 10,
          // A window of one sample.
          filtered_waveforms: { sgWindowSize: 1, sgPolyOrder: 0 },
          hit: { useFiltered: false },
          [plugin.name]: { useFiltered },
          ...(plugin.name === "basic_features" ? { "basic_features.heightRange": [0, null] } : {}),
        })
      ),
    );
    assert.ok(raw!.length >= 30);
    assert.deepEqual(rounded(filtered!), rounded(raw!));
  });

  Deno.test(`${plugin.name} of filtered records is the same for every chunking`, async () => {
    await fc.assert(
      fc.asyncProperty(randomTraces(24), (traces) =>
        testPlugin(plugin, {
          inputs: { raw_files: rawTable(traces) },
          dataKinds: { raw_files: "records" },
          register: others.filter((other) => other !== plugin),
          options: {
            useFiltered: true,
            baselineSamples: 3,
            filtered_waveforms: { sgWindowSize: 5 },
            hit: { height: 3, width: 1 },
          },
          chunkings: 2,
          ranges: 2,
        })),
      { numRuns: 4 },
    );
  });
}

Deno.test("every column of every plugin has a meaning, and a unit where it has one", () => {
  for (const plugin of signalPlugins) {
    for (const type of plugin.provides) {
      for (const { name } of plugin.schemas[type]!.columns) {
        assert.ok((plugin.columnHelp![name]?.help.length ?? 0) > 0, `${type}.${name}`);
      }
    }
  }
});

Deno.test("the table of the README names every plugin", async () => {
  const text = await Deno.readTextFile(new URL("./README.md", import.meta.url));
  const table = text.slice(text.indexOf("## Plugins"), text.indexOf("### After strax"));
  const named = [...table.matchAll(/^\| (`[^|]*`) +\|/gm)].flatMap(([, cell]) =>
    cell!.replaceAll("`", "").split(", ")
  );
  assert.deepEqual(named.toSorted(), signalPlugins.map(({ name }) => name).toSorted());
});
