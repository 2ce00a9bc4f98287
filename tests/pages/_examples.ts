// An example of each plugin: settings for one simulated run, and the picture of what comes out.

import type { RowValue, Table } from "@millrace/core/table";
import type { SimulateFilesOptions } from "@millrace/plugins-signal/simulate/files";
import type { Bar, Layer, Plot, Point } from "./_svg.ts";

/** The run of all examples. */
export const RUN: SimulateFilesOptions = {
  channels: 3,
  rate: 4000,
  duration: 5e10,
  samples: 400,
  noise: 4,
  amplitude: [100, 2000],
  coincidences: 0.6,
  coincidenceWindow: 60_000,
  pileUp: 0.3,
  seed: 7,
};

type Row = Record<string, RowValue>;

/** Reads a data type of the run with the settings of the example. */
export type Get = (dataType: string) => Promise<Table>;

/** What is shown of a plugin. */
export interface Example {
  /** Settings beside the input. */
  readonly config: Readonly<Record<string, unknown>>;
  /** What the picture shows. */
  readonly caption: string;
  readonly draw: (get: Get) => Promise<Plot>;
}

const rowsOf = async (get: Get, type: string): Promise<Row[]> => (await get(type)).rows();
const wave = (row: Row): readonly number[] => Array.from(row.wave as Uint16Array);
const line = (values: readonly number[]): Point[] => values.map((v, k) => [k, v]);
const of = (row: Row, name: string) => Number(row[name]);
const SAMPLE = "sample of the record", ADC = "ADC counts";

/** The record of a row. */
async function recordOf(get: Get, id: RowValue, type = "records"): Promise<Row> {
  return (await rowsOf(get, type)).find(({ record_id }) => record_id === id)!;
}

/** The record with the most rows of `type`, and these. */
async function richest(get: Get, type: string): Promise<{ record: Row; rows: Row[] }> {
  const byRecord = Map.groupBy(await rowsOf(get, type), ({ record_id }) => record_id!);
  const [id, rows] = [...byRecord].reduce((a, b) => b[1].length > a[1].length ? b : a);
  return { record: await recordOf(get, id), rows };
}

/** The first record with a high pulse. */
async function highPulse(get: Get): Promise<Row> {
  const records = await rowsOf(get, "records");
  return records.find((row) => of(row, "baseline") - Math.min(...wave(row)) > 900)!;
}

function histogram(values: readonly number[], low: number, high: number, bins: number): Bar[] {
  const counts = new Uint32Array(bins), width = (high - low) / bins;
  for (const v of values) if (v >= low && v < high) counts[Math.floor((v - low) / width)]!++;
  return Array.from(counts, (count, k): Bar => [low + k * width, low + (k + 1) * width, 0, count]);
}

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

/** Rows as bars by channel over a stretch of time, with brackets of groups. */
async function groups(get: Get, parts: string, whole: string, title: string, end = "endtime"): Promise<Plot> {
  const rows = await rowsOf(get, parts), found = await rowsOf(get, whole);
  const first = found.find((row) => of(row, "n_hits") > 2) ?? found[0]!;
  const from = of(first, "time") - 300_000, to = of(first, "time") + 1_500_000;
  const inside = (row: Row) => of(row, "time") >= from && of(row, "time") < to;
  const x = (time: number) => (time - of(first, "time")) / 1000;
  return {
    title,
    x: "ns from the first group",
    y: "channel",
    yFrom: -0.6,
    layers: [
      ...found.filter(inside).map((row): Layer => ({
        kind: "band",
        from: x(of(row, "time")),
        to: x(of(row, "endtime")),
        colour: "#1a7f37",
      })),
      {
        kind: "bars",
        bars: rows.filter(inside).map((row): Bar => {
          const channel = of(row, "channel"), start = x(of(row, "time"));
          return [start, end === "" ? start + 5 : x(of(row, end)), channel - 0.3, channel + 0.3];
        }),
      },
    ],
  };
}

const FINDING = { "hit_threshold.threshold": 25 };

/** The examples by plugin. */
export const EXAMPLES: Readonly<Record<string, Example>> = {
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
