/**
 * `trimmed_records` of the strax set: records whose pulses' first and last samples are 0.
 *
 * The first `samplesBefore` and the last `samplesBehind` samples of each pulse become 0, in whichever fragments they are: what the digitizer
 * records before it triggers and behind it holds the baseline, and compresses well without. `reduction_level` is 1, all other columns are
 * those of `records`.
 *
 * Differences from strax (`cut_baseline`): the first samples are counted across fragments, strax only cuts in the first one.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Context, Table, tableSource } from "@millrace/core";
 * import { straxRecordsSchema } from "@millrace/plugins-signal/strax/schemas";
 * import { trimmedRecords } from "@millrace/plugins-signal/strax/trimmed-records";
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
 *   area: two(6, 9),
 *   reduction_level: two(0, 0),
 *   baseline: two(100, 100),
 *   baseline_rms: two(1, 1),
 *   data: [[1, 2, 3], [4, 5, 0]],
 * });
 * const config = { "trimmed_records.samplesBefore": 1, "trimmed_records.samplesBehind": 3 };
 * await using ctx = new Context({ config });
 * ctx.register(tableSource("records", records), trimmedRecords);
 * const table = await ctx.getData("run_1", "trimmed_records");
 * assert.deepEqual([...table.get("data", "i16[n]")], [0, 2, 0, 0, 0, 0]);
 * ```
 * @module
 */
import { definePlugin } from "@millrace/core/define";
import { option } from "@millrace/core/option";
import type { Plugin } from "@millrace/core/plugin";
import { KEPT } from "./_kept_columns.ts";
import { straxRecordsHelp } from "./column_help.ts";
import { straxRecordsSchema } from "./schemas.ts";

const BASELINE_CUT = 1;

/** Records without the first and last samples of their pulses. Options: `samplesBefore`, `samplesBehind`. */
export const trimmedRecords: Plugin = definePlugin({
  module: import.meta.url,
  export: "trimmedRecords",
  provides: "trimmed_records",
  dependsOn: ["records"],
  needs: { records: straxRecordsSchema.types },
  version: "1.0.0",
  help: "Records whose pulses' first and last samples are 0",
  dataKind: "raw_records",
  schema: straxRecordsSchema,
  columnHelp: straxRecordsHelp,
  options: {
    samplesBefore: option.integer({
      default: 48,
      min: 0,
      unit: "sample",
      help: "Samples at the start of a pulse that become 0",
    }),
    samplesBehind: option.integer({
      default: 30,
      min: 0,
      unit: "sample",
      help: "Samples at the end of a pulse that become 0",
    }),
  },
  computeChunk({ table, columns }, { options, emit }) {
    const { samplesBefore, samplesBehind } = options;
    const width = table.width("data");
    const share = Object.fromEntries(KEPT.map((name) => [name, table]));
    const out = emit(table.length, { widths: { data: width }, share });
    out.columns.reduction_level.fill(BASELINE_CUT);
    const { data } = out.columns, { pulse_length, record_i } = columns;
    data.set(columns.data);
    for (let i = 0; i < table.length; i++) {
      const first = record_i[i]! * width, row = i * width;
      const from = Math.min(width, samplesBefore - first);
      const to = Math.max(0, pulse_length[i]! - samplesBehind - first);
      if (from > 0) data.fill(0, row, row + from);
      if (to < width) data.fill(0, row + to, row + width);
    }
    return out;
  },
});
