// The examples of features of records.

import type { Point } from "../_svg.ts";
import { type Example, highPulse, histogram, line, of, rowsOf, SAMPLE, wave } from "./example.ts";

/** By plugin. */
export const featureExamples: Readonly<Record<string, Example>> = {
  basic_features: {
    config: { "basic_features.heightRange": [40, 90] },
    caption:
      "Area against height: the two pulse shapes of the run are two branches; pile-up lies between and above.",
    draw: async (get) => ({
      title: "basic_features: area against height",
      x: "height (ADC)",
      y: "area (ADC x sample)",
      layers: [{
        kind: "dots",
        points: (await rowsOf(get, "basic_features")).map((row) => [of(row, "height"), of(row, "area")]),
      }],
    }),
  },
  charge_pe: {
    config: { "charge_pe.gain": { default: 500, channels: { "0:1": 400 } } },
    caption: "Charges of all records in photoelectrons.",
    draw: async (get) => ({
      title: "charge_pe: charges",
      x: "area_pe (PE)",
      y: "records",
      yFrom: 0,
      layers: [{
        kind: "bars",
        bars: histogram((await rowsOf(get, "charge_pe")).map((row) => of(row, "area_pe")), 0, 400, 40),
      }],
    }),
  },
  waveform_width: {
    config: { waveform_width: { useFiltered: true }, "hit.height": 15 },
    caption: "Rise time against width: the fast and the slow shape of the run.",
    draw: async (get) => ({
      title: "waveform_width: rise time and width",
      x: "total_width (ns)",
      y: "rise_time (ns)",
      layers: [{
        kind: "dots",
        points: (await rowsOf(get, "waveform_width")).map((row): Point => [
          of(row, "total_width") / 1000,
          of(row, "rise_time") / 1000,
        ]).filter(([x, y]) => x > 0 && y > 0),
      }],
    }),
  },
  waveform_width_integral: {
    config: { waveform_width_integral: { qLow: 0.1, qHigh: 0.9 } },
    caption: "The cumulated signal of a record; 80 % of its charge lie in what is shaded.",
    draw: async (get) => {
      const record = await highPulse(get), baseline = of(record, "baseline");
      const row = (await rowsOf(get, "waveform_width_integral")).find((r) =>
        r.record_id === record.record_id
      )!;
      let sum = 0;
      const charge = wave(record).map((v) => sum += Math.max(0, baseline - v));
      return {
        title: "waveform_width_integral: from 10 % to 90 % of the charge",
        x: SAMPLE,
        y: "cumulated signal (ADC x sample)",
        layers: [
          { kind: "line", points: line(charge) },
          { kind: "band", from: of(row, "t_low_samples"), to: of(row, "t_high_samples"), colour: "#1a7f37" },
        ],
      };
    },
  },
};
