/**
 * Rows of a table as text: times with units, long waveforms abbreviated.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { schema } from "@millrace/core/schema";
 * import { Table } from "@millrace/core/table";
 * import { TextRows } from "./rows.ts";
 *
 * const table = Table.from(schema({ time: "time", wave: "u16[]" }), { time: [1500n], wave: [[1, 2, 3, 4, 5, 6]] });
 * let text = "";
 * const rows = new TextRows((part) => text += part);
 * rows.add(table, 1, ["time", "wave"]);
 * rows.end();
 * assert.equal(text, "  time  wave\n1.5 ns  1 2 3 4 .. (6)\n");
 * ```
 * @module
 */
import { type Column, columnOf } from "@millrace/core/schema";
import type { RowValue, Table } from "@millrace/core/table";
import { formatTime } from "@millrace/core/units";
import { formatFloat32 } from "./numbers.ts";
import { type TextColumn, textTable } from "./table.ts";

const SAMPLES = 4, PAGE = 500;

/** Writes rows as aligned text, with titles at the start and after every 500 rows. */
export class TextRows {
  readonly #write: (text: string) => void;
  #columns: TextColumn[] = [];
  #page: string[][] = [];

  /** A writer of no rows yet. @param write Where the text goes, a page at a time. */
  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  /** Write rows 0 to `count` (excluded) with the columns `names`, which are the same at every call. */
  add(table: Table, count: number, names: readonly string[]): void {
    const columns = names.map((name) => columnOf(table.schema, name));
    this.#columns = columns.map(({ name, kind }) => ({
      title: name,
      right: kind === "time" || kind === "scalar",
    }));
    for (let i = 0; i < count; i++) {
      const row = table.row(i);
      this.#page.push(columns.map((column) => cellText(row[column.name]!, column)));
      if (this.#page.length === PAGE) this.end();
    }
  }

  /** Write what is left. */
  end(): void {
    if (this.#page.length > 0) this.#write(textTable(this.#columns, this.#page));
    this.#page = [];
  }
}

function cellText(value: RowValue, { kind, element }: Column): string {
  if (typeof value === "bigint") return kind === "time" ? formatTime(value, { exact: true }) : String(value);
  if (typeof value === "boolean") return String(value);
  const number = (one: number | bigint): string => {
    if (typeof one === "bigint") return String(one);
    return element === "f32"
      ? formatFloat32(one)
      : element === "f64"
      ? String(Number(one.toPrecision(10)))
      : String(one);
  };
  if (typeof value === "number") return number(value);
  const shown = Array.from<number | bigint, string>(value.subarray(0, SAMPLES), number).join(" ");
  return value.length > SAMPLES ? `${shown} .. (${value.length})` : shown;
}
