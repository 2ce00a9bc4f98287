/**
 * Loop plugins: for each row of one input, what lies in it or touches it of others.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Context, defineLoop, schema, Table, tableSource } from "@millrace/core";
 *
 * const types = { time: "time", endtime: "time" } as const;
 * const events = Table.from(schema(types), { time: [0n, 50n], endtime: [40n, 90n] });
 * const hits = Table.from(schema({ ...types, area: "f32" }), {
 *   time: [5n, 30n, 60n],
 *   endtime: [6n, 45n, 61n],
 *   area: [1, 2, 4],
 * });
 * const largest = defineLoop({
 *   provides: "largest_hit",
 *   dependsOn: ["events", "hits"],
 *   needs: { events: types, hits: { ...types, area: "f32" } },
 *   version: "1",
 *   dataKind: "events",
 *   schema: { time: "time", area: "f32" },
 *   computeRow({ related }, out, row) {
 *     const { columns, rows, count } = related.hits;
 *     out.area[row] = 0;
 *     for (let k = 0; k < count; k++) out.area[row] = Math.max(out.area[row]!, columns.area[rows[k]!]!);
 *   },
 * });
 * await using ctx = new Context();
 * ctx.register(tableSource("events", events), tableSource("hits", hits), largest);
 * const found = await ctx.getData("run_1", "largest_hit");
 * assert.deepEqual([...found.get("area", "f32")], [1, 4]); // the hit from 30 to 45 is in no event
 * ```
 * @module
 */
import { type Chunk, endtimesOf, timesOf } from "../chunk/chunk.ts";
import type { Columns, ColumnTypes, Schema, TypedArray } from "../data/schema.ts";
import { ROW_KEYS } from "../data/table.ts";
import { type Intervals, touchingWindows } from "../intervals/intervals.ts";
import type { OptionSpecs, OptionValues } from "../options/option.ts";
import { type CommonSpec, definePlugin, type FromOptions, type Needed, type Needs } from "./define.ts";
import type { ComputeContext, Plugin, Running } from "./plugin.ts";

type AnyContext = ComputeContext<Readonly<Record<string, unknown>>>;

/** Rows of another input that belong to the base row; the object and its arrays are used again for the next row. */
export interface RelatedRows<C extends ColumnTypes = ColumnTypes> {
  /** All columns of the input as it is here. */
  readonly columns: Columns<C>;
  /** Numbers of the rows that belong to the base row, in time order; `count` of them. */
  readonly rows: Uint32Array;
  /** How many there are. */
  count: number;
  /** What to add to the input's times (ps) to compare them with those of the base. */
  readonly shift: number;
}

/** What `computeRow` is told. */
export interface LoopContext<O, B extends ColumnTypes, R> {
  /** Columns of the base. */
  readonly base: Columns<B>;
  /** The row of it. */
  index: number;
  /** The rows of the other inputs that belong to it, by data type. */
  readonly related: R;
  /** Option values. */
  readonly options: O;
}

/** A loop over the rows of the first dependency. */
export interface LoopSpec<
  C extends ColumnTypes,
  O extends OptionSpecs,
  D extends readonly string[],
  N extends Needs<D>,
> extends CommonSpec<O>, Running {
  /** Data type that it makes: a row for each of the base. */
  readonly provides: string;
  /** The base, then what is looked at for each of its rows. Those of one kind arrive merged, and those of the base's kind with it. */
  readonly dependsOn: D;
  /** Columns that it needs of them. */
  readonly needs?: N;
  /** Columns that it makes. `time`, `board`, `channel`, `endtime` and `record_id` are the base's, where both have them. */
  readonly schema: C | Schema<C>;
  /** Kind of its rows: give that of the base, and both can be merged. Default: a kind of its own. */
  readonly dataKind?: string;
  /** Which rows belong to a base row: those contained in it (default), or those that touch it; as in `intervals`. */
  readonly relation?: "contained" | "touching";
  /** With `"touching"`: the margin on both sides of a base row, ps. Default 0. */
  readonly window?: FromOptions<O, number>;
  /** Write row `row` of the output. */
  computeRow(
    context: LoopContext<
      OptionValues<O>,
      Needed<N, D[0]>,
      { readonly [K in D[number]]: RelatedRows<Needed<N, K>> }
    >,
    out: Columns<C>,
    row: number,
  ): void;
}

/**
 * A plugin that goes over the rows of its first dependency. Base rows may overlap, and need no gap between them: what belongs to one is
 * there however the streams are cut. Nothing is allocated a row. O(rows + base rows log rows + pairs looked at).
 *
 * @throws {TypeError} On a bad name, or no dependency beside the base.
 */
