/**
 * Tables with the same rows, side by side.
 * @module
 */
import { type ColumnType, type Ragged, schema, type TypedArray } from "./schema.ts";
import { ROW_KEYS, Table } from "./table.ts";

/**
 * The columns of tables with the same rows, side by side and without a copy: of columns that several have (keys), the
 * first table's. Times are relative to the first table's `t0`.
 *
 * @throws {RangeError} On tables of different lengths, or none.
 * @throws {TypeError} When two have a column of one name that isn't a key (`time`, `board`, `channel`, `endtime`, `record_id`).
 */
export function combineTables(tables: readonly Table[]): Table {
  const [first] = tables;
  if (!first) throw new RangeError("Cannot combine no tables; give at least one");
  const types: Record<string, ColumnType> = {};
  const columns: Record<string, TypedArray | Ragged> = {};
  const widths: number[] = [];
  for (const { length } of tables) {
    if (length === first.length) continue;
    throw new RangeError(`Cannot combine tables of ${first.length} and ${length} rows`);
  }
  const same = tables.map((table) =>
    table.t0 === first.t0 || table.length === 0 ? table.share() : table.rebase(first.t0)
  );
  for (const table of same) {
    for (const { name, type } of table.schema.columns) {
      if (!Object.hasOwn(types, name)) {
        types[name] = type;
        columns[name] = table.columns[name] as TypedArray | Ragged;
        widths.push(table.width(name));
      } else if (!ROW_KEYS.includes(name)) {
        for (const other of same) other.release();
        throw new TypeError(`Cannot combine tables: column "${name}" is in more than one of them`);
      }
    }
  }
  const { t0, length } = first;
  return Table.over(schema(types), t0, length, columns, widths, same.flatMap((table) => table.detach()));
}
