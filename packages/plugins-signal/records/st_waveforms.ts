/**
 * `st_waveforms`: the records with waveforms of one width, as an `[n, width]` block.
 *
 * Columns are those of `records`, with `wave` as `u16[n]`. A record shorter than the width is filled up with zeros: `length` says
 * how many samples are its own. A longer one is an error.
 *
 * The width is `waveLength`, or by default the length of the run's first record. It is the same for every chunk, chunk size and
 * time range; therefore a time range reads the run from its start, unless `waveLength` is set: then no chunk needs another. Records of one length are copied in one piece.
 *
 * Differences from WaveformAnalysis: times and `dt` are ps, so that `endtime = time + length x dt`; samples are unsigned; what a
 * longer record has beyond the width is never cut off silently; polarity is a number.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Context, Table, tableSource } from "@millrace/core";
 * import { recordsSchema } from "@millrace/plugins-signal/records/records";
 * import { stWaveforms } from "@millrace/plugins-signal/records/st-waveforms";
 *
 * const two = Table.from(recordsSchema, {
 *   time: [0n, 9000n],
 *   endtime: [6000n, 13_000n],
 *   board: [0, 0],
 *   channel: [0, 0],
 *   record_id: [0n, 1n],
 *   dt: [2000, 2000],
 *   length: [3, 2],
 *   flags: [0, 0],
 *   baseline: [7, 7],
 *   polarity: [-1, -1],
 *   wave: [[7, 7, 3], [7, 6]],
 * });
 * await using ctx = new Context();
 * ctx.register(tableSource("records", two), stWaveforms);
 * const table = await ctx.getData("run_1", "st_waveforms");
 * assert.equal(table.width("wave"), 3);
 * assert.deepEqual([...table.get("wave", "u16[n]")], [7, 7, 3, 7, 6, 0]);
 * ```
 * @module
 */
import { definePlugin } from "@millrace/core/define";
import { option } from "@millrace/core/option";
import type { Plugin } from "@millrace/core/plugin";
import { RECORD_HELP, recordsSchema, type RecordTypes } from "./records.ts";

/** Records with waveforms of one width. Option: `waveLength`. */
export const stWaveforms: Plugin = definePlugin({
  module: import.meta.url,
  export: "stWaveforms",
  provides: "st_waveforms",
  dependsOn: ["records"],
  needs: { records: recordsSchema.types },
  version: "1.0.0",
  help: "Records with waveforms of one width",
  dataKind: "records",
  schema: { ...recordsSchema.types, wave: "u16[n]" } as Omit<RecordTypes, "wave"> & {
    readonly wave: "u16[n]";
  },
  columnHelp: RECORD_HELP,
  stateful: { resetOnBreak: false, checkpoint: true },
  stateless: ({ waveLength }) => waveLength !== null,
  initialState: (): { width: number | null } => ({ width: null }),
  options: {
    waveLength: option.integer({
      default: null,
      min: 1,
      max: 2 ** 24,
      unit: "sample",
      help: "Samples of every waveform; default: those of the run's first record",
    }),
  },
  computeChunk(chunk, { options, state, emit }) {
    const { columns, length } = chunk;
    let width = options.waveLength ?? state.width;
    if (length === 0) return width === null ? null : emit(0, { widths: { wave: width } });
    const { values, offsets } = columns.wave;
    if (width === null) {
      const first = offsets[1]! - offsets[0]!;
      if (first === 0) {
        throw new RangeError(
          `${name(0)} is the first of the run and has no samples; set st_waveforms.waveLength`,
        );
      }
      state.width = width = first;
    }
    const out = emit(length, { widths: { wave: width } });
    const to = out.columns;
    to.time.set(columns.time);
    to.endtime.set(columns.endtime);
    to.board.set(columns.board);
    to.channel.set(columns.channel);
    to.record_id.set(columns.record_id);
    to.dt.set(columns.dt);
    to.length.set(columns.length);
    to.flags.set(columns.flags);
    to.baseline.set(columns.baseline);
    to.polarity.set(columns.polarity);

    let shortest = width;
    for (let i = 0; i < length; i++) {
      const samples = offsets[i + 1]! - offsets[i]!;
      if (samples < shortest) shortest = samples;
      if (samples > width) {
        throw new RangeError(
          `${
            name(i)
          } has ${samples} samples, the waveforms have ${width}; set st_waveforms.waveLength to at least ${samples}`,
        );
      }
    }
    if (shortest === width) {
      to.wave.set(values.subarray(offsets[0], offsets[length]));
      return out;
    }
    for (let i = 0, at = 0; i < length; i++, at += width) {
      const first = offsets[i]!, end = offsets[i + 1]!;
      for (let k = first; k < end; k++) to.wave[at + k - first] = values[k]!;
      to.wave.fill(0, at + end - first, at + width);
    }
    return out;

    function name(i: number): string {
      const { time, record_id, board, channel } = chunk.table.row(i);
      return `Cannot make a waveform: record ${record_id} (board ${board}, channel ${channel}, ${time} ps)`;
    }
  },
});
