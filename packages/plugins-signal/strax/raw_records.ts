/**
 * `raw_records` of the strax set: the traces of `raw_files` as fragments of equally many samples.
 *
 * | column | what |
 * |---|---|
 * | `time`, `endtime` | the fragment's samples that count, ps |
 * | `channel` | `board x channelsPerBoard + channel` |
 * | `dt` | sampling interval, ps a sample |
 * | `length`, `data` | samples that count, and the samples, filled up with 0, ADC counts |
 * | `pulse_length` | samples of the whole trace |
 * | `record_i` | number of the fragment, from 0 |
 * | `polarity` | that of `raw_files`: -1 negative, 1 positive pulses, 0 where it is not known |
 *
 * strax has this step in the readers of its experiments (straxen, redax). A trace without samples gives no fragment.
 *
 * With `joinFragments` the traces are fragments already. Those of files of strax records have their number in the pulse (in
 * `flags`): each keeps it, and goes on with the pulse of the fragment before it in its channel that ends where it starts and has the number
 * before. Others go on with the pulse of the one before in their channel if that one is full, ends where they start and has the same `dt`; two
 * pulses without a gap between them, the first of which fills its fragments, become one then, for such traces do not say where a pulse
 * begins. No fragment may be longer than `samples`, and no pulse longer than `maxPulse`. `pulse_length` counts the fragments that are there.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Context, Table, tableSource } from "@millrace/core";
 * import { rawSchema } from "@millrace/plugins-signal/formats/compass/raw-schema";
 * import { rawRecords } from "@millrace/plugins-signal/strax/raw-records";
 *
 * const traces = Table.from(rawSchema, {
 *   time: [0n],
 *   endtime: [6000n],
 *   board: [1],
 *   channel: [3],
 *   record_id: [0n],
 *   dt: [2000],
 *   length: [3],
 *   energy: [0],
 *   energy_short: [0],
 *   energy_calibrated: [NaN],
 *   flags: [0],
 *   polarity: [0],
 *   wave: [[10, 12, 40]],
 * });
 * await using ctx = new Context({ config: { "raw_records.samples": 2 } });
 * ctx.register(tableSource("raw_files", traces), rawRecords);
 * const table = await ctx.getData("run_1", "raw_records");
 * assert.deepEqual([...table.get("data", "i16[n]")], [10, 12, 40, 0]);
 * assert.deepEqual([...table.times()], [0n, 4000n]);
 * assert.equal(table.row(1).channel, 19);
 * ```
 * @module
 */
import { definePlugin } from "@millrace/core/define";
import { option } from "@millrace/core/option";
import type { Plugin } from "@millrace/core/plugin";
import { fragmentOf } from "../formats/strax/fragment.ts";
import { rawRecordsHelp } from "./column_help.ts";
import { rawRecordsSchema } from "./schemas.ts";

const FRAGMENTS = "The traces are fragments of pulses, and each is taken as a pulse of its own: " +
  "set raw_records.joinFragments=true to join them";

