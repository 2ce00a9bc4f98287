// The examples of the strax set that have a row a fragment of a pulse, or a hit.

import type { Layer, Plot, Point } from "../_svg.ts";
import { type Example, type Get, of, type Row, rowsOf } from "./example.ts";

/** Channels of the run, and fragments that pulses are longer than. */
export const CHAIN = { "peaks.channels": 3, "peaks.gain": 0.01 } as const;
export const NS = "ns from the start of the pulse";

/** The first pulse with a high signal: its fragments of a type. */
export async function pulseOf(get: Get, type: string, of1 = 0): Promise<Row[]> {
  const rows = await rowsOf(get, "records");
  const high = rows.filter((row) => Math.max(...row.data as Int16Array) > 900)[of1]!;
  const start = of(high, "time") - of(high, "record_i") * 110 * of(high, "dt");
  const end = start + of(high, "pulse_length") * of(high, "dt");
  return (await rowsOf(get, type)).filter((row) =>
    row.channel === high.channel && of(row, "time") >= start && of(row, "time") < end
  );
}

const samples = (row: Row) => Array.from(row.data as Int16Array).slice(0, of(row, "length"));

/** Samples of fragments over time. */
export const points = (rows: readonly Row[], from = 0, to = Infinity): Point[] => {
  const start = of(rows[0]!, "time");
  return rows.flatMap((row) =>
    samples(row).map((x, k): Point => [(of(row, "time") - start + k * of(row, "dt")) / 1000, x])
  ).filter(([t]) => t >= from && t < to);
};

/** Records of a pulse before and behind a step. */
const beforeAndBehind =
  (type: string, title: string, from = 0, to = Infinity) => async (get: Get): Promise<Plot> => ({
    title,
    x: NS,
    y: "signal (ADC)",
    layers: [
      {
        kind: "line",
        points: points(await pulseOf(get, "records"), from, to),
        colour: "#b6c2cf",
        name: "records",
      },
      { kind: "line", points: points(await pulseOf(get, type), from, to), name: type },
    ],
  });

/** The records of a pulse, the threshold, and where the samples of its hits lie: how many of them before the hit, and how many in all. */
const shaded =
  (type: string, title: string, before: (hit: Row) => number, count: (hit: Row) => number) =>
  async (get: Get): Promise<Plot> => {
    const rows = await pulseOf(get, "records"), hits = await pulseOf(get, type), start = of(rows[0]!, "time");
    const x = (hit: Row, samples: number) => (of(hit, "time") + samples * of(hit, "dt") - start) / 1000;
    return {
      title,
      x: NS,
      y: "signal (ADC)",
      layers: [
        { kind: "line", points: points(rows), name: "records" },
        { kind: "level", y: 60, name: "minAmplitude" },
        ...hits.map((hit): Layer => ({
          kind: "band",
          from: x(hit, -before(hit)),
          to: x(hit, count(hit) - before(hit)),
          colour: "#1a7f37",
        })),
      ],
    };
  };

/** By plugin. */
export const straxRecordExamples: Readonly<Record<string, Example>> = {
  raw_records: {
    config: { "raw_records.samples": 110 },
    caption: "A trace of 400 samples as four fragments.",
    draw: async (get) => {
      const rows = await pulseOf(get, "raw_records");
      return {
        title: "raw_records: the fragments of a trace",
        x: NS,
        y: "ADC counts",
        layers: rows.map((_, k) => ({
          kind: "line",
          points: points(rows).slice(110 * k, 110 * (k + 1)),
          name: `record_i ${k}`,
        })),
      };
    },
  },
  records: {
    config: { "records.baselineSamples": 40 },
    caption: "The fragments of a pulse without baseline, upwards; marks are where a fragment begins.",
    draw: async (get) => {
      const rows = await pulseOf(get, "records"), start = of(rows[0]!, "time");
      return {
        title: "records: a pulse in four fragments",
        x: NS,
        y: "signal (ADC)",
        layers: [
          { kind: "line", points: points(rows), name: "data" },
          ...rows.map((row): Layer => ({
            kind: "mark",
            x: (of(row, "time") - start) / 1000,
            colour: "#8250df",
          })),
        ],
      };
    },
  },
  filtered_records: {
    config: { "filtered_records.response": ["1", "2", "4", "8", "4", "2", "1"] },
    caption: "A pulse before and behind the filter, across the start of its second fragment at 220 ns.",
    draw: beforeAndBehind("filtered_records", "filtered_records: a response of seven samples", 60, 320),
  },
  trimmed_records: {
    config: { trimmed_records: { samplesBefore: 25, samplesBehind: 150 } },
    caption: "The first 25 and the last 150 samples of a pulse are 0.",
    draw: beforeAndBehind("trimmed_records", "trimmed_records: the ends of a pulse"),
  },
  reduced_records: {
    config: { "hits.minAmplitude": 40, reduced_records: { leftExtension: "20 ns", rightExtension: "50 ns" } },
    caption: "What is further from a hit than the extensions is 0.",
    draw: beforeAndBehind("reduced_records", "reduced_records: what is left around hits"),
  },
  hits: {
    config: { "hits.minAmplitude": 60 },
    caption: "A pulse, the threshold, and the hits in it; one ends with its fragment and the next goes on.",
    draw: shaded("hits", "hits: at or beyond the threshold", () => 0, (hit) => of(hit, "length")),
  },
  extended_hits: {
    config: { "hits.minAmplitude": 60, extended_hits: { leftExtension: "20 ns", rightExtension: "60 ns" } },
    caption:
      "The samples of the hits of a pulse, with those around them: across the border of fragments, and none twice.",
    draw: shaded(
      "extended_hits",
      "extended_hits: hits with the samples around them",
      (hit) => of(hit, "before"),
      (hit) => (hit.wave as Int16Array).length,
    ),
  },
  hitlets: {
    config: { "hits.minAmplitude": 60, hitlets: { leftExtension: 10, rightExtension: 15, gain: 0.01 } },
    caption:
      "A hitlet; its hits are joined, and it reaches beyond them. Shaded: its full width at half of the maximum.",
    draw: async (get) => {
      const hitlet = (await pulseOf(get, "hitlets"))[0]!, dt = of(hitlet, "dt") / 1000;
      const left = of(hitlet, "left_fwhm") / 1000;
      return {
        title: "hitlets: a pulse and its width",
        x: "ns from the start of the hitlet",
        y: "signal (PE a sample)",
        layers: [
          {
            kind: "line",
            points: Array.from(hitlet.data as Float32Array, (y, k): Point => [(k + 0.5) * dt, y]),
            name: "data",
          },
          { kind: "band", from: left, to: left + of(hitlet, "fwhm") / 1000, colour: "#1a7f37", name: "fwhm" },
          { kind: "mark", x: of(hitlet, "left_area") / 1000, name: "left_area" },
        ],
      };
    },
  },
};
