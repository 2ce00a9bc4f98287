import assert from "node:assert/strict";
import fc from "fast-check";
import { expected, hits, rowsOf, tableOf, unsortedRows } from "./_testing.ts";
import { Account } from "../data/buffer_pool.ts";
import { type Element, ELEMENTS, schema } from "../data/schema.ts";
import { type ColumnInput, Table } from "../data/table.ts";
import { gather } from "./gather.ts";

Deno.test("gather() copies the chosen rows of all columns, in the order chosen", () => {
  const picks = fc.array(fc.nat(), { maxLength: 40 });
  fc.assert(fc.property(unsortedRows, picks, (rows, picks) => {
    const chosen = rows.length ? picks.map((pick) => pick % rows.length) : [];
    const out = gather(tableOf(rows, -9n), Uint32Array.from(chosen));
    assert.deepEqual(rowsOf(out), expected(chosen.map((i) => rows[i]!)));
  }));
});

Deno.test("gather() copies neighbours of wide rows in blocks and rows alone one by one", () => {
  const wide = schema({ time: "time", wave: "u16[800]", odd: "u8[5]" });
  const rows = 6;
  const table = Table.from(wide, {
    time: Array.from({ length: rows }, (_, i) => BigInt(i)),
    wave: Uint16Array.from({ length: rows * 800 }, (_, i) => i),
    odd: Uint8Array.from({ length: rows * 5 }, (_, i) => i),
  });
  const list = [1, 2, 3, 5, 0, 0, 4];
  assert.deepEqual(gather(table, Uint32Array.from(list)).rows(), list.map((i) => table.row(i)));
});

for (const element of ELEMENTS) {
  Deno.test(`gather() keeps ${element} exactly, as scalars, blocks and ragged samples`, () => {
    const types = { time: "time", one: element, two: `${element}[2]`, some: `${element}[]` } as const;
    const values = extremes(element);
    const input: Record<string, ColumnInput> = {
      time: [0n, 1n],
      one: values,
      two: [values, [...values].reverse()] as (number | bigint)[][],
      some: [[...values, ...values, ...values], []] as (number | bigint)[][],
    };
    const table = Table.from<Record<string, "time" | Element | `${Element}[2]` | `${Element}[]`>>(
      schema(types),
      input,
    );
    assert.deepEqual(
      gather(table.slice(0, 2), Uint32Array.of(1, 0, 1)).rows(),
      [1, 0, 1].map((i) => table.row(i)),
    );
  });
}

function extremes(element: Element): (number | bigint)[] {
  switch (element) {
    case "i64":
      return [-(2n ** 63n), 2n ** 53n + 1n];
    case "u64":
      return [2n ** 64n - 1n, 2n ** 53n + 1n];
    case "f32":
    case "f64":
      return [NaN, -0];
    case "bool":
      return [1, 0];
    default: {
      const bits = Number(element.slice(1));
      return element.startsWith("u") ? [2 ** bits - 1, 1] : [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1];
    }
  }
}

Deno.test("gather() of a part of the list ignores the rest", () => {
  const table = tableOf(hits([0, 1], [1, 2]));
  assert.deepEqual(rowsOf(gather(table, Uint32Array.of(1, 99), 1)), [table.row(1)]);
});

Deno.test("gather() refuses a row that is not there and a count beyond the list", () => {
  const table = tableOf(hits([0, 1]));
  assert.throws(() => gather(table, Uint32Array.of(0, 1)), {
    name: "RangeError",
    message: "Cannot gather row 1 of 1 (number 1 of the list)",
  });
  assert.throws(() => gather(table, Uint32Array.of(0), 2), RangeError);
  assert.throws(() => gather(table, Uint32Array.of(0), -1), RangeError);
});

Deno.test("gather() charges the account", () => {
  const account = new Account();
  const out = gather(tableOf(hits([0, 1])), Uint32Array.of(0), 1, { account });
  assert.equal(account.used, out.heldBytes);
  out.release();
  assert.equal(account.used, 0);
});