/** Traces as fragments of equally many samples. Options: `samples`, `channelsPerBoard`, `joinFragments`, `maxPulse`. */
export const rawRecords: Plugin = definePlugin({
  module: import.meta.url,
  export: "rawRecords",
  provides: "raw_records",
  dependsOn: ["raw_files"],
  needs: {
    raw_files: {
      time: "time",
      board: "u16",
      channel: "u16",
      dt: "i32",
      flags: "u32",
      polarity: "i8",
      wave: "u16[]",
    },
  },
  version: "1.3.0",
  help: "Traces as fragments of equally many samples",
  schema: rawRecordsSchema,
  columnHelp: rawRecordsHelp,
  saveWhen: "explicit",
  halo: ({ joinFragments, maxPulse }) =>
    joinFragments ? { left: maxPulse, right: maxPulse, by: "start" as const } : undefined,
  options: {
    samples: option.integer({
      default: 110,
      min: 1,
      max: 32767,
      unit: "sample",
      help: "Samples of a fragment",
    }),
    channelsPerBoard: option.integer({ default: 16, min: 1, max: 65536, help: "Channels of a board" }),
    joinFragments: option.boolean({
      default: false,
      help: "Traces are fragments: those that follow each other without a gap are one pulse",
    }),
    maxPulse: option.time({ default: "1 ms", min: 1, help: "With joinFragments: longest pulse" }),
  },
  computeChunk(chunk, { options, emit, own, notice }) {
    const { time, board, channel, dt, flags, polarity, wave } = chunk.columns;
    const { values, offsets } = wave;
    const { samples: width, channelsPerBoard } = options;
    const { from: firstRow, to: lastRow } = own;
    const joined = options.joinFragments ? joinTraces(chunk.columns, chunk.t0, options) : undefined;
    if (!joined && firstRow < lastRow && fragmentOf(flags[firstRow]!) >= 0) notice(FRAGMENTS);
    let rows = 0;
    for (let i = firstRow; i < lastRow; i++) rows += Math.ceil((offsets[i + 1]! - offsets[i]!) / width);
    const out = emit(rows, { widths: { data: width }, inKernelMemory: true }), to = out.columns;
    let row = 0;
    for (let i = firstRow; i < lastRow; i++) {
      const first = offsets[i]!, n = offsets[i + 1]! - first;
      const number = board[i]! * channelsPerBoard + channel[i]!;
      if (channel[i]! >= channelsPerBoard || number > 65535) {
        throw new RangeError(
          `Cannot number channel ${channel[i]} of board ${
            board[i]
          } with ${channelsPerBoard} channels a board: ` +
            "set raw_records.channelsPerBoard",
        );
      }
      for (let from = 0, k = 0; from < n; from += width, k++, row++) {
        const length = Math.min(width, n - from), at = row * width;
        for (let s = 0; s < length; s++) {
          const sample = values[first + from + s]!;
          if (sample > 32767) {
            throw new RangeError(
              `Cannot make a record of the trace at ${
                chunk.t0 + BigInt(time[i]!)
              } ps in channel ${number}: sample ` +
                `${
                  from + s
                } is ${sample}, and records of this set hold up to 32767, as in strax; take the plugins of the set signal for it`,
            );
          }
          to.data[at + s] = sample;
        }
        to.data.fill(0, at + length, at + width);
        to.time[row] = time[i]! + from * dt[i]!;
        to.endtime[row] = time[i]! + (from + length) * dt[i]!;
        to.channel[row] = number;
        to.dt[row] = dt[i]!;
        to.length[row] = length;
        to.pulse_length[row] = joined ? joined.pulse[i]! : n;
        to.polarity[row] = polarity[i]!;
        to.record_i[row] = joined ? joined.number[i]! : k;
      }
    }
    return out;
  },
});

interface Traces {
  readonly time: Float64Array;
  readonly board: Uint16Array;
  readonly channel: Uint16Array;
  readonly dt: Int32Array;
  readonly flags: Uint32Array;
  readonly wave: { readonly offsets: Uint32Array };
}

interface JoinSettings {
  readonly samples: number;
  readonly maxPulse: number;
}

/** The number of each trace in its pulse, and the samples of that. */
function joinTraces(
  { time, board, channel, dt, flags, wave: { offsets } }: Traces,
  t0: bigint,
  { samples, maxPulse }: JoinSettings,
): { readonly number: Int32Array; readonly pulse: Int32Array } {
  const rows = time.length;
  const number = new Int32Array(rows), pulse = new Int32Array(rows), previous = new Int32Array(rows).fill(-1);
  const last = new Map<number, number>();
  for (let i = 0; i < rows; i++) {
    const n = offsets[i + 1]! - offsets[i]!;
    pulse[i] = n;
    if (n === 0) continue;
    if (n > samples) {
      throw new RangeError(
        `Cannot take the trace at ${t0 + BigInt(time[i]!)} ps in channel ${
          channel[i]
        } as a fragment: it has ${n} samples; ` +
          "set raw_records.samples to at least that, or raw_records.joinFragments to false",
      );
    }
    const key = board[i]! * 65536 + channel[i]!, before = last.get(key), known = fragmentOf(flags[i]!);
    last.set(key, i);
    if (known >= 0) number[i] = known;
    if (known === 0 || before === undefined || offsets[before + 1]! - offsets[before]! < samples) continue;
    if (dt[i] !== dt[before] || time[i] !== time[before]! + samples * dt[i]!) continue;
    if (known >= 0 && known !== number[before]! + 1) continue;
    previous[i] = before;
    number[i] = number[before]! + 1;
    pulse[i] = pulse[before]! + n;
    if (pulse[i]! * dt[i]! > maxPulse) {
      throw new RangeError(
        `Cannot join the pulse in channel ${channel[i]} at ${t0 + BigInt(time[i]!)} ps: it is longer than ` +
          `${maxPulse} ps; set raw_records.maxPulse to more`,
      );
    }
  }
  // The last fragment knows how long its pulse is.
  for (let i = rows - 1; i >= 0; i--) if (previous[i]! >= 0) pulse[previous[i]!] = pulse[i]!;
  return { number, pulse };
}
