// The examples of what is computed of pulses.

import type { Point } from "../_svg.ts";
import { type Example, highPulse, histogram, line, of, rowsOf, SAMPLE, wave } from "./example.ts";

/** By plugin. */
export const pulseExamples: Readonly<Record<string, Example>> = {
  pulse_shape: {
    config: { pulse_shape: { preGate: 10, shortGate: 40, longGate: 250 } },
    caption: "Share of the tail against charge: the fast and the slow shape of the run.",
    draw: async (get) => ({
      title: "pulse_shape: tail to total",
      x: "charge_long (ADC x sample)",
      y: "psd",
      layers: [{
        kind: "dots",
        points: (await rowsOf(get, "pulse_shape")).map((row) => [of(row, "charge_long"), of(row, "psd")]),
      }],
    }),
  },
  cfd_time: {
    config: { cfd_time: { fraction: 0.5, delay: 5, threshold: 25 } },
    caption: "A record, and its time by constant fraction.",
    draw: async (get) => {
      const record = await highPulse(get), baseline = of(record, "baseline");
      const row = (await rowsOf(get, "cfd_time")).find((r) => r.record_id === record.record_id)!;
      return {
        title: "cfd_time: constant fraction",
        x: SAMPLE,
        y: "signal (ADC)",
        layers: [
          {
            kind: "line",
            points: line(wave(record).map((v) => baseline - v)).slice(30, 110),
            name: "signal",
          },
          { kind: "mark", x: of(row, "cfd_samples"), name: "cfd_samples" },
        ],
      };
    },
  },
  trapezoidal_energy: {
    config: { trapezoidal_energy: { rise: "100 ns", flat: "40 ns" } },
    caption: "Energies of all records.",
    draw: async (get) => ({
      title: "trapezoidal_energy: energies",
      x: "energy (ADC)",
      y: "records",
      yFrom: 0,
      layers: [{
        kind: "bars",
        bars: histogram(
          (await rowsOf(get, "trapezoidal_energy")).map((row) => of(row, "energy")),
          0,
          2500,
          50,
        ),
      }],
    }),
  },
  power_spectrum: {
    config: { "power_spectrum.subtract": "mean" },
    caption: "The power spectrum of a record.",
    draw: async (get) => {
      const record = await highPulse(get);
      const row = (await rowsOf(get, "power_spectrum")).find((r) => r.record_id === record.record_id)!;
      return {
        title: "power_spectrum",
        x: "frequency (MHz)",
        y: "power (ADC^2)",
        log: true,
        layers: [{
          kind: "line",
          points: Array.from(row.power as Float64Array, (p, k): Point => [k * of(row, "df") / 1e6, p]).slice(
            1,
          ),
        }],
      };
    },
  },
  record_quality: {
    config: { "record_quality.prominence": 60 },
    caption: "Records by their number of pulses: pile-up is what has more than one.",
    draw: async (get) => {
      const rows = await rowsOf(get, "record_quality");
      return {
        title: "record_quality: pulses of a record",
        x: "pulses",
        y: "records",
        yFrom: 0,
        layers: [{ kind: "bars", bars: histogram(rows.map((row) => of(row, "pulses")), 0, 8, 8) }],
      };
    },
  },
};
