/**
 * Rows as JSON.
 *
 * Times and 64-bit integers are texts, since JSON readers round them; samples are arrays; `NaN` and infinite values, which
 * JSON has not, are `null`. A single-precision number is written as the double that it is.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { schema } from "@millrace/core/schema";
 * import { Table } from "@millrace/core/table";
 * import { rowJson } from "./json.ts";
 *
 * const table = Table.from(schema({ time: "time", height: "f32" }), { time: [9007199254740993n], height: [NaN] });
 * assert.equal(rowJson(table, 0), '{"time":"9007199254740993","height":null}');
 * ```
 * @module
 */
import type { RowValue, Table } from "@millrace/core/table";

/** Row `i` of a table as a line of JSON, all columns or some. */
export function rowJson(table: Table, i: number, columns?: readonly string[]): string {
  const row = table.row(i);
  const names = columns ?? table.schema.columns.map(({ name }) => name);
  return `{${names.map((name) => `${JSON.stringify(name)}:${valueJson(row[name]!)}`).join(",")}}`;
}

function valueJson(value: RowValue): string {
  if (typeof value === "bigint") return `"${value}"`;
  if (typeof value === "boolean") return String(value);
  if (typeof value === "number") return Number.isFinite(value) ? String(value) : "null";
  return `[${Array.from<number | bigint, string>(value, valueJson).join(",")}]`;
}

/** Writes a JSON array row by row, a line each. */
export class JsonRows {
  readonly #write: (text: string) => void;
  #rows = 0;

  /** A writer of no rows yet. @param write Where the text goes, in pieces. */
  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  /** Write rows `0` to `count` (excluded) of a table. */
  add(table: Table, count: number, columns?: readonly string[]): void {
    let text = "";
    for (let i = 0; i < count; i++) {
      text += `${this.#rows++ === 0 ? "[\n" : ",\n"}${rowJson(table, i, columns)}`;
      if (text.length < 65536) continue;
      this.#write(text);
      text = "";
    }
    if (text !== "") this.#write(text);
  }

  /** Close the array. */
  end(): void {
    this.#write(this.#rows === 0 ? "[]\n" : "\n]\n");
  }
}
