/**
 * `filtered_records` of the strax set: records after a finite impulse response filter that goes across the fragments of a pulse.
 *
 * `data` is the convolution of the pulse with `response`, divided by its sum, with the origin at its highest value; before and behind the
 * pulse there are zeros. It is rounded to whole ADC counts; samples behind `length` stay 0. All other columns are those of `records`.
 *
 * Differences from strax (`filter_records`): samples are rounded to the nearest integer, strax cuts their fraction off; samples behind
 * `length` are not written to; the fraction of the baseline is not added before and lost after; the response may be even.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Context, Table, tableSource } from "@millrace/core";
 * import { filteredRecords } from "@millrace/plugins-signal/strax/filtered-records";
 * import { straxRecordsSchema } from "@millrace/plugins-signal/strax/schemas";
 *
 * const two = (a: number, b: number) => [a, b];
 * const records = Table.from(straxRecordsSchema, {
 *   time: [0n, 30_000n],
 *   endtime: [30_000n, 50_000n],
 *   channel: two(3, 3),
 *   dt: two(10_000, 10_000),
 *   length: two(3, 2),
 *   pulse_length: two(5, 5),
 *   record_i: two(0, 1),
 *   area: two(0, 0),
 *   reduction_level: two(0, 0),
 *   baseline: two(100, 100),
 *   baseline_rms: two(1, 1),
 *   data: [[0, 0, 40], [0, 0, 0]],
 * });
 * await using ctx = new Context({ config: { "filtered_records.response": ["1", "2", "1"] } });
 * ctx.register(tableSource("records", records), filteredRecords);
 * const table = await ctx.getData("run_1", "filtered_records");
 * assert.deepEqual([...table.get("data", "i16[n]")], [0, 10, 20, 10, 0, 0]); // into the next fragment
 * ```
 * @module
 */
import { definePlugin } from "@millrace/core/define";
import { option } from "@millrace/core/option";
import type { Plugin } from "@millrace/core/plugin";
import { copyColumns } from "../_copy_columns.ts";
import { KEPT } from "./_kept_columns.ts";
import { straxRecordsHelp } from "./column_help.ts";
import { straxRecordsSchema } from "./schemas.ts";

/** Records after an FIR filter across fragments. Options: `response`, `maxRecord`. */
export const filteredRecords: Plugin = definePlugin({
  module: import.meta.url,
  export: "filteredRecords",
  provides: "filtered_records",
  dependsOn: ["records"],
  needs: { records: straxRecordsSchema.types },
  version: "1.0.0",
  help: "Records after a finite impulse response filter across fragments",
  dataKind: "raw_records",
  schema: straxRecordsSchema,
  columnHelp: straxRecordsHelp,
  // The fragments before and behind start one record away.
  halo: ({ maxRecord }) => ({ left: maxRecord, right: maxRecord + 1, by: "start" as const }),
  options: {
    response: option.list({
      default: ["0.05", "0.2", "0.5", "0.2", "0.05"],
      help: "Impulse response; it is divided by its sum",
      validate: (values) =>
        values.length === 0 || values.some((x) => x.trim() === "" || !Number.isFinite(Number(x))) ||
          values.reduce((sum, x) => sum + Number(x), 0) === 0
          ? "give numbers whose sum is not 0"
          : undefined,
    }),
    maxRecord: option.time({ default: "100 us", min: 1, help: "Longest record (fragment)" }),
  },
  computeChunk(chunk, { options, emit, own }) {
    const { table, columns } = chunk;
    const { time, channel, dt, length, record_i, data } = columns;
    const width = table.width("data");
    const taps = options.response.map(Number), sum = taps.reduce((a, b) => a + b, 0);
    const response = Float64Array.from(taps, (x) => x / sum);
    const origin = taps.indexOf(Math.max(...taps));
    if (chunk.length > 0 && response.length > width) {
      throw new RangeError(
        `The response has ${response.length} values, records have ${width} samples: give fewer`,
      );
    }
    const [previous, next] = linksOf(time, channel, dt, record_i, width);
    const out = emit(own.to - own.from, { widths: { data: width } });
    copyColumns(KEPT, columns, out.columns, own);
    out.columns.reduction_level.set(columns.reduction_level.subarray(own.from, own.to));
    for (let i = own.from; i < own.to; i++) {
      if (width * dt[i]! > options.maxRecord) {
        throw new RangeError(
          `Records are ${width * dt[i]!} ps long: set filtered_records.maxRecord to at least that`,
        );
      }
      const to = (i - own.from) * width, n = Math.min(length[i]!, width);
      const before = previous[i]! * width + width, here = i * width, behind = next[i]! * width - width;
      for (let s = 0; s < n; s++) {
        let y = 0;
        for (let k = 0; k < response.length; k++) {
          const at = s - (k - origin);
          if (at >= 0 && at < width) y += response[k]! * data[here + at]!;
          else if (at < 0 && previous[i]! >= 0) y += response[k]! * data[before + at]!;
          else if (at >= width && next[i]! >= 0) y += response[k]! * data[behind + at]!;
        }
        out.columns.data[to + s] = Math.min(32767, Math.max(-32768, Math.round(y)));
      }
      out.columns.data.fill(0, to + n, to + width);
    }
    return out;
  },
});

/** The rows of the fragments before and behind each one, -1 where there is none. */
function linksOf(
  time: Float64Array,
  channel: Uint16Array,
  dt: Int32Array,
  record_i: Int32Array,
  width: number,
): [previous: Int32Array, next: Int32Array] {
  const previous = new Int32Array(time.length).fill(-1), next = new Int32Array(time.length).fill(-1);
  const last = new Map<number, number>();
  for (let i = 0; i < time.length; i++) {
    const before = last.get(channel[i]!);
    const follows = before !== undefined && record_i[i] === record_i[before]! + 1 &&
      time[i] === time[before]! + width * dt[before]!;
    if (follows) {
      previous[i] = before;
      next[before] = i;
    }
    last.set(channel[i]!, i);
  }
  return [previous, next];
}
