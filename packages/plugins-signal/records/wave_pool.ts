/**
 * `wave_pool`: all samples of the run one behind the other, and where each record's lie.
 *
 * A row for each record. `wave_offset` counts the samples of all records before it in the run; the pool of a chunk is
 * `chunk.table.get("wave", "u16[]").values`, and the pools of all chunks one behind the other are that of the run.
 * The samples are those of `raw_files` themselves, not a copy.
 *
 * Differences from WaveformAnalysis: there the pool is one flat array in memory with `wave_offset` a column of `records`;
 * here it comes chunk by chunk with the rows that it belongs to. The pool of filtered samples, `wave_pool_filtered` there, is `wave` of `filtered_waveforms`. No sample wraps around, as none is negative.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Context, Table, tableSource } from "@millrace/core";
 * import { recordsSchema } from "@millrace/plugins-signal/records/records";
 * import { wavePool } from "@millrace/plugins-signal/records/wave-pool";
 *
 * const two = Table.from(recordsSchema, {
 *   time: [0n, 9000n],
 *   endtime: [6000n, 13_000n],
 *   board: [0, 0],
 *   channel: [0, 1],
 *   record_id: [0n, 1n],
 *   dt: [2000, 2000],
 *   length: [3, 2],
 *   flags: [0, 0],
 *   baseline: [7, 7],
 *   polarity: [-1, -1],
 *   wave: [[7, 7, 3], [7, 6]],
 * });
 * await using ctx = new Context();
 * ctx.register(tableSource("records", two), wavePool);
 * const table = await ctx.getData("run_1", "wave_pool");
 * assert.deepEqual(table.rows().map(({ wave_offset, event_length }) => [wave_offset, event_length]), [[0n, 3], [3n, 2]]);
 * assert.deepEqual([...table.get("wave", "u16[]").values], [7, 7, 3, 7, 6]);
 * ```
 * @module
 */
import { definePlugin } from "@millrace/core/define";
import type { Plugin } from "@millrace/core/plugin";
import { halves } from "../_halves.ts";
import { RECORD_KEYS } from "./_wave_input.ts";

/** Samples of the run one behind the other, and where each record's lie. */
export const wavePool: Plugin = definePlugin({
  module: import.meta.url,
  export: "wavePool",
  provides: "wave_pool",
  dependsOn: ["records"],
  needs: {
    records: { ...RECORD_KEYS, endtime: "time", wave: "u16[]" },
  },
  version: "1.0.0",
  help: "Samples of the run one behind the other, and where each record's lie",
  dataKind: "records",
  schema: {
    time: "time",
    endtime: "time",
    board: "u16",
    channel: "u16",
    record_id: "i64",
    wave_offset: "i64",
    event_length: "u32",
    wave: "u16[]",
  },
  columnHelp: {
    wave_offset: ["sample", "place of the record's first sample in the pool of the run"],
    event_length: ["sample", "samples of the record"],
    wave: ["ADC", "samples"],
  },
  stateful: { resetOnBreak: false, checkpoint: true },
  initialState: (): { samples: number } => ({ samples: 0 }),
  computeChunk(chunk, { state, emit }) {
    const { columns, table, length } = chunk;
    const { offsets } = columns.wave;
    const out = emit(length, {
      share: { time: table, endtime: table, board: table, channel: table, record_id: table, wave: table },
    });
    const { event_length, wave_offset } = out.columns, words = halves(wave_offset);
    for (let i = 0; i < length; i++) {
      const samples = offsets[i + 1]! - offsets[i]!;
      words[2 * i] = state.samples;
      words[2 * i + 1] = state.samples / 2 ** 32;
      event_length[i] = samples;
      state.samples += samples;
    }
    return out;
  },
});
