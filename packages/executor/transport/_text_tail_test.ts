import fc from "fast-check";
import assert from "node:assert/strict";
import { TextTail } from "./_text_tail.ts";

Deno.test("TextTail gives the lines and keeps the end, however the bytes are cut", () => {
  const text = fc.array(fc.constantFrom("a", "ü", "\n", "𝛼", "line "), { maxLength: 60 }).map((parts) =>
    parts.join("")
  );
  fc.assert(fc.property(text, fc.integer({ min: 1, max: 7 }), (original, step) => {
    const lines: string[] = [];
    const tail = new TextTail(1000, (line) => lines.push(line));
    const bytes = new TextEncoder().encode(original);
    for (let at = 0; at < bytes.length; at += step) tail.push(bytes.subarray(at, at + step));
    tail.end();
    const expected = original.split("\n");
    if (expected.at(-1) === "") expected.pop();
    assert.deepEqual(lines, expected);
    assert.equal(tail.toString(), original);
  }));
});

Deno.test("TextTail keeps no more than its limit, also of one long line", () => {
  const lines: string[] = [];
  const tail = new TextTail(10, (line) => lines.push(line));
  tail.push(new TextEncoder().encode("0123456789".repeat(3) + "end"));
  assert.equal(tail.toString(), "3456789end");
  tail.push(new TextEncoder().encode("\nx"));
  tail.end();
  assert.deepEqual(lines, ["0123456789", "0123456789", "0123456789", "end", "x"]);
  assert.equal(tail.toString(), "56789end\nx");
});
