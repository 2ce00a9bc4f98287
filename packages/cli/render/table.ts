/**
 * Tables of text in aligned columns.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { textTable } from "./table.ts";
 *
 * const text = textTable([{ title: "type" }, { title: "rows", right: true }], [["hits", "7"], ["records", "102"]]);
 * assert.equal(text, "type     rows\nhits        7\nrecords   102\n");
 * ```
 * @module
 */

/** A column of a {@linkcode textTable}. */
export interface TextColumn {
  /** What stands above it. */
  readonly title: string;
  /** Whether it ends at the right, as numbers do. */
  readonly right?: boolean;
}

/** Rows in columns, with titles. Control characters are shown as escapes, so that data cannot steer a terminal. */
export function textTable(columns: readonly TextColumn[], rows: readonly (readonly string[])[]): string {
  const cells = [columns.map(({ title }) => title), ...rows.map((row) => row.map(printable))];
  const widths = columns.map((_, k) =>
    cells.reduce((most, row) => Math.max(most, textWidth(row[k] ?? "")), 0)
  );
  return cells.map((row) =>
    columns.map(({ right }, k) => {
      const text = row[k] ?? "";
      const room = " ".repeat(widths[k]! - textWidth(text));
      return right ? room + text : text + room;
    }).join("  ").trimEnd() + "\n"
  ).join("");
}

// Control characters, those that turn the direction of text, and those that nobody sees.
// deno-lint-ignore no-control-regex
const STEERING = /[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;

/** `text` with control characters, and others that hide or move what is beside them, as escapes. */
export function printable(text: string): string {
  return text.replace(STEERING, (char) => {
    const code = char.charCodeAt(0).toString(16);
    return code.length > 2 ? `\\u${code.padStart(4, "0")}` : `\\x${code.padStart(2, "0")}`;
  });
}

/** {@linkcode printable}, but for line breaks and tabs. */
export function printableLines(text: string): string {
  return text.replace(/[^\n\t]+/g, printable);
}

/** Characters of a text, each counted as one place. */
function textWidth(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}
