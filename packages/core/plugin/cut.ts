/**
 * Cuts: a boolean for each row, lists of cuts, and the rows that pass.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Context, defineCut, defineCutList, defineSelection, schema, Table, tableSource } from "@millrace/core";
 *
 * const types = { time: "time", area: "f32", width: "f32" } as const;
 * const peaks = Table.from(schema(types), { time: [0n, 5n, 9n], area: [3, 80, 90], width: [1, 9, 2] });
 * const large = defineCut({
 *   provides: "cut_large",
 *   dependsOn: ["peaks"],
 *   needs: { peaks: types },
 *   version: "1",
 *   dataKind: "peaks",
 *   passes: ({ columns }, row) => columns.area[row]! > 50,
 * });
 * const narrow = defineCut({
 *   provides: "cut_narrow",
 *   dependsOn: ["peaks"],
 *   needs: { peaks: types },
 *   version: "1",
 *   dataKind: "peaks",
 *   passes: ({ columns }, row) => columns.width[row]! < 5,
 * });
 * const good = defineCutList({ provides: "cuts_good", cuts: ["cut_large", "cut_narrow"], dataKind: "peaks" });
 * const selected = defineSelection({ provides: "good_peaks", dependsOn: ["peaks", "cuts_good"], schema: types });
 * await using ctx = new Context();
 * ctx.register(tableSource("peaks", peaks), large, narrow, good, selected);
 * assert.deepEqual([...(await ctx.getData("run_1", "cuts_good")).get("cuts_good", "bool")], [0, 0, 1]);
 * assert.deepEqual([...(await ctx.getData("run_1", "good_peaks")).times()], [9n]);
 * ```
 * @module
 */
import type { Chunk } from "../chunk/chunk.ts";
import type { ColumnTypes, Schema } from "../data/schema.ts";
import { copyRows } from "../data/table.ts";
import type { OptionSpecs, OptionValues } from "../options/option.ts";
import { type CommonSpec, definePlugin, type FirstChunk, type Needs } from "./define.ts";
import type { ComputeContext, Plugin, Running } from "./plugin.ts";

type AnyContext = ComputeContext<Readonly<Record<string, unknown>>>;

/** A cut: which rows of an input pass. */
export interface CutSpec<O extends OptionSpecs, D extends readonly string[], N extends Needs<D>>
  extends CommonSpec<O>, Running {
  /** Data type that it makes, and the name of its boolean column. */
  readonly provides: string;
  /** Data types that it looks at, all of one kind. */
  readonly dependsOn: D;
  /** Columns that it needs of them. */
  readonly needs?: N;
  /** Kind of the rows that are judged: that of the input. */
  readonly dataKind: string;
  /** Whether a row passes. `chunk` has the columns of all inputs. */
  passes(chunk: FirstChunk<D, N>, row: number, options: OptionValues<O>): boolean;
}

/** A list of cuts, all of which a row must pass. */
export interface CutListSpec {
  /** Data type that it makes, and the name of its boolean column. */
  readonly provides: string;
  /** Data types of the cuts, at least one; each has a boolean column of its own name. */
  readonly cuts: readonly string[];
  /** Kind of the rows that are judged. */
  readonly dataKind: string;
  /** In the lineage. Default `"1"`. */
  readonly version?: string;
  /** One line on what it is for. Default: the names of the cuts. */
  readonly help?: string;
}

/** The rows of a data type that pass a cut. */
export interface SelectionSpec<C extends ColumnTypes> {
  /** Data type that it makes: a kind of its own, for its rows are fewer. */
  readonly provides: string;
  /** The rows, and a cut or a list of cuts of the same kind. */
  readonly dependsOn: readonly [rows: string, cut: string];
  /** Columns that it takes over. */
  readonly schema: C | Schema<C>;
  /** In the lineage. Default `"1"`. */
  readonly version?: string;
  /** One line on what it is for. */
  readonly help?: string;
}

/** A plugin that gives a boolean for each row of its input. @throws {TypeError} On a bad name. */
export function defineCut<
  const D extends readonly string[],
  // deno-lint-ignore ban-types
  const O extends OptionSpecs = {},
  // deno-lint-ignore ban-types
  const N extends Needs<D> = {},
>(spec: CutSpec<O, D, N>): Plugin {
  const { passes: _, ...common } = spec;
  return definePlugin(
    {
      ...common as typeof common & { dependsOn: readonly string[] },
      schema: { time: "time", [spec.provides]: "bool" },
      computeChunk(chunk: Chunk, { options, emit }: AnyContext) {
        const out = emit(chunk.length);
        const column = out.columns[spec.provides] as Uint8Array;
        const given = chunk as unknown as FirstChunk<D, N>;
        for (let row = 0; row < column.length; row++) {
          column[row] = spec.passes(given, row, options as OptionValues<O>) ? 1 : 0;
        }
        return out;
      },
    } as unknown as Parameters<typeof definePlugin>[0],
  );
}

/**
 * A plugin that gives, for each row, whether it passes all cuts of a list.
 *
 * @throws {TypeError} On a bad name or an empty list.
 */
export function defineCutList({ provides, cuts, dataKind, version = "1", help }: CutListSpec): Plugin {
  if (cuts.length === 0) throw new TypeError(`Cannot define cut list "${provides}": it names no cuts`);
  const needs = Object.fromEntries(cuts.map((cut) => [cut, { [cut]: "bool" }]));
  return definePlugin(
    {
      provides,
      dependsOn: cuts,
      needs,
      version,
      help: help ?? `Rows that pass ${cuts.join(", ")}`,
      dataKind,
      schema: { time: "time", [provides]: "bool" },
      computeChunk(chunk: Chunk, { inputs, emit }: AnyContext) {
        const out = emit(chunk.length);
        const column = (out.columns[provides] as Uint8Array).fill(1);
        for (const cut of cuts) {
          const passed = inputs[cut]!.table.get(cut, "bool");
          for (let row = 0; row < column.length; row++) column[row]! &= passed[row]!;
        }
        return out;
      },
    } as unknown as Parameters<typeof definePlugin>[0],
  );
}

/** A plugin that gives the rows that pass a cut. @throws {TypeError} On a bad name. */
export function defineSelection<const C extends ColumnTypes>(
  { provides, dependsOn, schema, version = "1", help }: SelectionSpec<C>,
): Plugin {
  const [rows, cut] = dependsOn;
  return definePlugin(
    {
      provides,
      dependsOn,
      needs: { [cut]: { [cut]: "bool" } },
      version,
      help: help ?? `Rows of ${rows} that pass ${cut}`,
      schema,
      reach: { left: 0, right: 0 },
      computeChunk(chunk: Chunk, { inputs, emit }: AnyContext) {
        const passed = inputs[cut]!.table.get(cut, "bool");
        let count = 0;
        for (const one of passed) count += one;
        const widths: Record<string, number> = {}, values: Record<string, number> = {};
        const wanted = emit(0).schema;
        for (const { name, kind } of wanted.columns) {
          if (kind === "fixed") widths[name] = chunk.table.width(name);
          if (kind === "ragged") {
            values[name] = (chunk.columns[name] as { values: { length: number } }).values.length;
          }
        }
        const out = emit(count, { widths, values });
        using source = chunk.table.project(wanted);
        for (let row = 0, to = 0; row < passed.length;) {
          let end = row;
          while (end < passed.length && passed[end]) end++;
          if (end > row) copyRows(source, row, end, out, to);
          to += end - row;
          row = end + 1;
        }
        return out;
      },
    } as unknown as Parameters<typeof definePlugin>[0],
  );
}
