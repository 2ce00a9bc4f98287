// The examples of hits.

import type { Bar, Layer, Plot } from "../_svg.ts";
import {
  ADC,
  type Example,
  FINDING,
  type Get,
  groups,
  line,
  of,
  recordOf,
  richest,
  rowsOf,
  SAMPLE,
  wave,
} from "./example.ts";

const pulses = (type: string, title: string) => async (get: Get): Promise<Plot> => {
  const { record, rows } = await richest(get, type);
  const filtered = await recordOf(get, record.record_id!, "filtered_waveforms");
  return {
    title,
    x: SAMPLE,
    y: ADC,
    layers: [
      { kind: "line", points: line(wave(record)), colour: "#b6c2cf", name: "record" },
      { kind: "line", points: line(wave(filtered)), name: "filtered" },
      {
        kind: "dots",
        points: rows.map((row) => [of(row, "position"), wave(filtered)[of(row, "position")]!]),
        colour: "#d1242f",
        name: "position",
      },
      ...rows.map((row): Layer => ({
        kind: "band",
        from: of(row, "edge_start"),
        to: of(row, "edge_end"),
        colour: "#1a7f37",
      })),
    ],
  };
};

/** By plugin. */
export const hitExamples: Readonly<Record<string, Example>> = {
  hit_threshold: {
    config: FINDING,
    caption: "The record with most hits: windows are shaded, the highest samples marked.",
    draw: async (get) => {
      const { record, rows } = await richest(get, "hit_threshold"), baseline = of(record, "baseline");
      const signal = wave(record).map((v) => baseline - v);
      return {
        title: "hit_threshold: threshold 25",
        x: SAMPLE,
        y: "signal (ADC)",
        layers: [
          { kind: "line", points: line(signal), name: "signal" },
          { kind: "level", y: 25, name: "threshold" },
          {
            kind: "dots",
            points: rows.map((row) => [of(row, "position"), of(row, "height")]),
            name: "position",
          },
          ...rows.map((row): Layer => ({
            kind: "band",
            from: of(row, "edge_start"),
            to: of(row, "edge_end") - 1,
            colour: "#1a7f37",
          })),
        ],
      };
    },
  },
  hit_merged: {
    config: { ...FINDING, "hit_merged.mergeGap": "60 ns" },
    caption: "The merged hit of most hits: its hits are bars, it is shaded.",
    draw: async (get) => {
      const merged = (await rowsOf(get, "hit_merged")).reduce((a, b) =>
        of(b, "component_count") > of(a, "component_count") ? b : a
      );
      const hits = (await rowsOf(get, "hit_threshold")).filter((hit) =>
        hit.channel === merged.channel && of(hit, "time") >= of(merged, "time") &&
        of(hit, "time") < of(merged, "endtime")
      );
      const x = (time: number) => (time - of(merged, "time")) / 1000;
      return {
        title: "hit_merged: hits at most 60 ns apart",
        x: "ns from the start of the merged hit",
        y: "height (ADC)",
        yFrom: 0,
        layers: [
          { kind: "band", from: 0, to: x(of(merged, "endtime")), colour: "#1a7f37", name: "merged" },
          {
            kind: "bars",
            bars: hits.map((hit): Bar => [x(of(hit, "time")), x(of(hit, "endtime")), 0, of(hit, "height")]),
            name: "hits",
          },
        ],
      };
    },
  },
  hit_grouped: {
    config: { ...FINDING, "hit_grouped.timeWindow": "100 ns" },
    caption: "Hits by channel; what is shaded is one group.",
    draw: (get) => groups(get, "hit_merged", "hit_grouped", "hit_grouped: hits at most 100 ns apart"),
  },
  hit: {
    config: { "hit.height": 15 },
    caption: "The record with most pulses: edges are shaded, at half of the prominence of the rising steps.",
    draw: pulses("hit", "hit: pulses in the steps of the filtered record"),
  },
  signal_peaks: {
    config: { signal_peaks: { useDerivative: false, prominence: 60 } },
    caption: "The record with most pulses, searched directly: edges are shaded, at half of the prominence.",
    draw: pulses("signal_peaks", "signal_peaks: pulses of the filtered record itself"),
  },
  signal_peaks_stream: {
    config: { "signal_peaks_stream.height": 30 },
    caption: "The record with most pulses: edges are shaded, at half of the prominence of the rising steps.",
    draw: pulses("signal_peaks_stream", "signal_peaks_stream: pulses in the steps of the filtered record"),
  },
};
