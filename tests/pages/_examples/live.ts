// The examples of what is looked at while a run goes on.

import type { Bar, Point } from "../_svg.ts";
import { type Example, of, rowsOf } from "./example.ts";

/** By plugin. */
export const liveExamples: Readonly<Record<string, Example>> = {
  live_rate: {
    config: { "live_rate.interval": "2 ms" },
    caption: "Rates of the three channels, every 2 ms.",
    draw: async (get) => {
      const rows = await rowsOf(get, "live_rate");
      return {
        title: "live_rate: every 2 ms",
        x: "run time (ms)",
        y: "rate (Hz)",
        yFrom: 0,
        layers: [0, 1, 2].map((channel) => ({
          kind: "line",
          points: rows.filter((row) => row.channel === channel).map((
            row,
          ): Point => [of(row, "time") / 1e9, of(row, "rate")]),
          name: `channel ${channel}`,
        })),
      };
    },
  },
  live_histogram: {
    config: { live_histogram: { quantity: "height", range: [0, 2500], bins: 50, interval: "25 ms" } },
    caption: "Heights of channel 0 in the first 25 ms and in the next.",
    draw: async (get) => {
      const rows = (await rowsOf(get, "live_histogram")).filter(({ channel }) => channel === 0).slice(0, 2);
      return {
        title: "live_histogram: heights of channel 0",
        x: "height (ADC)",
        y: "records",
        yFrom: 0,
        layers: rows.map((row, k) => ({
          kind: "bars",
          bars: Array.from(row.counts as Uint32Array, (count, b): Bar => [50 * b, 50 * (b + 1), 0, count]),
          name: `${25 * k} to ${25 * (k + 1)} ms`,
        })),
      };
    },
  },
};
