// Where two lists of rows differ first, bit by bit (NaN equals NaN).

import { rowText } from "../data/_row_text.ts";
import type { RowValue } from "../data/table.ts";
import type { Row } from "./_trial.ts";

function same(a: RowValue | undefined, b: RowValue | undefined): boolean {
  if (typeof a !== "object" || typeof b !== "object") return Object.is(a, b);
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (!Object.is(a[i], b[i])) return false;
  return true;
}

/** The first difference in words, undefined where there is none. */
export function firstDifference(
  a: readonly Row[],
  b: readonly Row[],
  names: readonly [string, string],
): string | undefined {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const left = a[i], right = b[i];
    if (left && right && Object.keys({ ...left, ...right }).every((name) => same(left[name], right[name]))) {
      continue;
    }
    return `row ${i} is ${rowText(left)} ${names[0]} (${a.length} rows) and ${rowText(right)} ${
      names[1]
    } (${b.length} rows)`;
  }
  return undefined;
}
