import assert from "node:assert/strict";
import { schema } from "@millrace/core/schema";
import { Table } from "@millrace/core/table";
import { TextRows } from "./rows.ts";

const types = schema({ time: "time", id: "i64", f: "f32", d: "f64", ok: "bool", wave: "u16[]" });

function printed(work: (rows: TextRows) => void): string[] {
  const parts: string[] = [];
  const rows = new TextRows((part) => void parts.push(part));
  work(rows);
  rows.end();
  return parts;
}

Deno.test("TextRows prints exact times, short floats and abbreviated samples", () => {
  using table = Table.from(types, {
    time: [1_000_000_000_001n],
    id: [-7n],
    f: [0.1],
    d: [1 / 3],
    ok: [1],
    wave: [[9, 8, 7, 6]],
  });
  const [text] = printed((rows) =>
    rows.add(table as unknown as Table, 1, ["time", "id", "f", "d", "ok", "wave"])
  );
  assert.equal(
    text,
    "            time  id    f             d    ok  wave\n" +
      "1.000000000001 s  -7  0.1  0.3333333333  true  9 8 7 6\n",
  );
});

Deno.test("TextRows has one title for rows of many tables", () => {
  using table = Table.from(schema({ time: "time" }), { time: [1n, 20n] }) as unknown as Table;
  const parts = printed((rows) => {
    rows.add(table, 2, ["time"]);
    rows.add(table, 0, ["time"]);
    rows.add(table, 1, ["time"]);
  });
  assert.deepEqual(parts, [" time\n 1 ps\n20 ps\n 1 ps\n"]);
});

Deno.test("TextRows prints pages of 500 rows, and nothing without rows", () => {
  using table = Table.from(schema({ time: "time" }), {
    time: Array.from({ length: 1001 }, (_, i) => BigInt(i)),
  });
  const parts = printed((rows) => rows.add(table as unknown as Table, 1001, ["time"]));
  assert.deepEqual(parts.map((part) => part.split("\n").length - 2), [500, 500, 1]);
  assert.deepEqual(printed((rows) => rows.add(table as unknown as Table, 0, ["time"])), []);
});