export function defineLoop<
  const C extends ColumnTypes,
  const D extends readonly string[],
  // deno-lint-ignore ban-types
  const O extends OptionSpecs = {},
  // deno-lint-ignore ban-types
  const N extends Needs<D> = {},
>(spec: LoopSpec<C, O, D, N>): Plugin {
  const { relation = "contained", window = 0, computeRow: _, ...common } = spec;
  if (spec.dependsOn.length < 2) {
    throw new TypeError(
      `Cannot define loop "${spec.provides}": name the base and what is looked at in dependsOn`,
    );
  }
  if (relation === "contained" && spec.window !== undefined) {
    throw new TypeError(`Cannot define loop "${spec.provides}": a window is for the relation "touching"`);
  }
  const windowOf = (options: unknown) => {
    const value = typeof window === "function" ? window(options as OptionValues<O>) : window;
    if (Number.isSafeInteger(value)) return value;
    throw new RangeError(`The window of loop "${spec.provides}" is ${value}; give a whole number of ps`);
  };
  return definePlugin(
    {
      ...common as typeof common & { dependsOn: readonly string[] },
      halo: (options: unknown) => {
        const margin = Math.max(0, windowOf(options));
        return { left: margin, right: margin };
      },
      computeChunk(chunk: Chunk, { options, inputs, own, emit }: AnyContext) {
        const out = emit(own.to - own.from);
        if (chunk.dataKind !== spec.dataKind) copyKeys(chunk, own.from, own.to, out.columns);
        const base = intervalsOf(chunk, 0, own.from, own.to);
        const margin = windowOf(options);
        const others = spec.dependsOn.slice(1).filter((type) => inputs[type] !== chunk)
          .map((type) => ({ type, finder: new Finder(inputs[type]!, chunk, base, margin, relation) }));
        const related = Object.fromEntries(others.map(({ type, finder }) => [type, finder.found]));
        const context = { base: chunk.columns, index: 0, related, options };
        for (let row = 0; row < base.time.length; row++) {
          for (const { finder } of others) finder.find(row);
          context.index = own.from + row;
          spec.computeRow(
            context as unknown as Parameters<typeof spec.computeRow>[0],
            out.columns as Columns<C>,
            row,
          );
        }
        return out;
      },
    } as unknown as Parameters<typeof definePlugin>[0],
  );
}

/** Rows `from` to `to` (excluded) as intervals; their times count from `-shift`. */
function intervalsOf({ table }: Chunk, shift: number, from = 0, to: number = table.length): Intervals {
  const part = (times: Float64Array) => {
    const cut = times.subarray(from, to);
    return shift === 0 ? cut : cut.map((time) => time + shift);
  };
  return { time: part(timesOf(table)), endtime: part(endtimesOf(table)) };
}

/** Columns that tell a row are those of the base. */
function copyKeys(chunk: Chunk, from: number, to: number, out: Record<string, unknown>): void {
  for (const name of ROW_KEYS) {
    const source = chunk.columns[name] as TypedArray | undefined;
    if (source && name in out) (out[name] as Float64Array).set((source as Float64Array).subarray(from, to));
  }
}

/** Finds the rows of one input that belong to base rows. */
class Finder {
  readonly found: RelatedRows;
  readonly #things: Intervals;
  readonly #base: Intervals;
  readonly #windows: Uint32Array;
  readonly #margin: number;
  readonly #contained: boolean;

  constructor(
    input: Chunk,
    chunk: Chunk,
    base: Intervals,
    margin: number,
    relation: "contained" | "touching",
  ) {
    const shift = Number(input.t0 - chunk.t0);
    this.#things = intervalsOf(input, shift);
    this.#base = base;
    this.#margin = margin;
    this.#contained = relation === "contained";
    this.#windows = touchingWindows(this.#things, base, margin);
    let most = 0;
    for (let k = 0; k < this.#windows.length; k += 2) {
      most = Math.max(most, this.#windows[k + 1]! - this.#windows[k]!);
    }
    this.found = { columns: input.columns, rows: new Uint32Array(most), count: 0, shift };
  }

  find(row: number): void {
    const { found } = this;
    const { time, endtime } = this.#things;
    const start = this.#base.time[row]! - this.#margin, end = this.#base.endtime[row]!;
    let n = 0;
    for (let i = this.#windows[2 * row]!; i < this.#windows[2 * row + 1]!; i++) {
      const belongs = this.#contained
        ? time[i]! >= start && endtime[i]! <= end && time[i]! < end
        : endtime[i]! > start || time[i]! >= start;
      if (belongs) found.rows[n++] = i;
    }
    found.count = n;
  }
}
