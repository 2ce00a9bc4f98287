// What strax itself gives for the same pulses: goldens/make_goldens.py says how it was asked.
import assert from "node:assert/strict";
import {
  fullyContainedIn,
  overlapIndices,
  splitByContainment,
  timeToPreviousAndNext,
  touchingWindows,
} from "@millrace/core/intervals";
import { Table } from "@millrace/core/table";
import { tableSource } from "@millrace/core/table-source";
import { rowsOf } from "../_testing.ts";
import { integrationBounds } from "./kernels/integration_bounds.ts";
import { sampledDown } from "./kernels/sampled_down.ts";
import { straxPlugins } from "./mod.ts";
import { conditionalEntropy, highestDensityEdges, widthAtFraction } from "./pulse_properties.ts";
import { rawRecordsSchema } from "./schemas.ts";

// deno-lint-ignore no-explicit-any -- a JSON of many parts
const golden: any = JSON.parse(Deno.readTextFileSync(new URL("./goldens/strax.json", import.meta.url)));
const DT = 1000 * golden.dt_ns, SAMPLES: number = golden.samples;
const ps = (ns: number) => BigInt(1000 * ns);

const raw = Table.from(rawRecordsSchema, {
  time: golden.raw_records.time.map(ps),
  endtime: golden.raw_records.time.map((t: number, i: number) =>
    ps(t) + BigInt(DT * golden.raw_records.length[i])
  ),
  channel: golden.raw_records.channel,
  dt: golden.raw_records.time.map(() => DT),
  length: golden.raw_records.length,
  pulse_length: golden.raw_records.pulse_length,
  record_i: golden.raw_records.record_i,
  polarity: golden.raw_records.time.map(() => 0),
  data: golden.raw_records.data.map((
    x: number[],
  ) => [...x, ...new Array<number>(SAMPLES - x.length).fill(0)]),
});
const gain = {
  default: 1,
  channels: Object.fromEntries(golden.to_pe.map((pe: number, ch: number) => [`0:${ch}`, pe])),
};
const config = {
  records: { baselineSamples: 10, flip: true },
  trimmed_records: { samplesBefore: 7, samplesBehind: 5 },
  reduced_records: { leftExtension: 2 * DT, rightExtension: 5 * DT },
  filtered_records: { response: golden.filter_waveforms.taps.map(String) },
  hitlets: { gain },
  peaks: {
    gapThreshold: "300 ns",
    leftExtension: "20 ns",
    rightExtension: "150 ns",
    minChannels: 2,
    channels: 4,
    topChannels: 2,
    gain,
  },
  lone_hit_areas: { leftExtension: "30 ns", rightExtension: "60 ns" },
  merged_peaks: { maxGap: "1600 ns", maxDuration: "1 ms", topChannels: 2 },
  peaks_with_lone_hits: { gain, topChannels: 2 },
};
const plugins = [
  tableSource("raw_records", raw),
  straxPlugins.filter(({ name }) => !name.startsWith("raw_")),
];
const made = (type: string, more: Record<string, unknown> = {}) =>
  rowsOf(plugins, type, { ...config, ...more });

type Rows = Awaited<ReturnType<typeof rowsOf>>;
const list = (x: unknown): number[] =>
  typeof x === "number" ? [x] : Array.from(x as Iterable<number>, Number);

/** Numbers equal to `relative` of the larger of 1 and what strax has; `null` is NaN. */
function close(value: unknown, expected: unknown, what: string, relative = 1e-6): void {
  const a = list(value), b: (number | null)[] = Array.isArray(expected) ? expected : [expected];
  assert.equal(a.length, b.length, `${what}: number of values`);
  b.forEach((y, k) => {
    const x = a[k]!;
    const same = y === null ? Number.isNaN(x) : Math.abs(x - y) <= relative * Math.max(1, Math.abs(y));
    assert.ok(same, `${what}: ${x}, strax has ${y}`);
  });
}

