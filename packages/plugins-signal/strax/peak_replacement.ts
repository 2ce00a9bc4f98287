/**
 * A plugin that puts merged peaks in the place of what they were merged from.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Context, schema, Table, tableSource } from "@millrace/core";
 * import { definePeakReplacement } from "@millrace/plugins-signal/strax/peak-replacement";
 *
 * const types = { time: "time", endtime: "time" } as const;
 * const peaks = Table.from(schema(types), { time: [0n, 20n, 40n], endtime: [10n, 30n, 50n] });
 * const merged = Table.from(schema(types), { time: [0n], endtime: [30n] });
 * const all = definePeakReplacement({ provides: "all_peaks", dependsOn: ["peaks", "my_merged"], schema: types });
 * await using ctx = new Context();
 * ctx.register(tableSource("peaks", peaks), tableSource("my_merged", merged), all);
 * assert.deepEqual((await ctx.getData("run_1", "all_peaks")).rows(), [
 *   { time: 0n, endtime: 30n },
 *   { time: 40n, endtime: 50n },
 * ]);
 * ```
 * @module
 */
import { definePlugin } from "@millrace/core/define";
import type { Plugin } from "@millrace/core/plugin";
import type { Columns, ColumnTypes, Schema } from "@millrace/core/schema";
import { copyRows, type Table } from "@millrace/core/table";
import { replaceMerged } from "./merge_peaks.ts";

/** Peaks, and merged ones that are to take the place of those that they touch. */
export interface PeakReplacementSpec<C extends ColumnTypes> {
  /** Data type that it makes: a kind of its own. */
  readonly provides: string;
  /** The peaks, and the merged ones; both have the columns of `schema`. */
  readonly dependsOn: readonly [peaks: string, merged: string];
  /** Columns that it takes over; `time` and `endtime` are among them. */
  readonly schema: C | Schema<C>;
  /** In the lineage. Default `"1"`. */
  readonly version?: string;
  /** One line on what it is for. */
  readonly help?: string;
}

/** Columns that a row of time has. */
export type IntervalTypes = {
  /** Start, ps. */
  readonly time: "time";
  /** End, ps. */
  readonly endtime: "time";
};

/**
 * The merged rows, and the peaks that touch none of them, in time order (`replace_merged` of strax).
 *
 * @throws {TypeError} On a bad name, or a schema without `time` and `endtime`.
 */
export function definePeakReplacement<const C extends ColumnTypes & IntervalTypes>(
  { provides, dependsOn, schema, version = "1", help }: PeakReplacementSpec<C>,
): Plugin {
  const [peaks, merged] = dependsOn;
  const types = ("types" in schema && "columns" in schema ? schema.types : schema) as C;
  return definePlugin({
    provides,
    dependsOn,
    needs: { [peaks]: types, [merged]: types } as Record<string, C>,
    version,
    help: help ?? `${peaks} with ${merged} in the place of those that they touch`,
    schema,
    halo: { left: 0, right: 0 },
    computeChunk(chunk, { inputs, own, emit }) {
      const others = inputs[merged]!, shift = Number(others.t0 - chunk.t0);
      const { time, endtime } = chunk.columns as unknown as Columns<IntervalTypes>;
      const given = others.columns as unknown as Columns<IntervalTypes>;
      const order = replaceMerged({ time, endtime }, {
        time: given.time.map((t) => t + shift),
        endtime: given.endtime.map((t) => t + shift),
      }).filter((k) => k < 0 || (k >= own.from && k < own.to));
      const tables = { peaks: chunk.table as unknown as Table, merged: others.table as unknown as Table };
      const widths = widthsOf(tables.peaks);
      const out = emit(order.length, { widths, values: valuesOf(order, tables) }) as unknown as Table;
      order.forEach((k, row) =>
        k < 0 ? copyRows(tables.merged, -1 - k, -k, out, row) : copyRows(tables.peaks, k, k + 1, out, row)
      );
      return out as never;
    },
  });
}

/** Widths of the columns that have one. */
function widthsOf(table: Table): Record<string, number> {
  const wide = table.schema.columns.filter(({ type }) => type.endsWith("[n]"));
  return Object.fromEntries(wide.map(({ name }) => [name, table.width(name)]));
}

/** How many values the rows have in ragged columns. */
function valuesOf(
  order: Int32Array,
  { peaks, merged }: { peaks: Table; merged: Table },
): Record<string, number> {
  const ragged = peaks.schema.columns.filter(({ type }) => type.endsWith("[]"));
  return Object.fromEntries(ragged.map(({ name }) => {
    const count = (table: Table, row: number) => {
      const { offsets } = table.columns[name] as { offsets: Uint32Array };
      return offsets[row + 1]! - offsets[row]!;
    };
    return [name, order.reduce((sum, k) => sum + (k < 0 ? count(merged, -1 - k) : count(peaks, k)), 0)];
  }));
}
