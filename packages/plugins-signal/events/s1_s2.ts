/**
 * `s1_s2`: which pulses are prompt scintillation (S1) and which are electroluminescence (S2), by width, area and height.
 *
 * A row for each pulse of `hit`, with its width from `waveform_width` and the area and height of its record from
 * `basic_features`. A class takes part where at least one of its ranges is set; a pulse is in it if all ranges that are set
 * hold its values, ends included. A pulse in both is what `conflictPolicy` says. Values that are NaN, as of a
 * record that has no features, are in no range. `basic_features` and `records` must be of one kind, as those of this package are:
 * where they come from sources of their own, a run with different kinds is refused.
 *
 * Differences from WaveformAnalysis: features are those of the pulse's own record, found by `record_id` (there the row of the
 * same number in another array); there is no `strict`, as every pulse has its record; ranges of widths are ns (there `width_unit` makes them samples); ranges may differ by channel.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Context, Table, tableSource } from "@millrace/core";
 * import { signalPlugins } from "@millrace/plugins-signal";
 * import { recordsSchema } from "@millrace/plugins-signal/records/records";
 *
 * const one = Table.from(recordsSchema, {
 *   time: [0n],
 *   endtime: [22_000n],
 *   board: [0],
 *   channel: [0],
 *   record_id: [0n],
 *   dt: [2000],
 *   length: [11],
 *   flags: [0],
 *   baseline: [100],
 *   polarity: [-1],
 *   wave: [[100, 100, 80, 60, 40, 20, 0, 50, 100, 100, 100]],
 * });
 * const config = { useFiltered: false, hit: { useDerivative: false, width: 1 }, s1_s2: { s1WidthRange: "0..100" } };
 * await using ctx = new Context({ config });
 * ctx.register(tableSource("records", one, { dataKind: "records" }));
 * ctx.register(signalPlugins.filter(({ name }) => name !== "records"));
 * const { label, width } = (await ctx.getData("run_1", "s1_s2")).row(0);
 * assert.deepEqual([label, width], [1, 12_600]);
 * ```
 * @module
 */
import { definePlugin } from "@millrace/core/define";
import { option, type OptionRange, type PerChannel } from "@millrace/core/option";
import type { Plugin } from "@millrace/core/plugin";
import { copyColumns } from "../_copy_columns.ts";
import { halves, rowsById, wholeOf } from "../_halves.ts";
import { HIT_KEY_NAMES, HIT_KEYS } from "../hits/_hit_columns.ts";

const range = (unit: string, help: string) => option.range({ default: null, unit, perChannel: true, help });

/**
 * Pulses as S1, S2 or neither. Options: `s1WidthRange`, `s1AreaRange`, `s1HeightRange`, `s2WidthRange`, `s2AreaRange`,
 * `s2HeightRange`, `conflictPolicy`.
 */
export const s1S2: Plugin = definePlugin({
  module: import.meta.url,
  export: "s1S2",
  provides: "s1_s2",
  dependsOn: ["waveform_width", "basic_features", "records"],
  needs: {
    waveform_width: {
      ...HIT_KEYS,
      peak_position: "i32",
      total_width: "f32",
      total_width_samples: "f32",
    },
    basic_features: { record_id: "i64", height: "f32", area: "f32" },
    records: { time: "time", endtime: "time" }, // how long features' rows reach
  },
  version: "1.0.0",
  help: "Which pulses are S1 and which S2, by width, area and height",
  dataKind: "hit",
  schema: {
    ...HIT_KEYS,
    label: "i8",
    width: "f32",
    width_samples: "f32",
    height: "f32",
    area: "f32",
    peak_position: "i32",
  },
  columnHelp: {
    time: ["ps", "start of the hit"],
    endtime: ["ps", "end of the hit"],
    label: ["", "1 for S1, 2 for S2, 0 for neither"],
    width: ["ps", "`total_width` of the pulse"],
    width_samples: ["sample", "`total_width_samples` of the pulse"],
    height: ["ADC", "`height` of its record"],
    area: ["ADC x sample", "`area` of its record"],
    peak_position: ["sample", "highest sample of the pulse, in the record"],
  },
  // Features have no end of their own: that of their record comes beside them only if both are of one kind.
  checkInputs: ({ basic_features, records }) =>
    basic_features!.dataKind === records!.dataKind
      ? undefined
      : `the rows of "basic_features" are of the kind "${basic_features!.dataKind}", those of "records" of "${
        records!.dataKind
      }": give features and records of the same rows, both with the dataKind "records"`,
  halo: { left: 0, right: 0, by: "touch" },
  options: {
    s1WidthRange: range("ns", "Widths of S1; default: any"),
    s1AreaRange: range("ADC x sample", "Areas of S1; default: any"),
    s1HeightRange: range("ADC", "Heights of S1; default: any"),
    s2WidthRange: range("ns", "Widths of S2; default: any"),
    s2AreaRange: range("ADC x sample", "Areas of S2; default: any"),
    s2HeightRange: range("ADC", "Heights of S2; default: any"),
    conflictPolicy: option.choice(["unknown", "prefer_s1", "prefer_s2"], {
      default: "unknown",
      help: "What a pulse in the ranges of both is",
    }),
  },
  computeChunk(chunk, { options, inputs, own, emit }) {
    const { columns } = chunk;
    const features = inputs.basic_features;
    const { height, area } = features.columns;
    const rowOf = rowsById(halves(features.columns.record_id), features.length);
    const s1 = [options.s1WidthRange, options.s1AreaRange, options.s1HeightRange];
    const s2 = [options.s2WidthRange, options.s2AreaRange, options.s2HeightRange];
    const both = { unknown: 0, prefer_s1: 1, prefer_s2: 2 }[options.conflictPolicy];
    const id = halves(columns.record_id);
    const out = emit(own.to - own.from), to = out.columns;
    copyColumns(HIT_KEY_NAMES, columns, to, own);
    for (let i = own.from, row = 0; i < own.to; i++, row++) {
      // Of a time range that does not begin with the run, pulses before it may come without features; nobody sees them.
      const feature = rowOf.get(wholeOf(id, i)) ?? -1;
      const b = columns.board[i]!, c = columns.channel[i]!;
      const width = columns.total_width[i]!, a = area[feature] ?? NaN, h = height[feature] ?? NaN;
      const isS1 = inAll(s1, b, c, width / 1000, a, h), isS2 = inAll(s2, b, c, width / 1000, a, h);
      to.label[row] = isS1 && isS2 ? both : isS1 ? 1 : isS2 ? 2 : 0;
      to.width[row] = width;
      to.width_samples[row] = columns.total_width_samples[i]!;
      to.height[row] = h;
      to.area[row] = a;
      to.peak_position[row] = columns.peak_position[i]!;
    }
    return out;
  },
});

/** Whether at least one of the ranges is set and all that are set hold their value. */
function inAll(
  ranges: readonly PerChannel<OptionRange | null>[],
  board: number,
  channel: number,
  ...values: readonly number[]
): boolean {
  let some = false;
  for (let k = 0; k < ranges.length; k++) {
    const range = ranges[k]!.at(board, channel);
    if (range === null) continue;
    if (!(values[k]! >= range[0] && values[k]! <= (range[1] ?? Infinity))) return false;
    some = true;
  }
  return some;
}
