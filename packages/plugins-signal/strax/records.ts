/**
 * `records` of the strax set: fragments with the baseline taken away, pulses upwards, and their integral.
 *
 * | column | what |
 * |---|---|
 * | `time`, `endtime`, `channel`, `dt`, `length`, `pulse_length`, `record_i` | as in `raw_records` |
 * | `baseline`, `baseline_rms` | mean and standard deviation (population) of the first `baselineSamples` of the pulse, ADC counts; all fragments of a pulse have those of the first |
 * | `data` | `trunc(baseline) - sample` for negative pulses, `sample - trunc(baseline)` for positive ones, within `length`, 0 behind, ADC counts |
 * | `area` | sum of `data`, and `round(length x fraction of the baseline)`, halves to even; ADC counts x samples |
 * | `reduction_level` | 0: nothing was taken away |
 *
 * This is `raw_to_records`, `baseline`, `zero_out_of_bounds` and `integrate` of strax in one step
 * (Aalbers et al., strax, doi:10.5281/zenodo.1340632).
 *
 * `flip` says whether pulses are negative. Unless it is set, that is what `raw_records` know of each; what they do not
 * know is taken as negative, with a notice. `amplitudeBitShift` multiplies the samples of attenuated channels by a power of two once the baseline is
 * taken away. Options by channel name the channel `ch` of the detector `"0:ch"`.
 *
 * Differences from strax: `flip` need not be set; the baseline is the mean of samples that count, where strax takes the filled-up ones of a pulse shorter than
 * `baselineSamples` too; a fragment whose predecessor is missing has no baseline (NaN) and no samples, with a notice, where strax takes that of the channel's
 * pulse before without a word, or fails if there was none; a pulse may cross chunks, up to `maxPulse`; `amplitude_bit_shift`, a column there, by which `integrate` and `sum_waveform` multiply
 * but `find_hits` and `integrate_lone_hits` do not, is an option that multiplies the samples themselves, so that whatever comes after has them.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Context, Table, tableSource } from "@millrace/core";
 * import { straxRecords } from "@millrace/plugins-signal/strax/records";
 * import { rawRecordsSchema } from "@millrace/plugins-signal/strax/schemas";
 *
 * const raw = Table.from(rawRecordsSchema, {
 *   time: [0n],
 *   endtime: [50_000n],
 *   channel: [3],
 *   dt: [10_000],
 *   length: [5],
 *   pulse_length: [5],
 *   record_i: [0],
 *   polarity: [-1],
 *   data: [[100, 101, 60, 90, 100]],
 * });
 * await using ctx = new Context({ config: { "records.baselineSamples": 2 } });
 * ctx.register(tableSource("raw_records", raw), straxRecords);
 * const { baseline, data, area } = (await ctx.getData("run_1", "records")).row(0);
 * assert.equal(baseline, 100.5);
 * assert.deepEqual(data, Int16Array.of(0, -1, 40, 10, 0));
 * assert.equal(area, 51); // 49 and 5 x 0.5, rounded to the even 2
 * ```
 * @module
 */
import { definePlugin } from "@millrace/core/define";
import { option, type PerChannel } from "@millrace/core/option";
import type { Plugin } from "@millrace/core/plugin";
import type { Table } from "@millrace/core/table";
import { shiftAmplitudes } from "./kernels/shift_amplitudes.ts";
import { turnPositive } from "./kernels/turn_positive.ts";
import { highestOf, recordRows } from "./kernels/wasm_rows.ts";
import { straxRecordsHelp } from "./column_help.ts";
import { rawRecordsSchema, type RawRecordTypes, straxRecordsSchema } from "./schemas.ts";

const ASSUMED =
  "The polarity is not known where no settings beside the files say it, and taken as negative; set records.flip";
const LOST = "Some fragments of pulses have no predecessor: they have no baseline (NaN) and no samples (0)";

