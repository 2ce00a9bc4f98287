/**
 * `filtered_waveforms`: the records with smoothed samples, a row for each row of `records`.
 *
 * Columns are those of `records`, with `wave` as `f32[]`. The filter is one of
 *
 * | `filterType` | what |
 * |---|---|
 * | `SG` | Savitzky-Golay: `sgWindowSize`, `sgPolyOrder`; the ends are fitted by the first and last window |
 * | `BW` | Butterworth, forwards and backwards: `filterOrder`, `lowcut`, `highcut`; both for a band, one alone for a high or low pass |
 *
 * Each record is filtered by itself, with its own samples and its own `dt`. Samples are those of SciPy to 1 unit in the last place of
 * f32 (a relative 1.2e-7).
 * What a filter does with a constant it does with `baseline`: behind a band or high pass it is 0.
 *
 * A record with fewer samples than the window is filtered with the longest window that it has room for; one that is too short
 * for that polynomial, or for the Butterworth filter's start, stays as it is. Where that happens the run says so.
 *
 * Differences from WaveformAnalysis:
 * - frequencies are in Hz (or text with a unit) and the sampling frequency follows from `dt`, where there `fs` is an option, the
 *   same for all, with a default that its own `highcut` doesn't fit;
 * - a band, or one of its ends alone, has to be given: there is no default that fits every digitizer;
 * - an even window is an error (there it becomes the next odd one);
 * - only the record's own samples are filtered, not the zeros behind a short one.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Context, Table, tableSource } from "@millrace/core";
 * import { filteredWaveforms } from "@millrace/plugins-signal/filters/filtered-waveforms";
 * import { recordsSchema } from "@millrace/plugins-signal/records/records";
 *
 * const one = Table.from(recordsSchema, {
 *   time: [0n],
 *   endtime: [10_000n],
 *   board: [0],
 *   channel: [0],
 *   record_id: [0n],
 *   dt: [2000],
 *   length: [5],
 *   flags: [0],
 *   baseline: [7],
 *   polarity: [1],
 *   wave: [[0, 0, 35, 0, 0]],
 * });
 * await using ctx = new Context({ config: { "filtered_waveforms.sgWindowSize": 5 } });
 * ctx.register(tableSource("records", one, { dataKind: "records" }), filteredWaveforms);
 * const { wave } = (await ctx.getData("run_1", "filtered_waveforms")).row(0);
 * assert.equal((wave as Float32Array)[2], 17);
 * ```
 * @module
 */
import { definePlugin } from "@millrace/core/define";
import { option } from "@millrace/core/option";
import type { Plugin } from "@millrace/core/plugin";
import { type Schema, schema } from "@millrace/core/schema";
import { RECORD_HELP, recordsSchema, type RecordTypes } from "../records/records.ts";
import { ChannelFilters, contradiction, type FilterOptions } from "./_channel_filters.ts";

/** Column types of {@linkcode filteredSchema}, in order. */
export type FilteredTypes = Omit<RecordTypes, "wave"> & {
  /** Filtered samples, ADC counts. */
  readonly wave: "f32[]";
};

/** Columns of `filtered_waveforms`. */
export const filteredSchema: Schema<FilteredTypes> = schema({ ...recordsSchema.types, wave: "f32[]" });

const SHORT = "Some records are too short for the filter: they have a shorter window, or are as they were; " +
  "set filtered_waveforms.sgWindowSize or .filterOrder to less";

/**
 * Records with smoothed samples. Options: `filterType`, `sgWindowSize`, `sgPolyOrder`, `filterOrder`, `lowcut`, `highcut`.
 */
export const filteredWaveforms: Plugin = definePlugin({
  module: import.meta.url,
  export: "filteredWaveforms",
  provides: "filtered_waveforms",
  dependsOn: ["records"],
  needs: { records: recordsSchema.types },
  knownAs: ["wave_pool_filtered"],
  version: "1.0.0",
  help: "Records with smoothed samples",
  dataKind: "records",
  schema: filteredSchema,
  columnHelp: { ...RECORD_HELP, wave: ["ADC", "filtered samples"] },
  options: {
    filterType: option.choice(["SG", "BW"], {
      default: "SG",
      perChannel: true,
      help: "The filter: Savitzky-Golay (SG) or Butterworth forwards and backwards (BW)",
    }),
    sgWindowSize: option.integer({
      default: 11,
      min: 1,
      max: 1001,
      unit: "sample",
      perChannel: true,
      validate: (value) => value % 2 === 0 ? "a window needs a middle: an odd number of samples" : undefined,
      help: "Samples that the polynomial is fitted to, odd",
    }),
    sgPolyOrder: option.integer({
      default: 2,
      min: 0,
      max: 20,
      perChannel: true,
      help: "Degree of the polynomial",
    }),
    filterOrder: option.integer({
      default: 4,
      min: 1,
      max: 20,
      perChannel: true,
      help: "Order of the Butterworth filter",
    }),
    lowcut: option.frequency({
      default: null,
      perChannel: true,
      help: "Lowest frequency that passes BW; default: all low ones do",
    }),
    highcut: option.frequency({
      default: null,
      perChannel: true,
      help: "Highest frequency that passes BW; default: all high ones do",
    }),
  },
  checkOptions: contradiction,
  computeChunk(chunk, { options, emit, notice }) {
    const { table, length, columns } = chunk;
    const { values, offsets } = columns.wave;
    const { board, channel, dt } = columns;
    const filters = filtersOf(options);
    const first = offsets[0]!;
    const share = {
      time: table,
      endtime: table,
      board: table,
      channel: table,
      record_id: table,
      dt: table,
      length: table,
      flags: table,
      polarity: table,
    };
    const out = emit(length, {
      share: filters.keepConstant ? { ...share, baseline: table } : share,
      values: { wave: offsets[length]! - first },
    });
    const { wave, baseline } = out.columns;
    for (let i = 0; i <= length; i++) wave.offsets[i] = offsets[i]! - first;
    let allLong = true;
    for (let i = 0; i < length;) {
      const filter = filters.at(board[i]!, channel[i]!);
      let to = i + 1;
      if (filters.uniform) to = length;
      else while (to < length && filters.at(board[to]!, channel[to]!) === filter) to++;
      // NaN stays NaN.
      if (!filters.keepConstant) {
        for (let k = i; k < to; k++) baseline[k] = (filter.keepsConstant ? 1 : 0) * columns.baseline[k]!;
      }
      const some = {
        values,
        offsets: offsets.subarray(i, to + 1),
        dt: dt.subarray(i, to),
        length: to - i,
      };
      if (!filter.filter(some, wave.values.subarray(offsets[i]! - first, offsets[to]! - first))) {
        allLong = false;
      }
      i = to;
    }
    // The same text for every chunk: it is told once.
    if (!allLong) notice(SHORT);
    return out;
  },
});

// The designs of the latest settings: those of one run are the same object for every chunk.
let latest: { readonly options: FilterOptions; readonly filters: ChannelFilters } | undefined;

function filtersOf(options: FilterOptions): ChannelFilters {
  if (latest?.options !== options) latest = { options, filters: new ChannelFilters(options) };
  return latest.filters;
}
