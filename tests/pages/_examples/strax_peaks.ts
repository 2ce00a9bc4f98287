// The examples of the strax set that have a row a peak, or a hit that is in none.

import type { Bar, Layer, Plot, Point } from "../_svg.ts";
import { type Example, type Get, of, type Row, rowsOf } from "./example.ts";
import { CHAIN } from "./strax_records.ts";

const data = (peak: Row, start = of(peak, "time")): Point[] => {
  const dt = of(peak, "dt");
  return Array.from(peak.data as Float32Array).slice(0, of(peak, "length"))
    .map((y, k): Point => [(of(peak, "time") - start + (k + 0.5) * dt) / 1000, y / dt * 2000]);
};
const largest = (peaks: readonly Row[]) => peaks.reduce((a, b) => of(b, "area") > of(a, "area") ? b : a);
const NS = "ns from the start of the peak", PE = "PE in 2 ns";

/** The largest peak with another waveform on its samples. */
async function besideData(get: Get, type: string, column: string): Promise<Omit<Plot, "title">> {
  const peaks = await rowsOf(get, "peaks"), at = peaks.indexOf(largest(peaks)), peak = peaks[at]!;
  const other = (await rowsOf(get, type))[at]![column] as Float32Array;
  return {
    x: NS,
    y: PE,
    layers: [
      { kind: "line", points: data(peak), colour: "#b6c2cf", name: "data" },
      { kind: "line", points: data({ ...peak, data: other }), name: column },
    ],
  };
}

/** Hits of the first ms by channel, all drawn 8 us long. */
async function timeline(get: Get): Promise<Plot> {
  const [hits, lone, peaks] = await Promise.all(
    ["hits", "lone_hits", "peaks"].map((type) => rowsOf(get, type)),
  );
  const us = (row: Row) => of(row, "time") / 1e6, early = (row: Row) => us(row) < 1000;
  const bar = (row: Row): Bar => [us(row), us(row) + 8, of(row, "channel") - 0.3, of(row, "channel") + 0.3];
  return {
    title: "lone_hits: hits in no peak",
    x: "us",
    y: "channel",
    yFrom: -0.6,
    whole: true,
    layers: [
      ...peaks!.filter(early).map((row): Layer => ({
        kind: "band",
        from: us(row),
        to: us(row) + 8,
        colour: "#1a7f37",
      })),
      {
        kind: "bars",
        bars: hits!.filter((row) => early(row) && !isIn(lone!, row)).map(bar),
        name: "hits in peaks",
      },
      { kind: "bars", bars: lone!.filter(early).map(bar), name: "lone_hits" },
    ],
  };
}

const isIn = (rows: readonly Row[], { time, channel }: Row) =>
  rows.some((row) => row.time === time && row.channel === channel);

/** The merged peak with most area of those that were made of several, and what it was made of. */
async function merged(get: Get): Promise<{ whole: Row; parts: Row[] }> {
  const peaks = await rowsOf(get, "peaks");
  const all = (await rowsOf(get, "merged_peaks")).map((whole) => ({
    whole,
    parts: peaks.filter((peak) =>
      of(peak, "time") >= of(whole, "time") && of(peak, "time") < of(whole, "endtime")
    ),
  })).filter(({ parts }) => parts.length > 1);
  return all.reduce((a, b) => of(b.whole, "area") > of(a.whole, "area") ? b : a);
}

const MERGING = { ...CHAIN, "merged_peaks.maxGap": "400 us", "merged_peaks.maxDuration": "2 ms" } as const;

