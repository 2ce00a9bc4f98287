/**
 * `hits` of the strax set: stretches of records at or beyond a threshold.
 *
 * | column | what |
 * |---|---|
 * | `time`, `endtime` | start of the first sample, end of the last, ps |
 * | `max_time` | start of the highest sample (the first of several), ps |
 * | `channel`, `dt`, `record_i` | as in the record |
 * | `left`, `right` | the hit's samples `[left, right)` in the record |
 * | `length` | samples |
 * | `area` | sum of the samples, and the fraction of the baseline for each, ADC counts x samples |
 * | `height` | highest sample, the fraction of the baseline included, ADC counts |
 * | `threshold` | what the samples reach: `max(minAmplitude, minHeightOverNoise x baseline_rms)`, ADC counts |
 * | `baseline` | baseline of the record, ADC counts |
 * | `wave` | the samples as they are in the record, ADC counts |
 *
 * A hit is a longest run of samples `>= threshold` within the record's length; it ends with the record. With `useFiltered` the records are
 * `filtered_records`, and so are the samples of the hit.
 *
 * Differences from strax (`find_hits`): hits are sorted by time and channel; they carry their samples, so that peaks can be summed from
 * hits alone, where strax looks them up in the records by their number in the chunk, which depends on the chunking;
 * there are no `left_integration` and `right_integration`: `extended_hits` have the samples around hits.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Context, Table, tableSource } from "@millrace/core";
 * import { straxHits } from "@millrace/plugins-signal/strax/hits";
 * import { straxRecordsSchema } from "@millrace/plugins-signal/strax/schemas";
 *
 * const records = Table.from(straxRecordsSchema, {
 *   time: [0n],
 *   endtime: [60_000n],
 *   channel: [3],
 *   dt: [10_000],
 *   length: [6],
 *   pulse_length: [6],
 *   record_i: [0],
 *   area: [51],
 *   reduction_level: [0],
 *   baseline: [100.5],
 *   baseline_rms: [1],
 *   data: [[0, 2, 20, 30, 1, 16]],
 * });
 * await using ctx = new Context();
 * ctx.register(tableSource("records", records), straxHits);
 * const hits = await ctx.getData("run_1", "hits");
 * const { time, max_time, area, wave } = hits.row(0);
 * assert.deepEqual([hits.length, time, max_time, area], [2, 20_000n, 30_000n, 51]);
 * assert.deepEqual(wave, Int16Array.of(20, 30));
 * ```
 * @module
 */
import { definePlugin } from "@millrace/core/define";
import { option } from "@millrace/core/option";
import type { PerChannel } from "@millrace/core/per-channel";
import type { Plugin } from "@millrace/core/plugin";
import type { HitThresholds } from "./kernels/find_strax_hits.ts";
import { findStraxHits } from "./kernels/wasm_hits.ts";
import { straxHitsHelp } from "./column_help.ts";
import { straxHitsSchema, straxRecordsSchema } from "./schemas.ts";

/** Stretches of records at or beyond a threshold. Options: `useFiltered`, `minAmplitude`, `minHeightOverNoise`. */
export const straxHits: Plugin = definePlugin({
  module: import.meta.url,
  export: "straxHits",
  provides: "hits",
  dependsOn: ["records", "filtered_records"],
  reads: ({ useFiltered }) => [useFiltered ? "filtered_records" : "records"],
  needs: { records: straxRecordsSchema.types, filtered_records: straxRecordsSchema.types },
  version: "1.1.0",
  help: "Stretches of records at or beyond a threshold that may follow the noise",
  dataKind: "strax_hits",
  schema: straxHitsSchema,
  columnHelp: straxHitsHelp,
  options: {
    useFiltered: option.boolean({
      default: false,
      help: "Whether hits are found in filtered_records, or in records",
    }),
    minAmplitude: option.number({
      default: 15,
      min: 1e-9,
      unit: "ADC",
      perChannel: true,
      help: "Lowest threshold; above 0",
    }),
    minHeightOverNoise: option.number({
      default: 0,
      min: 0,
      perChannel: true,
      help: "Threshold in units of the standard deviation of the baseline",
    }),
  },
  computeChunk(chunk, { options, emit }) {
    const width = chunk.table.width("data");
    return findStraxHits(
      chunk.columns,
      chunk.length,
      width,
      thresholdsOf(options),
      (hits, samples) => emit(hits, { values: { wave: samples }, inKernelMemory: true }),
    );
  },
});

const thresholds = new WeakMap<object, HitThresholds>();

interface HitOptions {
  readonly minAmplitude: PerChannel<number>;
  readonly minHeightOverNoise: PerChannel<number>;
}

/** The options as arrays by channel: made once for every run. */
function thresholdsOf(options: HitOptions): HitThresholds {
  const known = thresholds.get(options);
  if (known) return known;
  const table = (values: PerChannel<number>) => {
    const all = new Float64Array(65536).fill(values.default);
    return values.uniform ? all : all.map((_, ch) => values.at(0, ch));
  };
  const made = { amplitude: table(options.minAmplitude), noise: table(options.minHeightOverNoise) };
  thresholds.set(options, made);
  return made;
}