const exact = (rows: Rows, names: readonly string[], expected: Record<string, unknown[]>) => {
  for (const name of names) {
    assert.deepEqual(
      rows.map((row) => typeof row[name] === "object" ? list(row[name]) : Number(row[name])),
      expected[name],
      name,
    );
  }
};
const timesOf = (rows: Rows, name = "time") => rows.map((row) => Number(row[name]) / 1000);

Deno.test("records are those of strax: samples and areas exactly, baselines to 1e-6", async () => {
  const rows = await made("records"), expected = golden.records;
  exact(rows, ["data", "area"], expected);
  rows.forEach((row, i) => {
    close(row.baseline, expected.baseline[i], "baseline");
    close(row.baseline_rms, expected.baseline_rms[i], "baseline_rms");
  });
});

Deno.test("trimmed and reduced records are those of strax, exactly", async () => {
  exact(await made("trimmed_records"), ["data", "reduction_level"], golden.cut_baseline);
  exact(await made("reduced_records"), ["data", "reduction_level"], golden.cut_outside_hits);
});

Deno.test("filtered records are the whole numbers next to what strax's filter gives", async () => {
  const rows = await made("filtered_records");
  rows.forEach((row, i) =>
    list(row.data).slice(0, row.length as number).forEach((x, k) => {
      const expected = golden.filter_waveforms.data[i][k];
      assert.ok(Math.abs(x - expected) <= 0.5 + 1e-4, `${x}, strax has ${expected}`);
    })
  );
});

Deno.test("hits are those of strax: places exactly, areas to 1e-6", async () => {
  const rows = await made("hits"), expected = golden.hits;
  exact(rows, ["length", "channel", "left", "right", "threshold"], expected);
  assert.deepEqual(timesOf(rows), expected.time);
  assert.deepEqual(timesOf(rows, "max_time"), expected.max_time);
  rows.forEach((row, i) => {
    close(row.area, expected.area[i], "area");
    close(row.height, expected.height[i], "height");
  });
});

/** What is compared of peaks, with the unit that strax has for it. */
function samePeaks(rows: Rows, expected: Record<string, unknown[]>, except: readonly string[] = []): void {
  assert.deepEqual(timesOf(rows), expected.time);
  const counts = ["length", "n_hits", "saturated_channel", "n_saturated_channels"];
  exact(rows, counts.filter((name) => !except.includes(name)), expected);
  assert.deepEqual(timesOf(rows, "dt"), expected.dt);
  rows.forEach((row, i) => {
    const ns = (name: string) => list(row[name]).map((x) => x / 1000);
    close(list(row.data).slice(0, row.length as number), expected.data![i], "data", 1e-5);
    close(row.area, expected.area![i], "area", 1e-5);
    close(row.area_per_channel, expected.area_per_channel![i], "area_per_channel", 1e-5);
    close(row.area_fraction_top, expected.area_fraction_top![i], "area_fraction_top", 1e-5);
    close(ns("median_time"), expected.median_time![i], "median_time", 1e-4);
    for (const name of ["width", "area_decile_from_midpoint"]) {
      // Where all of the area is seen, rounding decides: in the last sample that is not 0, or at the end.
      const last = (values: unknown) => list(values).slice(0, -1);
      close(last(ns(name)), last(expected[name]![i]), name, 1e-4);
    }
    if (!except.includes("max_gap")) close(ns("max_gap"), expected.max_gap![i], "max_gap");
    const center = (Number(row.center_time) - Number(row.time)) / 1000;
    close(
      Math.floor(center + 1e-3),
      (expected.center_time![i] as number) - (expected.time![i] as number),
      "center_time",
      1e-9,
    );
  });
}

Deno.test("peaks are those of strax: places, counts and saturation exactly, areas and waveforms to 1e-5", async () => {
  samePeaks(await made("peaks"), golden.peaks);
  assert.ok((golden.peaks.n_saturated_channels as number[]).some((n) => n > 0));
});