/** By plugin. */
export const straxPeakExamples: Readonly<Record<string, Example>> = {
  peaks: {
    config: CHAIN,
    caption:
      "The summed waveform of the largest peak: half of its area lies in what is shaded, around the median.",
    draw: async (get) => {
      const peak = largest(await rowsOf(get, "peaks"));
      const median = of(peak, "median_time") / 1000, deciles = peak.area_decile_from_midpoint as Float32Array;
      const at = (share: number) =>
        median + (deciles[Math.floor(share)]! + deciles[Math.ceil(share)]!) / 2000;
      return {
        title: "peaks: the sum of all channels",
        x: NS,
        y: PE,
        layers: [
          { kind: "line", points: data(peak), name: "summed waveform" },
          { kind: "band", from: at(2.5), to: at(7.5), colour: "#1a7f37", name: "width of 50 %" },
          { kind: "mark", x: median, name: "median_time" },
        ],
      };
    },
  },
  peak_hit_times: {
    config: CHAIN,
    caption: "The longest time between the maxima of a peak's hits that follow each other, against its area.",
    draw: async (get) => {
      const peaks = await rowsOf(get, "peaks"), times = await rowsOf(get, "peak_hit_times");
      return {
        title: "peak_hit_times: how far apart the hits of a peak lie",
        x: "area (PE)",
        y: "max_diff (ns)",
        layers: [{
          kind: "dots",
          points: times.map((row, i): Point => [of(peaks[i]!, "area"), of(row, "max_diff") / 1000]).filter((
            [, y],
          ) => y >= 0),
        }],
      };
    },
  },
  peak_waveforms: {
    config: { ...CHAIN, peak_waveforms: { topChannels: 1, gain: 0.01 } },
    caption: "The summed waveform of the largest peak, and what channel 0, here the top array, has of it.",
    draw: async (get) => ({
      title: "peak_waveforms: the top array's part of a peak",
      ...await besideData(get, "peak_waveforms", "data_top"),
    }),
  },
  simple_summed_waveform: {
    config: { ...CHAIN, "hits.minAmplitude": 400, "simple_summed_waveform.gain": 0.01 },
    caption:
      "The sum of the hits of the largest peak, whose threshold is high here, and that of all that the records have in its time.",
    draw: async (get) => ({
      title: "simple_summed_waveform: all records in the time of a peak",
      ...await besideData(get, "simple_summed_waveform", "record_data"),
    }),
  },
  lone_hits: {
    config: { ...CHAIN, "hits.minAmplitude": 30 },
    caption:
      "Hits of the first ms by channel, each drawn 8 us long; peaks are shaded, and what is in none is a lone hit.",
    draw: timeline,
  },
  lone_hit_areas: {
    config: { ...CHAIN, lone_hit_areas: { leftExtension: "30 ns", rightExtension: "200 ns" } },
    caption:
      "Integrals of lone hits against the areas of the hits themselves: around small ones the samples count.",
    draw: async (get) => {
      const hits = await rowsOf(get, "lone_hits"), areas = await rowsOf(get, "lone_hit_areas");
      return {
        title: "lone_hit_areas: with the samples around the hits",
        x: "area of the hit (ADC x sample)",
        y: "integral (ADC x sample)",
        layers: [{
          kind: "dots",
          points: hits.map((hit, i): Point => [of(hit, "area"), of(areas[i]!, "integral")]).filter(([x]) =>
            x < 3000
          ),
        }],
      };
    },
  },
  merged_peaks: {
    config: { ...CHAIN, "merged_peaks.maxGap": "3 us" },
    caption:
      "Peaks that follow each other within 3 us, and the one that they become, which has longer samples.",
    draw: async (get) => {
      const { whole, parts } = await merged(get), start = of(whole, "time");
      return {
        title: "merged_peaks: two peaks as one",
        x: NS,
        y: PE,
        layers: [
          ...parts.map((part): Layer => ({ kind: "line", points: data(part, start), colour: "#b6c2cf" })),
          { kind: "line", points: data(whole), name: "merged_peaks" },
        ],
      };
    },
  },
  peaks_with_lone_hits: {
    config: { ...MERGING, "peaks_with_lone_hits.gain": 0.01 },
    caption: "Areas of merged peaks without and with the lone hits between their parts.",
    draw: async (get) => {
      const before = await rowsOf(get, "merged_peaks"), behind = await rowsOf(get, "peaks_with_lone_hits");
      const more = behind.map((
        peak,
        i,
      ): Point => [of(before[i]!, "area"), of(peak, "area") - of(before[i]!, "area")]);
      return {
        title: "peaks_with_lone_hits: what lone hits add",
        x: "area of the merged peak (PE)",
        y: "added area (PE)",
        layers: [{ kind: "dots", points: more }],
      };
    },
  },
};
