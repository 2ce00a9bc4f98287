// The examples of events.

import type { Point } from "../_svg.ts";
import { type Example, groups, histogram, of, rowsOf } from "./example.ts";

/** By plugin. */
export const eventExamples: Readonly<Record<string, Example>> = {
  events: {
    config: { "events.timeWindow": "100 ns" },
    caption: "Starts of records by channel; what is shaded is one event.",
    draw: (get) => groups(get, "basic_features", "events", "events: records within 100 ns", ""),
  },
  paired_events: {
    config: { "paired_events.channels": ["0:0", "0:1"] },
    caption: "How much later channel 1 starts than channel 0, in events that have both.",
    draw: async (get) => ({
      title: "paired_events: time between two channels",
      x: "delta_t (ns)",
      y: "events",
      yFrom: 0,
      layers: [{
        kind: "bars",
        bars: histogram(
          (await rowsOf(get, "paired_events")).map((row) => of(row, "delta_t") / 1000),
          -80,
          80,
          32,
        ),
      }],
    }),
  },
  s1_s2: {
    config: {
      waveform_width: { useFiltered: true },
      "hit.height": 15,
      s1_s2: { s1WidthRange: "20..110", s2WidthRange: "200..900" },
    },
    caption: "Pulses by width and area: the narrow ones are S1, the wide ones S2.",
    draw: async (get) => {
      const rows = (await rowsOf(get, "s1_s2")).filter((row) => of(row, "width") > 0);
      return {
        title: "s1_s2: by width",
        x: "width (ns)",
        y: "area (ADC x sample)",
        layers: ["neither", "S1", "S2"].map((name, label) => ({
          kind: "dots",
          points: rows.filter((row) => row.label === label).map((
            row,
          ): Point => [of(row, "width") / 1000, of(row, "area")]),
          name,
        })),
      };
    },
  },
};