/** Fragments without baseline. Options: `baselineSamples`, `flip`, `amplitudeBitShift`, `maxPulse`. */
export const straxRecords: Plugin = definePlugin({
  module: import.meta.url,
  export: "straxRecords",
  provides: "records",
  dependsOn: ["raw_records"],
  needs: { raw_records: rawRecordsSchema.types },
  version: "1.2.0",
  help: "Pulse fragments without baseline, upwards, with their integral",
  dataKind: "raw_records",
  schema: straxRecordsSchema,
  columnHelp: straxRecordsHelp,
  halo: ({ maxPulse }) => ({ left: maxPulse, right: 0, by: "start" as const }),
  options: {
    baselineSamples: option.integer({
      default: 40,
      min: 1,
      max: 32768,
      unit: "sample",
      perChannel: true,
      help: "Samples at the start of a pulse that the baseline is the mean of",
    }),
    flip: option.boolean({
      default: null,
      perChannel: true,
      help: "Pulses are negative: turn them over; default: as the settings beside the files say, else true",
    }),
    amplitudeBitShift: option.integer({
      default: 0,
      min: 0,
      max: 14,
      perChannel: true,
      help: "Multiply samples, less the baseline, by 2 to the power of it: that of an attenuated channel",
    }),
    maxPulse: option.time({
      default: "1 ms",
      min: 0,
      help: "Longest pulse: how far before a fragment the first one of its pulse is looked for",
    }),
  },
  computeChunk(chunk, { options, emit, own, notice }) {
    const { table, columns } = chunk;
    const { from, to } = own;
    const { time, pulse_length, dt, record_i } = columns;
    const longest = highestOf(pulse_length, from, to) * highestOf(dt, from, to);
    if (longest > options.maxPulse) checkPulses(table, from, to, options.maxPulse);
    const width = table.width("data");
    const whole = from === 0 && to === chunk.length;
    const same = ["time", "endtime", "channel", "dt", "length", "pulse_length", "record_i"] as const;
    using rows = whole ? table.share() : table.slice(from, to);
    const out = emit(to - from, {
      widths: { data: width },
      inKernelMemory: true,
      share: Object.fromEntries(same.map((name) => [name, rows])),
    });
    out.columns.reduction_level.fill(0);
    const given = options.flip.uniform ? options.flip.default : null;
    const polarity = options.flip.uniform ? columns.polarity : polarityOf(columns, options.flip);
    const { positive, unknown } = given === null ? polarities(polarity, from, to) : NONE;
    if (unknown > 0) notice(ASSUMED);
    const flip = given ?? (positive === 0 || positive < to - from);
    const isMixed = given === null && flip && positive > 0;
    const { amplitudeBitShift, baselineSamples } = options,
      isShifted = !amplitudeBitShift.uniform || amplitudeBitShift.default > 0;
    const settings = { width, baselineSamples: (ch: number) => baselineSamples.at(0, ch), flip };
    const lost = recordRows(columns, from, to, settings, out.columns);
    if (isMixed) turnPositive({ polarity, length: columns.length }, from, to, width, out.columns);
    if (isShifted) {
      const over = shiftAmplitudes(columns, from, width, (ch) => amplitudeBitShift.at(0, ch), out.columns);
      if (over >= 0) throw tooHigh(table, over);
    }
    // What began before this stretch may be missing because a part of the run was asked for.
    if (lost >= 0 && time[lost]! - record_i[lost]! * width * dt[lost]! >= Number(chunk.start - table.t0)) {
      notice(LOST);
    }
    return out;
  },
});

const NONE = { positive: 0, unknown: 0 };

/** The polarities that are set for some channels, and those that are known of the others. */
function polarityOf(
  { channel, polarity }: { readonly channel: Uint16Array; readonly polarity: Int8Array },
  flip: PerChannel<boolean | null>,
): Int8Array {
  return Int8Array.from(polarity, (known, i) => {
    const isNegative = flip.at(0, channel[i]!);
    return isNegative === null ? known : isNegative ? -1 : 1;
  });
}

function tooHigh({ t0, columns: { channel, time } }: Table<RawRecordTypes>, i: number): RangeError {
  return new RangeError(
    `Cannot multiply the samples of channel ${channel[i]} at ${
      t0 + BigInt(time[i]!)
    } ps: records hold up to 32767; ` +
      "set records.amplitudeBitShift to less, and multiply gain by the rest",
  );
}

/** How many fragments are of positive pulses, and of which it is not known. */
function polarities(polarity: Int8Array, from: number, to: number): { positive: number; unknown: number } {
  let positive = 0, unknown = 0;
  for (let i = from; i < to; i++) {
    if (polarity[i]! > 0) positive++;
    else if (polarity[i] === 0) unknown++;
  }
  return { positive, unknown };
}

/** @throws {RangeError} On a pulse that is longer than is looked back for the first fragment of one. */
function checkPulses(
  { t0, columns }: Table<RawRecordTypes>,
  from: number,
  to: number,
  maxPulse: number,
): void {
  const { time, pulse_length, dt, channel } = columns;
  for (let i = from; i < to; i++) {
    const length = pulse_length[i]! * dt[i]!;
    if (length <= maxPulse) continue;
    throw new RangeError(
      `Cannot take the baseline of the pulse in channel ${channel[i]} at ${
        t0 + BigInt(time[i]!)
      } ps: it is ` +
        `${length} ps long; set records.maxPulse to more than ${maxPulse} ps`,
    );
  }
}