Deno.test("peaks divided at local minima are those of strax, which counts no hits in them", async () => {
  const options = { ...config.peaks, split: "local_minimum", splitMinHeight: 0.2, splitMinRatio: 1.5 };
  const rows = await made("peaks", { peaks: options });
  assert.ok(rows.length > golden.peaks.time.length);
  samePeaks(rows, golden.split_local_minimum, ["n_hits", "max_gap"]);
});

Deno.test("the goodness of natural breaks is that of strax, to 1e-5", async () => {
  const rows = await made("peaks", {
    peaks: { ...config.peaks, split: "natural_breaks", splitThreshold: 2, splitLow: false },
  });
  close(
    rows.map((row) => row.max_goodness_of_split),
    golden.goodness_of_split.max_goodness_of_split,
    "goodness",
    1e-5,
  );
});

/** Rows of a type that goes with `peaks`, by column, cut to what the peaks hold. */
const beside = async (
  type: string,
  column: string,
  options: Record<string, unknown>,
  peaks: Record<string, unknown> = {},
) => {
  const more = { peaks: { ...config.peaks, ...peaks }, [type]: { gain, ...options } };
  const [rows, of] = await Promise.all([made(type, more), made("peaks", more)]);
  assert.deepEqual(timesOf(rows), timesOf(of));
  return rows.map((row, i) => list(row[column]).slice(0, of[i]!.length as number));
};

Deno.test("waveforms of the top array and of the first samples are those of strax, to 1e-5", async () => {
  for (const column of ["data_top", "data_start"]) {
    const waves = await beside("peak_waveforms", column, { topChannels: 2 });
    waves.forEach((wave, i) => close(wave, golden.beside_peaks[column][i], column, 1e-5));
  }
});

Deno.test("times between the maxima of hits are those of the hits that strax has in a peak, exactly", async () => {
  const rows = await made("peak_hit_times");
  const ns = (row: Rows[number]) => [row.min_diff as number / 1000, row.max_diff as number / 1000];
  assert.deepEqual(rows.map(ns), golden.beside_peaks.hit_times);
});

Deno.test("what all records have in the time of a peak is that of strax's simple_summed_waveform, to 1e-5", async () => {
  const waves = await beside("simple_summed_waveform", "record_data", {});
  waves.forEach((wave, i) => close(wave, golden.beside_peaks.record_data[i], "record_data", 1e-5));
});

Deno.test("waveforms sampled down to few samples are those of strax, to 1e-5", async () => {
  const { dt, length, data_top, record_data } = golden.few_samples;
  const waves = await beside("peak_waveforms", "data_top", { topChannels: 2 });
  const sums = await beside("simple_summed_waveform", "record_data", {});
  for (const [whole, expected] of [[waves, data_top], [sums, record_data]]) {
    (whole as number[][]).forEach((wave, i) => {
      const down = new Float32Array(golden.few_samples.samples);
      assert.equal(sampledDown(Float32Array.from(wave), dt[i] / golden.dt_ns, down), length[i]);
      close(down.subarray(0, length[i]), expected[i], "few samples", 1e-5);
    });
  }
});

Deno.test("peaks summed with the samples around their hits are those of strax", async () => {
  const around = { leftExtension: "20 ns", rightExtension: "120 ns" };
  const rows = await made("peaks", { peaks: { ...config.peaks, useExtended: true }, extended_hits: around });
  samePeaks(rows, golden.extended_peaks);
  assert.ok(
    rows.some((row, i) => Math.abs((row.area as number) - golden.peaks.area[i]) > 0.5),
    "nothing was added",
  );
  const options = { topChannels: 2, useExtended: true };
  const more = {
    extended_hits: around,
    peak_waveforms: { gain, ...options },
    peaks: { ...config.peaks, useExtended: true },
  };
  (await made("peak_waveforms", more)).forEach((row, i) => {
    const expected = golden.extended_peaks.data_top[i];
    close(list(row.data_top).slice(0, expected.length), expected, "data_top", 1e-5);
  });
});

