import assert from "node:assert/strict";
import { schema } from "../data/schema.ts";
import { Table } from "../data/table.ts";
import { checkSameRows, commonKeys } from "./_same_rows.ts";

const types = schema({ time: "time", channel: "u16", record_id: "i64", x: "f32" });
const rows = (record_id: bigint[], t0 = 0n): Table =>
  Table.from(types, { time: [1n, 2n], channel: [0, 1], record_id, x: [0, 0] }, { t0 }) as unknown as Table;

Deno.test("types of one kind are compared by all columns that tell a row, not by others", () => {
  assert.deepEqual(commonKeys(rows([0n, 1n]), rows([0n, 1n])).map(({ name }) => name), [
    "time",
    "channel",
    "record_id",
  ]);
});

Deno.test("another record_id is another row, beyond 2^53 too", () => {
  const id = 2n ** 53n;
  checkSameRows(rows([id, id + 1n]), 0, 2, rows([id, id + 1n], -7n), "b");
  assert.throws(
    () => checkSameRows(rows([id, id + 1n]), 0, 2, rows([id, id + 2n]), "b"),
    { name: "RangeError", message: '"b" differs in "record_id" at row 1; a kind has the same rows' },
  );
});
