// Rows as objects and in words: for messages and for looking at them.

import type { Ragged, TypedArray } from "./schema.ts";
import type { RowValue, Table } from "./table.ts";

const ROWS_SHOWN = 10;

/** Row `i`, which there must be, as an object. */
export function rowOf(table: Table, i: number): Record<string, RowValue> {
  const { schema, columns, t0 } = table;
  const row: Record<string, RowValue> = {};
  for (const { name, kind, element } of schema.columns) {
    const data = columns[name] as TypedArray | Ragged;
    if ("offsets" in data) row[name] = data.values.subarray(data.offsets[i], data.offsets[i + 1]);
    else if (kind === "time") row[name] = t0 + BigInt(data[i] as number);
    else if (kind === "fixed") {
      const width = table.width(name);
      row[name] = data.subarray(i * width, (i + 1) * width);
    } else row[name] = element === "bool" ? data[i] !== 0 : data[i]!;
  }
  return row;
}

/** How many rows there are, and the first ten of them, a line each. */
export function tableText(table: Table): string {
  if (table.released) return "Table (released)";
  const n = table.length;
  const lines = Array.from({ length: Math.min(n, ROWS_SHOWN) }, (_, i) => `  ${rowText(rowOf(table, i))}`);
  if (n > ROWS_SHOWN) lines.push(`  ... ${n - ROWS_SHOWN} more`);
  return [`Table of ${n} ${n === 1 ? "row" : "rows"}${n > 0 ? ":" : ""}`, ...lines].join("\n");
}

/** A row such as `{ time 4, wave [1, 2] }`, with eight samples at most; "no row" for none. */
export function rowText(row: Readonly<Record<string, RowValue>> | undefined): string {
  if (!row) return "no row";
  const parts = Object.entries(row).map(([name, value]) => {
    const shown = typeof value === "object"
      ? `[${value.subarray(0, 8).join(", ")}${value.length > 8 ? ", ..." : ""}]`
      : value;
    return `${name} ${Object.is(shown, -0) ? "-0" : shown}`;
  });
  return `{ ${parts.join(", ")} }`;
}