Deno.test("records and peaks of attenuated channels are those of strax: areas exactly, waveforms to 1e-5", async () => {
  const byChannel = (of: (shift: number) => number) => ({
    channels: Object.fromEntries(
      golden.amplitude_bit_shift.shift.map((shift: number, ch: number) => [`0:${ch}`, of(shift)]),
    ),
  });
  const more = {
    records: { ...config.records, amplitudeBitShift: byChannel((shift) => shift) },
    // find_hits of strax looks at samples that are not multiplied.
    hits: { minAmplitude: byChannel((shift) => 15 * 2 ** shift) },
  };
  exact(await made("records", more), ["area"], { area: golden.amplitude_bit_shift.record_area });
  samePeaks(await made("peaks", more), golden.amplitude_bit_shift.peaks);
});

Deno.test("merged peaks are those of strax, in the place of what they were merged from", async () => {
  const rows = await made("merged_peaks");
  assert.ok(golden.merge_peaks.is_merged.some((x: number) => x === 1));
  samePeaks(rows, golden.merge_peaks, ["max_gap"]); // strax has no gap for merged ones
});

Deno.test("lone hits are integrated as in strax: bounds exactly, integrals to 1e-6", async () => {
  const rows = await made("lone_hit_areas"), expected = golden.lone_hits;
  assert.deepEqual(timesOf(rows), expected.time);
  exact(rows, ["channel", "left_integration", "right_integration"], expected);
  rows.forEach((row, i) => close(row.integral, expected.area[i], "integral"));
  assert.ok(rows.length > 10);
});

Deno.test("integration bounds of all hits are those of strax, exactly", async () => {
  const hits = await made("hits"), records = await made("records");
  const column = (rows: Rows, name: string) => Float64Array.from(rows, (row) => Number(row[name]));
  const channel = (rows: Rows) => Uint16Array.from(rows, (row) => row.channel as number);
  const none = { time: new Float64Array(0), endtime: new Float64Array(0), shift: 0 };
  const bounds = integrationBounds(
    { time: column(hits, "time"), endtime: column(hits, "endtime"), channel: channel(hits) },
    {
      time: column(records, "time"),
      endtime: column(records, "endtime"),
      channel: channel(records),
      shift: 0,
    },
    none,
    { leftExtension: 30_000, rightExtension: 60_000 },
  );
  hits.forEach((_, h) => {
    const samples = (time: number) => (time - bounds.recordTime[h]!) / DT;
    assert.equal(samples(bounds.from[h]!), golden.hit_bounds.left_integration[h]);
    assert.equal(samples(bounds.to[h]!), golden.hit_bounds.right_integration[h]);
  });
});

Deno.test("peaks with lone hits are those of strax with their times and widths computed anew", async () => {
  const rows = await made("peaks_with_lone_hits");
  samePeaks(rows, golden.add_lone_hits, ["n_hits", "max_gap"]);
  const without = (await made("merged_peaks")).map((row) => row.area);
  assert.ok(rows.some((row, i) => row.area !== without[i]), "no lone hit was added");
});

Deno.test("hitlets are those of strax: places exactly, samples, areas and times to 1e-5", async () => {
  const rows = await made("hitlets"), expected = golden.hitlets;
  assert.deepEqual(timesOf(rows), expected.time);
  exact(rows, ["length", "channel"], expected);
  rows.forEach((row, i) => {
    for (const name of ["data", "area", "amplitude"]) close(row[name], expected[name][i], name, 1e-5);
    for (const name of ["time_amplitude", "range_50p_area", "range_80p_area", "left_area", "low_left_area"]) {
      if (expected.area[i] > 0) close((row[name] as number) / 1000, expected[name][i], name, 2e-5);
    }
    const edges = (
      left: string,
      width: string,
    ) => [row[left], (row[left] as number) + (row[width] as number)];
    close(edges("left_fwhm", "fwhm").map((x) => (x as number) / 1000), expected["fwxm_0.5"][i], "fwhm", 1e-5);
    close(edges("left_fwtm", "fwtm").map((x) => (x as number) / 1000), expected["fwxm_0.1"][i], "fwtm", 1e-5);
    close(row.entropy, expected.entropy[i], "entropy", 1e-5);
  });
  assert.ok(rows.length > 40);
});

