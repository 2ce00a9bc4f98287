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
    const i = firstOther(wordsOf(a, from, b.length), wordsOf(b, 0, b.length), delta);
    if (i < 0) continue;
    const row = Math.floor(i * wordsOf(b, 0, 0).BYTES_PER_ELEMENT / b.BYTES_PER_ELEMENT);
    throw new RangeError(`"${label}" differs in "${name}" at row ${row}; a kind has the same rows`);
  }
}

type Words = Float64Array | Uint32Array;

/** Values `from` to `from + n`; 64-bit integers as their words, since each value read as a bigint would be allocated. */
function wordsOf(column: Float64Array | BigInt64Array | BigUint64Array, from: number, n: number): Words {
  if (!(column instanceof BigInt64Array) && !(column instanceof BigUint64Array)) {
    return column.subarray(from, from + n);
  }
  return new Uint32Array(column.buffer, column.byteOffset + 8 * from, 2 * n);
}

/** The first place where `a + delta` is not `b`; -1 where there is none. */
function firstOther(a: Words, b: Words, delta: number): number {
  if (delta === 0) {
    for (let i = 0; i < b.length; i++) if (a[i] !== b[i]) return i;
    return -1;
  }
  for (let i = 0; i < b.length; i++) if (a[i]! + delta !== b[i]) return i;
  return -1;
}
