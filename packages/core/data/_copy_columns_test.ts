import assert from "node:assert/strict";
import fc from "fast-check";
import { randomRows } from "../testing/random_rows.ts";
import { Account, BufferPool, MemoryBudgetError } from "./buffer_pool.ts";
import { copyColumns } from "./_copy_columns.ts";
import { highestEndOf, isOrdered, markOrdered } from "./_ordered.ts";
import { type Ragged, schema, type TypedArray } from "./schema.ts";
import { Table } from "./table.ts";

const waves = () =>
  randomRows({
    columns: { wave: { type: "u16[]", value: ({ time }) => Array.from({ length: time % 4 }, (_, k) => k) } },
  });

const memory = () => ({ pool: new BufferPool(), account: new Account() });

Deno.test("columns are copied or shared, whichever lie elsewhere and whatever part of a table it is", () => {
  fc.assert(fc.property(waves(), fc.nat(), fc.nat(), fc.nat(31), (rows, a, b, mask) => {
    const from = a % (rows.length + 1), to = from + b % (rows.length + 1 - from);
    const all = memory(), away = rows.compact(all) as Table, here = rows.compact(all) as Table;
    const elsewhere = away.held[0]!.handle.buffer;
    const share = Object.fromEntries(
      rows.schema.columns.map(({ name }, k) => [name, (mask >> k) & 1 ? away : here]),
    );
    const both = Table.allocate(rows.schema, rows.length, { ...all, t0: rows.t0, share });
    const slice = both.slice(from, to) as Table, expected = slice.rows();
    const copy = copyColumns(slice, (buffer) => buffer === elsewhere, all);
    for (const table of [away, both]) table.release();
    const isShared = (name: string) => {
      const [mine, theirs] = [copy, slice].map(({ columns }) => columns[name] as TypedArray | Ragged);
      return "offsets" in mine! ? mine.values.buffer === (theirs as Ragged).values.buffer : mine === theirs;
    };
    for (const name in share) assert.equal(isShared(name), share[name] === here, name);
    for (const table of [here, slice]) table.release();
    assert.equal(copy.held.some(({ handle }) => handle.buffer === elsewhere), false);
    assert.deepEqual(copy.rows(), expected);
    copy.release();
    assert.equal(all.account.used, 0);
  }));
});

Deno.test("what is known of the rows is known of the copy; a budget that is spent leaves nothing", () => {
  const table = Table.from(schema({ time: "time", adc: "i16[2]" }), {
    time: [5n, 7n],
    adc: [[1, 2], [3, 4]],
  });
  markOrdered(table as unknown as Table, 2);
  const all = memory();
  const copy = copyColumns(table as unknown as Table, () => true, all);
  assert.ok(isOrdered(copy));
  assert.equal(highestEndOf(copy), 2);
  assert.notEqual((copy.columns["adc"] as TypedArray).buffer, table.columns.adc.buffer);
  assert.ok(all.account.used > 0);
  copy.release();
  assert.equal(all.account.used, 0);
  const spent = { pool: new BufferPool(), account: new Account(1) };
  assert.throws(() => copyColumns(table as unknown as Table, () => true, spent), MemoryBudgetError);
  assert.equal(spent.account.used, 0);
  assert.equal(table.held[0]!.handle.refs, 1);
});
