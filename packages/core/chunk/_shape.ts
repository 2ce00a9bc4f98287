// The shape of a table that holds the rows of several.

import type { Ragged } from "../data/schema.ts";
import type { AllocateOptions, Table } from "../data/table.ts";
import { checkSchemas, firstOf } from "./_chunk_of.ts";

/** Rows, widths and pool sizes of all rows of `tables` together. */
export interface Shape {
  readonly rows: number;
  readonly allocate: Pick<AllocateOptions, "widths" | "values">;
}

/**
 * The shape of all `tables` together. A table without rows fits every width.
 *
 * @throws {RangeError} On an empty list, or different widths.
 * @throws {TypeError} On different schemas.
 */
export function shapeOf(tables: readonly Table[], action: string): Shape {
  const first = firstOf(tables, action);
  for (const table of tables) checkSchemas(first, table, action);
  const widths: Record<string, number> = {}, values: Record<string, number> = {};
  for (const { name, kind } of first.schema.columns) {
    if (kind === "ragged") {
      let sum = 0;
      for (const table of tables) {
        const { offsets } = table.columns[name] as Ragged;
        sum += offsets[table.length]! - offsets[0]!;
      }
      values[name] = sum;
    } else widths[name] = commonWidth(tables, name, action);
  }
  return { rows: tables.reduce((sum, table) => sum + table.length, 0), allocate: { widths, values } };
}

function commonWidth(tables: readonly Table[], name: string, action: string): number {
  let width = 0, fixed = false;
  for (const table of tables) {
    const own = table.width(name);
    if (table.length === 0) {
      if (!fixed) width ||= own;
    } else if (fixed && own !== width) {
      throw new RangeError(
        `Cannot ${action}: column "${name}" is ${width} wide in one and ${own} in another`,
      );
    } else {
      width = own;
      fixed = true;
    }
  }
  return width;
}

/** Where the rows' times begin: `t0` of the first table with rows, so that most rows need no rebasing. */
export function originOf(tables: readonly Table[]): bigint {
  return (tables.find((table) => table.length > 0) ?? tables[0]!).t0;
}
