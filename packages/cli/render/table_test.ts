import assert from "node:assert/strict";
import fc from "fast-check";
import { printable, textTable } from "./table.ts";

Deno.test("textTable() aligns titles and cells left or right", () => {
  const text = textTable([{ title: "n", right: true }, { title: "name" }, { title: "x" }], [
    ["1", "µs", "a"],
    ["200", "", "b"],
  ]);
  assert.equal(text, "  n  name  x\n  1  µs    a\n200        b\n");
});

Deno.test("textTable() without rows is its titles", () => {
  assert.equal(textTable([{ title: "a" }, { title: "b", right: true }], []), "a  b\n");
});

Deno.test("textTable() starts every left column at one place in all lines", () => {
  const cell = fc.string({ unit: fc.constantFrom("a", "µ", "7", "|"), minLength: 1, maxLength: 9 });
  fc.assert(
    fc.property(fc.array(fc.tuple(cell, cell), { maxLength: 8 }), (rows) => {
      const lines = textTable([{ title: "t" }, { title: "u" }], rows).split("\n").slice(0, -1);
      assert.equal(lines.length, rows.length + 1);
      const width = Math.max(1, ...rows.map(([first]) => first.length)) + 2;
      rows.forEach(([first, second], k) => {
        assert.equal(lines[k + 1]!.slice(0, width).trimEnd(), first);
        assert.equal(lines[k + 1]!.slice(width), second);
      });
    }),
    { numRuns: 60 },
  );
});

Deno.test("printable() escapes what would steer a terminal and nothing else", () => {
  assert.equal(printable("a\x1b[2Jb\n\x7f\x9b"), "a\\x1b[2Jb\\x0a\\x7f\\x9b");
  assert.equal(printable("Grüße 7 µs \\"), "Grüße 7 µs \\");
  assert.equal(textTable([{ title: "a" }], [["\r"]]), "a\n\\x0d\n");
});
