// Rows in words: for messages and for looking at them.

import type { RowValue } from "./table.ts";

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
