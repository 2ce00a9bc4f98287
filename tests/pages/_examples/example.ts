// An example of a plugin: settings for one simulated run, and the picture of what comes out.

import type { RowValue, Table } from "@millrace/core/table";
import type { SimulateFilesOptions } from "@millrace/plugins-signal/simulate/files";
import type { Bar, Layer, Plot, Point } from "../_svg.ts";

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

export type Row = Record<string, RowValue>;

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

export const rowsOf = async (get: Get, type: string): Promise<Row[]> => (await get(type)).rows();
export const wave = (row: Row): readonly number[] => Array.from(row.wave as Uint16Array);
export const line = (values: readonly number[]): Point[] => values.map((v, k) => [k, v]);
export const of = (row: Row, name: string) => Number(row[name]);
export const SAMPLE = "sample of the record", ADC = "ADC counts";

/** The record of a row. */
export async function recordOf(get: Get, id: RowValue, type = "records"): Promise<Row> {
  return (await rowsOf(get, type)).find(({ record_id }) => record_id === id)!;
}

/** The record with the most rows of `type`, and these. */
export async function richest(get: Get, type: string): Promise<{ record: Row; rows: Row[] }> {
  const byRecord = Map.groupBy(await rowsOf(get, type), ({ record_id }) => record_id!);
  const [id, rows] = [...byRecord].reduce((a, b) => b[1].length > a[1].length ? b : a);
  return { record: await recordOf(get, id), rows };
}

/** The first record with a high pulse. */
export async function highPulse(get: Get): Promise<Row> {
  const records = await rowsOf(get, "records");
  return records.find((row) => of(row, "baseline") - Math.min(...wave(row)) > 900)!;
}

export function histogram(values: readonly number[], low: number, high: number, bins: number): Bar[] {
  const counts = new Uint32Array(bins), width = (high - low) / bins;
  for (const v of values) if (v >= low && v < high) counts[Math.floor((v - low) / width)]!++;
  return Array.from(counts, (count, k): Bar => [low + k * width, low + (k + 1) * width, 0, count]);
}

/** Rows as bars by channel over a stretch of time, with brackets of groups. */
export async function groups(
  get: Get,
  parts: string,
  whole: string,
  title: string,
  end = "endtime",
): Promise<Plot> {
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

/** Settings that find hits in the run. */
export const FINDING = { "hit_threshold.threshold": 25 };
