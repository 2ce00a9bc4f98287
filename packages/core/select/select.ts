/**
 * Rows chosen by an expression over columns: `height > 20 and channel in (1, 2)`.
 *
 * | what | how it is written |
 * |---|---|
 * | columns | their names; others than letters, digits and `_` in backticks |
 * | numbers | `20`, `1.5e3`; with a unit of time (`1.5s`, `20ns`) they are picoseconds |
 * | comparisons | `<`, `<=`, `>`, `>=`, `==` or `=`, `!=` or `<>`; `2 < x <= 5` |
 * | lists, ranges | `channel in (1, 2)`, `time in 1s..2s` (from 1 s on, before 2 s), `not in` |
 * | truth | `and`, `or`, `not`, `true`, `false`, boolean columns |
 * | arithmetic | `+`, `-`, `*`, `/`, `%` (the sign of the left side), parentheses |
 * | functions | `abs`, `min`, `max`, `floor`, `ceil`, `round`, `sqrt`, `exp`, `log`, `log10`, `isnan`, `isfinite`, `len` (samples of a row), `number` |
 *
 * Numbers are doubles: an `f32` column is compared with the double that `0.1` is. Times and 64-bit integers are compared
 * exactly. A time may be compared, moved (`time + 10ns`) and subtracted, which gives a number of ps, exact below 2^53; of a
 * 64-bit integer, `number(x)` makes a rounded number. With NaN, `!=` is true and every other comparison false, `in` is false,
 * and so `not (x > 1)` is true; `min` and `max` of a NaN are NaN. `isnan(x)` finds them.
 *
 * Expressions are parsed and checked, never run as code: O(rows) for each part of one, in blocks of 1024 rows, with nothing
 * allocated a row.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseSelection } from "@millrace/core/select";
 * import { schema } from "@millrace/core/schema";
 * import { Table } from "@millrace/core/table";
 *
 * const hits = Table.from(schema({ time: "time", channel: "u16", height: "f32" }), {
 *   time: [1n, 2n, 3n],
 *   channel: [1, 2, 1],
 *   height: [10, 30, 40],
 * });
 * using high = parseSelection("height > 20 and channel in (1, 3)", hits.schema).select(hits);
 * assert.deepEqual([...high.times()], [3n]);
 * ```
 * @module
 */
import { gather, type MemoryOptions } from "../chunk/gather.ts";
import type { ColumnTypes, Schema } from "../data/schema.ts";
import type { Table } from "../data/table.ts";
import { compile, type Compiled } from "./_compile.ts";
import { BLOCK } from "./_loops.ts";
import { parse } from "./_parse.ts";

export { selectChunks, type SelectOptions } from "./select_chunks.ts";

/** An expression, checked against a schema. Made by {@linkcode parseSelection}. Not to be used by two at once. */
export class Selection {
  /** The expression as it was written. */
  readonly text: string;
  /** Columns that it looks at. */
  readonly columns: readonly string[];
  readonly #compiled: Compiled;

  /**
   * What {@linkcode parseSelection} makes.
   *
   * @throws {SyntaxError} As that does.
   */
  constructor(text: string, schema: Schema) {
    this.#compiled = compile(text, parse(text), schema);
    this.text = text;
    this.columns = this.#compiled.columns;
  }

  /**
   * Numbers of the rows for which it is true, in order. O(rows).
   *
   * @throws {TypeError} When the table is released.
   */
  rows(table: Table): Uint32Array {
    const found = new Uint32Array(table.length);
    return found.subarray(0, this.#find(table, found));
  }

  #find(table: Table, found: Uint32Array): number {
    const { bits } = this.#compiled;
    bits.bind(table);
    let count = 0;
    for (let from = 0; from < table.length; from += BLOCK) {
      const n = Math.min(BLOCK, table.length - from);
      const block = bits.run(from, n);
      for (let i = 0; i < n; i++) {
        found[count] = from + i;
        count += block[i]!;
      }
    }
    return count;
  }

  /**
   * The rows for which it is true: a copy, or one more table over the same rows where it is true for all. O(rows + bytes
   * taken).
   *
   * @throws {MemoryBudgetError} When the account has no room.
   */
  select<C extends ColumnTypes>(table: Table<C>, options: MemoryOptions = {}): Table<C> {
    const rows = this.rows(table as unknown as Table);
    return rows.length === table.length ? table.share() : gather(table, rows, rows.length, options);
  }
}

/**
 * An expression, checked against the columns that there are.
 *
 * @throws {SyntaxError} On what cannot be read, unknown columns and functions, and types that don't go together: with a mark
 * under the place.
 */
export function parseSelection(text: string, schema: Schema): Selection {
  return new Selection(text, schema);
}
