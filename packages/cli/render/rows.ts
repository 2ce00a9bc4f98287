/**
 * Rows of a table as text: times with units, long waveforms abbreviated.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { schema } from "@millrace/core/schema";
 * import { Table } from "@millrace/core/table";
 * import { rowsText } from "./rows.ts";
 *
 * const table = Table.from(schema({ time: "time", wave: "u16[]" }), { time: [1500n], wave: [[1, 2, 3, 4, 5, 6]] });
 * assert.equal(rowsText(table, 0, 1, ["time", "wave"]), "  time  wave\n1.5 ns  1 2 3 4 .. (6)\n");
 * ```
 * @module
 */
import type { Column } from "@millrace/core/schema";
import { columnOf } from "@millrace/core/schema";
import type { RowValue, Table } from "@millrace/core/table";
import { formatTime } from "@millrace/core/units";
import { formatFloat32 } from "./numbers.ts";
import { textTable } from "./table.ts";

const SAMPLES = 4;

/** Rows `from` to `to` (excluded) with the columns `names` as aligned text, titles above. */
export function rowsText(table: Table, from: number, to: number, names: readonly string[]): string {
  const columns = names.map((name) => columnOf(table.schema, name));
  const rows = Array.from({ length: to - from }, (_, k) => {
    const row = table.row(from + k);
    return columns.map((column) => cellText(row[column.name]!, column));
  });
  return textTable(
    columns.map(({ name, kind }) => ({ title: name, right: kind === "time" || kind === "scalar" })),
    rows,
  );
}

function cellText(value: RowValue, { kind, element }: Column): string {
  if (typeof value === "bigint") return kind === "time" ? formatTime(value, { exact: true }) : String(value);
  if (typeof value === "boolean") return String(value);
  const number = (one: number | bigint): string => {
    if (typeof one === "bigint") return String(one);
    return element === "f32" ? formatFloat32(one) : element === "f64" ? String(Number(one.toPrecision(10))) : String(one);
  };
  if (typeof value === "number") return number(value);
  const shown = Array.from<number | bigint, string>(value.subarray(0, SAMPLES), number).join(" ");
  return value.length > SAMPLES ? `${shown} .. (${value.length})` : shown;
}
