import assert from "node:assert/strict";
import { schema } from "@millrace/core/schema";
import { Table } from "@millrace/core/table";
import { JsonRows, rowJson } from "./json.ts";

const rows = schema({ time: "time", id: "i64", ok: "bool", f: "f32", wave: "u16[]", pair: "f64[2]" });

function table(): Table {
  return Table.from(rows, {
    time: [5n, 2n ** 52n - 1n],
    id: [-(2n ** 63n), 2n ** 63n - 1n],
    ok: [1, 0],
    f: [1.5, -Infinity],
    wave: [[1, 65535], []],
    pair: [[0.1, NaN], [1e300, -0]],
  }) as unknown as Table;
}

Deno.test("rowJson() writes 64-bit values as text, what is not finite as null, samples in full", () => {
  using t = table();
  assert.deepEqual(JSON.parse(rowJson(t, 0)), {
    time: "5",
    id: "-9223372036854775808",
    ok: true,
    f: 1.5,
    wave: [1, 65535],
    pair: [0.1, null],
  });
  assert.deepEqual(JSON.parse(rowJson(t, 1)), {
    time: "4503599627370495",
    id: "9223372036854775807",
    ok: false,
    f: null,
    wave: [],
    pair: [1e300, 0],
  });
});

Deno.test("rowJson() writes the chosen columns in the chosen order", () => {
  using t = table();
  assert.equal(rowJson(t, 0, ["ok", "time"]), '{"ok":true,"time":"5"}');
});

Deno.test("JsonRows gives one array for any number of tables and rows", () => {
  using t = table();
  for (const counts of [[], [0], [1], [2], [0, 2, 0, 1]]) {
    let text = "";
    const json = new JsonRows((part) => text += part);
    for (const count of counts) json.add(t, count, ["time"]);
    json.end();
    const parsed = JSON.parse(text) as unknown[];
    assert.equal(parsed.length, counts.reduce((sum, count) => sum + count, 0));
  }
});

Deno.test("JsonRows hands long text on in parts", () => {
  const parts: string[] = [];
  const json = new JsonRows((part) => void parts.push(part));
  const wide = Table.from(schema({ time: "time", wave: "u16[]" }), {
    time: [1n, 2n, 3n],
    wave: [new Uint16Array(20_000), new Uint16Array(20_000), new Uint16Array(1)],
  });
  json.add(wide as unknown as Table, 3);
  json.end();
  assert.ok(parts.length >= 3);
  assert.deepEqual((JSON.parse(parts.join("")) as { wave: number[] }[]).map(({ wave }) => wave.length), [
    20_000,
    20_000,
    1,
  ]);
  wide.release();
});
