// What types of one kind have in common: the same rows, told by their number and key columns.

import type { Column } from "../data/schema.ts";
import { ROW_KEYS, type Table } from "../data/table.ts";

const known = new WeakMap<object, WeakMap<object, readonly Column[]>>();

/** The key columns that both tables have with one type. O(1) after the first call for two schemas. */
export function commonKeys(base: Table, table: Pick<Table, "schema">): readonly Column[] {
  let byOther = known.get(base.schema);
  if (!byOther) known.set(base.schema, byOther = new WeakMap());
  let keys = byOther.get(table.schema);
  if (!keys) {
    const { types } = base.schema;
    keys = table.schema.columns.filter(({ name, type, kind }) =>
      ROW_KEYS.includes(name) && types[name] === type && (kind === "time" || kind === "scalar")
    );
    byOther.set(table.schema, keys);
  }
  return keys;
}

/**
 * Check that `table` has the rows `from` to `to` (excluded) of `base`. O(rows), O(1) where the key columns are shared.
 *
 * @throws {RangeError} On another number of rows or a key that differs.
 */
export function checkSameRows(base: Table, from: number, to: number, table: Table, label: string): void {
  if (table.length !== to - from) {
    throw new RangeError(
      `"${label}" has ${table.length} rows for ${to - from} of its kind; a kind has the same rows`,
    );
  }
  const shift = base.t0 === table.t0 ? 0 : Number(base.t0 - table.t0);
  for (const { name, kind } of commonKeys(base, table)) {
    const a = base.columns[name] as Float64Array, b = table.columns[name] as Float64Array;
    const delta = kind === "time" ? shift : 0;
    const shared = a.buffer === b.buffer && b.byteOffset === a.byteOffset + from * a.BYTES_PER_ELEMENT;
    if (delta === 0 && shared) continue;
    for (let i = 0; i < b.length; i++) {
      if ((delta === 0 ? a[from + i]! : a[from + i]! + delta) === b[i]!) continue;
      throw new RangeError(`"${label}" differs in "${name}" at row ${i}; a kind has the same rows`);
    }
  }
}
