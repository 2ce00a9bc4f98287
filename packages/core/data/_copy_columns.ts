// A table of the same rows with some of its columns copied.

import type { Memory } from "./buffer_pool.ts";
import { copyRows } from "./copy_rows.ts";
import { highestEndOf, isOrdered, markOrdered } from "./_ordered.ts";
import type { Ragged, TypedArray } from "./schema.ts";
import { Table } from "./table.ts";

/** One more table of the same rows: columns with a buffer that `isElsewhere` are copied into one, the others are shared. */
export function copyColumns(
  table: Table,
  isElsewhere: (buffer: ArrayBufferLike) => boolean,
  { pool, account }: Memory,
): Table {
  const { schema, length, t0 } = table;
  const share: Record<string, Table> = {}, widths: Record<string, number> = {};
  const values: Record<string, number> = {};
  const copied = schema.columns.filter(({ name }) => {
    const data = table.columns[name] as TypedArray | Ragged;
    if ("offsets" in data) {
      values[name] = data.offsets[length]! - data.offsets[0]!;
      if (isElsewhere(data.values.buffer) || isElsewhere(data.offsets.buffer)) return true;
    } else {
      widths[name] = table.width(name);
      if (isElsewhere(data.buffer)) return true;
    }
    share[name] = table;
    return false;
  });
  const copy = Table.allocate(schema, length, { t0, widths, values, share, pool, account }) as Table;
  copyRows(table, 0, length, copy, 0, copied);
  return isOrdered(table) ? markOrdered(copy, highestEndOf(table)) : copy;
}
