import assert from "node:assert/strict";
import fc from "fast-check";
import { parseAssignment } from "./assignment.ts";
import { option } from "./option.ts";

Deno.test("parseAssignment() splits at the first =", () => {
  assert.deepEqual(parseAssignment("a.b=c=d"), { key: "a.b", value: "c=d" });
  assert.deepEqual(parseAssignment(" a = 1 ns "), { key: "a", value: "1 ns" });
  assert.deepEqual(parseAssignment("a="), { key: "a", value: "" });
});

Deno.test("parseAssignment() reads lists, objects, quoted texts and null as JSON", () => {
  assert.deepEqual(parseAssignment("a=[40, null]").value, [40, null]);
  assert.deepEqual(parseAssignment('a={"channels": {"0:1": 5}}').value, { channels: { "0:1": 5 } });
  assert.equal(parseAssignment('a=" 1 "').value, " 1 ");
  assert.equal(parseAssignment("a=null").value, null);
});

Deno.test("parseAssignment() keeps all other text, also brackets that are no JSON", () => {
  for (const text of ["007", "1e5", "1.10", "true", "nullable", "{a,b}.bin", "[ab]*.csv", '"', "-"]) {
    assert.equal(parseAssignment(`a=${text}`).value, text);
  }
});

Deno.test("a number or boolean on the command line reaches its option exactly", () => {
  const number = option.number({ help: "For a test" });
  fc.assert(fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (n) => {
    assert.equal(number.parse(parseAssignment(`a=${n}`).value, "p.a").value, n + 0);
  }));
  const boolean = option.boolean({ help: "For a test" });
  assert.equal(boolean.parse(parseAssignment("a=false").value, "p.a").value, false);
  assert.equal(
    option.string({ help: "For a test" }).parse(parseAssignment("a=007").value, "p.a").value,
    "007",
  );
});

Deno.test("parseAssignment() refuses text without a key or =", () => {
  for (const text of ["a", "=1", " =1", ""]) {
    assert.throws(() => parseAssignment(text), {
      name: "SyntaxError",
      message: `Cannot read the setting "${text}": write plugin.option=value`,
    });
  }
});