Deno.test("hitlets divided at local minima are those of strax", async () => {
  const split = { split: "local_minimum", splitMinHeight: 0.3, splitMinRatio: 1.2 };
  const rows = await made("hitlets", { hitlets: { ...config.hitlets, ...split } });
  const expected = golden.split_hitlets;
  assert.ok(rows.length > golden.hitlets.time.length);
  assert.deepEqual(timesOf(rows), expected.time);
  exact(rows, ["length", "channel"], expected);
  rows.forEach((row, i) => close(row.data, expected.data[i], "data", 1e-5));
});

Deno.test("widths, entropies and highest density regions are those of strax, to 1e-5", () => {
  const template = Float32Array.from(golden.hitlets.template as number[]);
  (golden.hitlets.data as number[][]).forEach((samples, i) => {
    const wave = Float32Array.from(samples),
      scaled = (edges: Iterable<number>) => Array.from(edges, (x) => x * golden.dt_ns);
    for (const fraction of [0.5, 0.1]) {
      close(scaled(widthAtFraction(wave, fraction)), golden.hitlets[`fwxm_${fraction}`][i], "width", 1e-5);
    }
    close(conditionalEntropy(wave), golden.hitlets.entropy[i], "entropy", 1e-5);
    close(conditionalEntropy(wave, { square: true }), golden.hitlets.entropy_squared[i], "entropy", 1e-5);
    close(conditionalEntropy(wave, { template }), golden.hitlets.entropy_template[i], "entropy", 1e-5);
    [0.5, 0.9].forEach((fraction, k) => {
      close(scaled(highestDensityEdges(wave, fraction)), golden.hitlets.hdr[i][k], "region", 1e-5);
      close(
        scaled(highestDensityEdges(wave, fraction, true)),
        golden.hitlets.hdr_fractional[i][k],
        "region",
        1e-4,
      );
    });
  });
});

Deno.test("functions on intervals are those of strax, exactly", () => {
  const { intervals } = golden;
  const rows = ({ time, endtime }: Record<"time" | "endtime", number[]>) => ({
    time: Float64Array.from(time),
    endtime: Float64Array.from(endtime),
  });
  const things = rows(intervals.things), containers = rows(intervals.containers);
  assert.deepEqual([...fullyContainedIn(things, containers)], intervals.fully_contained_in);
  const { rows: inside, offsets } = splitByContainment(things, containers);
  assert.deepEqual(
    intervals.containers.time.map((_: number, c: number) =>
      [...inside.subarray(offsets[c]!, offsets[c + 1]!)].map((i) => things.time[i])
    ),
    intervals.split_by_containment,
  );
  for (
    const [window, expected] of Object.entries(
      intervals.touching_windows as Record<string, [number, number][]>,
    )
  ) {
    const found = touchingWindows(things, containers, Number(window));
    expected.forEach(([from, to], c) => {
      // Where nothing touches, both are empty stretches.
      if (to > from || found[2 * c + 1]! > found[2 * c]!) {
        assert.deepEqual([found[2 * c], found[2 * c + 1]], [from, to], `window ${window}, container ${c}`);
      }
    });
  }
  for (const [a, na, b, nb, ...expected] of intervals.overlap_indices as number[][]) {
    assert.deepEqual(overlapIndices(a!, na!, b!, nb!), expected);
  }
  const { previous, next } = timeToPreviousAndNext(containers, rows(intervals.fewer));
  assert.deepEqual([...previous], intervals.to_previous);
  assert.deepEqual([...next], intervals.to_next);
});
