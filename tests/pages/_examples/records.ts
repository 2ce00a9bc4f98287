// The examples of records.

import type { Layer } from "../_svg.ts";
import { ADC, type Example, highPulse, line, of, recordOf, rowsOf, SAMPLE, wave } from "./example.ts";

/** By plugin. */
export const recordExamples: Readonly<Record<string, Example>> = {
  raw_files: {
    config: {},
    caption: "The first trace of each channel, as it was digitized.",
    draw: async (get) => {
      const rows = await rowsOf(get, "raw_files");
      return {
        title: "raw_files: the first trace of each channel",
        x: SAMPLE,
        y: ADC,
        layers: [0, 1, 2].map((channel) => ({
          kind: "line",
          points: line(wave(rows.find((row) => row.channel === channel)!)),
          name: `channel ${channel}`,
        })),
      };
    },
  },
  records: {
    config: { "records.baselineSamples": 40 },
    caption: "A record, its baseline and the samples that it is the mean of.",
    draw: async (get) => {
      const record = await highPulse(get);
      return {
        title: "records: baseline",
        x: SAMPLE,
        y: ADC,
        layers: [
          { kind: "line", points: line(wave(record)), name: "record" },
          { kind: "level", y: of(record, "baseline"), name: "baseline" },
          { kind: "band", from: 0, to: 40, colour: "#1a7f37", name: "baselineSamples" },
        ],
      };
    },
  },
  wave_pool: {
    config: {},
    caption: "The pool of the first records; marks are at their wave_offset.",
    draw: async (get) => {
      const rows = (await rowsOf(get, "wave_pool")).slice(0, 4);
      return {
        title: "wave_pool: the samples of four records one behind the other",
        x: "sample of the pool",
        y: ADC,
        layers: [
          { kind: "line", points: line(rows.flatMap(wave)), name: "pool" },
          ...rows.map((row): Layer => ({ kind: "mark", x: of(row, "wave_offset"), colour: "#d1242f" })),
        ],
      };
    },
  },
  st_waveforms: {
    config: { "st_waveforms.waveLength": 500 },
    caption: "A waveform of 500 samples of a record of 400: the rest is zero.",
    draw: async (get) => ({
      title: "st_waveforms: a record in a wider block",
      x: "sample of the block",
      y: ADC,
      layers: [{ kind: "line", points: line(wave((await rowsOf(get, "st_waveforms"))[0]!)) }],
    }),
  },
  filtered_waveforms: {
    config: { "filtered_waveforms.sgWindowSize": 21 },
    caption: "A record before and behind the Savitzky-Golay filter.",
    draw: async (get) => {
      const record = await highPulse(get);
      const filtered = await recordOf(get, record.record_id!, "filtered_waveforms");
      return {
        title: "filtered_waveforms: Savitzky-Golay, window 21",
        x: SAMPLE,
        y: ADC,
        layers: [
          { kind: "line", points: line(wave(record)).slice(20, 140), colour: "#b6c2cf", name: "record" },
          { kind: "line", points: line(wave(filtered)).slice(20, 140), name: "filtered" },
        ],
      };
    },
  },
};
