/**
 * `records`: the traces with baseline and polarity, a row for each row of `raw_files`.
 *
 * Differences from WaveformAnalysis: polarity is that of each channel and is heeded by every plugin behind it, where
 * there `unknown` counts as negative and some plugins take every pulse for a negative one; `dt` and all times are ps; samples are
 * unsigned, so that none above 32767 turns negative; there is no `baseline_upstream`, which is NaN there unless another plugin
 * computes baselines: such a plugin is a type of the same kind here; the baseline in the headers of a V1725 is not taken, as `baseline` is that of the samples there are.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Context, schema, Table, tableSource } from "@millrace/core";
 * import { rawSchema } from "@millrace/plugins-signal/formats/compass/raw-schema";
 * import { records } from "@millrace/plugins-signal/records/records";
 *
 * const traces = Table.from(rawSchema, {
 *   time: [0n],
 *   endtime: [8000n],
 *   board: [0],
 *   channel: [1],
 *   record_id: [0n],
 *   dt: [2000],
 *   length: [4],
 *   energy: [0],
 *   energy_short: [0],
 *   energy_calibrated: [NaN],
 *   flags: [0],
 *   polarity: [0],
 *   wave: [[10, 12, 40, 11]],
 * });
 * await using ctx = new Context({ config: { "records.baselineSamples": 2, "records.polarity": "positive" } });
 * ctx.register(tableSource("raw_files", traces, { dataKind: "records" }), records);
 * const table = await ctx.getData("run_1", "records");
 * assert.equal(table.row(0).baseline, 11);
 * assert.equal(table.row(0).polarity, 1);
 * ```
 * @module
 */
import { definePlugin } from "@millrace/core/define";
import { option, type OptionRange, type PerChannel } from "@millrace/core/option";
import type { Plugin } from "@millrace/core/plugin";
import { type Schema, schema } from "@millrace/core/schema";
import { baselineOf } from "../kernels/baseline.ts";
import { baselineSamples } from "./_baseline_samples.ts";

/** Column types of {@linkcode recordsSchema}, in order. */
export type RecordTypes = {
  /** Time of the first sample, ps. */
  readonly time: "time";
  /** Time behind the last sample, ps. */
  readonly endtime: "time";
  /** Digitizer board. */
  readonly board: "u16";
  /** Channel of the board. */
  readonly channel: "u16";
  /** Number of the record in the run. */
  readonly record_id: "i64";
  /** Sampling interval, ps a sample. */
  readonly dt: "i32";
  /** Samples of the record. */
  readonly length: "u32";
  /** Flags of the digitizer. */
  readonly flags: "u32";
  /** Baseline, ADC counts; NaN where it has none. */
  readonly baseline: "f64";
  /** -1 for negative pulses, 1 for positive ones. */
  readonly polarity: "i8";
  /** Samples, ADC counts. */
  readonly wave: "u16[]";
};

/** Columns of `records`. */
export const recordsSchema: Schema<RecordTypes> = schema({
  time: "time",
  endtime: "time",
  board: "u16",
  channel: "u16",
  record_id: "i64",
  dt: "i32",
  length: "u32",
  flags: "u32",
  baseline: "f64",
  polarity: "i8",
  wave: "u16[]",
});

/** What the columns of {@linkcode recordsSchema} hold: unit and meaning. */
export const RECORD_HELP: Readonly<Record<keyof RecordTypes, readonly [unit: string, help: string]>> = {
  time: ["ps", "first sample"],
  endtime: ["ps", "behind the last sample"],
  board: ["", "digitizer board"],
  channel: ["", "channel of the board"],
  record_id: ["", "number of the record in the run"],
  dt: ["ps", "sampling interval"],
  length: ["sample", "samples of the record"],
  flags: ["", "flags of the digitizer"],
  baseline: ["ADC", "mean of the first samples; NaN where the record has none of them"],
  polarity: [
    "",
    "-1 for negative pulses, 1 for positive ones: as the option says, else as `raw_files` has it, else -1 with a notice",
  ],
  wave: ["ADC", "samples"],
};

const ASSUMED =
  "The polarity is not known where no settings beside the files say it, and taken as negative; set records.polarity";

// The same text for every chunk: it is told once.
const shorter = ({ uniform, default: [start, end] }: PerChannel<OptionRange>) =>
  `Some records end before the last of the baseline samples${uniform ? ` (${start} .. ${end})` : ""}: ` +
  "the baseline is the mean of those they have, NaN where there are none; set records.baselineSamples to fewer";

/** Traces with baseline and polarity. Options: `baselineSamples`, `polarity`. */
export const records: Plugin = definePlugin({
  module: import.meta.url,
  export: "records",
  provides: "records",
  dependsOn: ["raw_files"],
  needs: {
    raw_files: {
      time: "time",
      endtime: "time",
      board: "u16",
      channel: "u16",
      record_id: "i64",
      dt: "i32",
      length: "u32",
      flags: "u32",
      polarity: "i8",
      wave: "u16[]",
    },
  },
  version: "1.2.0",
  help: "Traces with baseline and polarity",
  dataKind: "records",
  schema: recordsSchema,
  columnHelp: RECORD_HELP,
  options: {
    baselineSamples,
    polarity: option.choice(["negative", "positive"], {
      default: null,
      perChannel: true,
      help: "Direction of the pulses; default: as the settings beside the file say, else negative",
    }),
  },
  computeChunk(chunk, { options, emit, notice }) {
    const { table, length } = chunk;
    const out = emit(length, {
      share: {
        time: table,
        endtime: table,
        board: table,
        channel: table,
        record_id: table,
        dt: table,
        length: table,
        flags: table,
        wave: table,
      },
    });
    const { board, channel, polarity: known, wave } = chunk.columns;
    const { baseline, polarity } = out.columns;
    const { values, offsets } = wave;
    let assumed = false, isShort = false;
    for (let i = 0; i < length; i++) {
      const range = options.baselineSamples.at(board[i]!, channel[i]!), end = range[1] ?? Infinity;
      const first = offsets[i]!, last = offsets[i + 1]!;
      baseline[i] = baselineOf(values, first, last, range[0], end);
      // Records without samples have no baseline whatever is set.
      isShort ||= last > first && last - first < end && end < Infinity;
      const given = options.polarity.at(board[i]!, channel[i]!);
      if (given !== null) polarity[i] = given === "positive" ? 1 : -1;
      else if (known[i] !== 0) polarity[i] = known[i]!;
      else {
        polarity[i] = -1;
        assumed = true;
      }
    }
    if (isShort) notice(shorter(options.baselineSamples));
    if (assumed) notice(ASSUMED);
    return out;
  },
});
