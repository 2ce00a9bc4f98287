/**
 * Tables on their way to another thread, without a copy: their buffers are `SharedArrayBuffer`s, and what crosses is where
 * the columns lie in them.
 *
 * A slice, a table with shared columns and a table alone in its buffer all cross alike. O(columns).
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { BufferPool } from "@millrace/core/buffers";
 * import { partsOf, tableOf } from "@millrace/core/handoff";
 * import { schema } from "@millrace/core/schema";
 * import { Table } from "@millrace/core/table";
 *
 * const pool = new BufferPool({ shared: true });
 * using hits = Table.from(schema({ time: "time" }), { time: [10n, 25n, 30n] }, { pool });
 * const buffers: ArrayBufferLike[] = [];
 * const parts = partsOf(hits.slice(1, 3), buffers);
 * // ... parts and buffers are posted to another thread, which does:
 * using there = tableOf(parts, buffers);
 * assert.deepEqual([...there.times()], [25n, 30n]);
 * ```
 * @module
 */
import { arrayOver, type Ragged, type Schema, schema, type TypedArray } from "./schema.ts";
import { BufferHandle } from "./buffer_pool.ts";
import { highestEndOf, isOrdered, markOrdered } from "./_ordered.ts";
import { type Held, Table } from "./table.ts";

/** Where the columns of a table lie. Can be posted to another thread as it is. */
export interface TableParts {
  /** The schema's text. */
  readonly schema: string;
  /** Origin of the times, ps. */
  readonly t0: bigint;
  /** Rows. */
  readonly length: number;
  /**
   * {@linkcode PLACE} numbers a column: index of its buffer, byte where its values begin, how many there are, its width; of a
   * ragged column also index of the offsets' buffer and byte where those begin.
   */
  readonly places: readonly number[];
  /** Of rows that were checked and are in order: their highest endtime, ps from `t0`, NaN where that is not known. */
  readonly ordered?: number;
}

/** Numbers a column in {@linkcode TableParts.places}. */
export const PLACE = 6;

/**
 * Where the columns of a table lie; its buffers are added to `buffers` where they are not among them yet.
 *
 * The table must stay alive until the other side is done with it.
 */
export function partsOf(table: Table, buffers: ArrayBufferLike[]): TableParts {
  const indexOf = (buffer: ArrayBufferLike): number => {
    const index = buffers.indexOf(buffer);
    return index >= 0 ? index : buffers.push(buffer) - 1;
  };
  const places: number[] = [];
  for (const { name } of table.schema.columns) {
    const data = table.columns[name] as TypedArray | Ragged;
    const values = "offsets" in data ? data.values : data;
    places.push(indexOf(values.buffer), values.byteOffset, values.length, table.width(name));
    if ("offsets" in data) places.push(indexOf(data.offsets.buffer), data.offsets.byteOffset);
    else places.push(-1, 0);
  }
  const parts = { schema: table.schema.text, t0: table.t0, length: table.length, places };
  return isOrdered(table) ? { ...parts, ordered: highestEndOf(table) ?? NaN } : parts;
}

const schemas = new Map<string, Schema>();
const MANY = 256;

function schemaOf(text: string): Schema {
  let found = schemas.get(text);
  if (!found) {
    found = schema(JSON.parse(text));
    if (schemas.size >= MANY) schemas.clear();
    schemas.set(text, found);
  }
  return found;
}

/**
 * The table that lies in `buffers` as `parts` say.
 *
 * @param hold Gives the references to the buffer of an index, which the given arrays of the table lie in; called once a buffer. Default:
 * to one that nobody counts.
 * @throws {RangeError} When a column does not lie in its buffer.
 */
export function tableOf(
  parts: TableParts,
  buffers: readonly ArrayBufferLike[],
  hold: (index: number, arrays: readonly TypedArray[]) => Held | readonly Held[] = (index) => ({
    handle: new BufferHandle(buffers[index]!),
    charged: false,
  }),
): Table {
  const { t0, length, places } = parts;
  const schema = schemaOf(parts.schema);
  const columns: Record<string, TypedArray | Ragged> = {};
  const widths: number[] = [];
  const used = new Map<number, TypedArray[]>();
  const use = (index: number, array: TypedArray) => {
    const known = used.get(index);
    if (known) known.push(array);
    else used.set(index, [array]);
  };
  schema.columns.forEach((column, k) => {
    const at = k * PLACE;
    const index = places[at]!, other = places[at + 4]!;
    const values = arrayOver(column.element, buffers[index]!, places[at + 1]!, places[at + 2]!);
    use(index, values);
    if (other >= 0) {
      const offsets = new Uint32Array(buffers[other]!, places[at + 5], length + 1);
      columns[column.name] = { values, offsets };
      use(other, offsets);
    } else columns[column.name] = values;
    widths.push(places[at + 3]!);
  });
  const held = [...used].flatMap(([index, arrays]) => hold(index, arrays));
  const table = Table.over(schema, t0, length, columns, widths, held);
  return parts.ordered === undefined ? table : markOrdered(table, parts.ordered);
}
