import assert from "node:assert/strict";
import { packageJsonOf } from "./package_json.ts";

Deno.test("what a package says is taken by fields; what it needs includes its peers", () => {
  const json = packageJsonOf(
    '\uFEFF{"type":"module","dependencies":{"a":"^1"},"peerDependencies":{"b":"2"},"imports":{"#c":"./c.js"}}',
    "lab@1.0.0",
  );
  assert.equal(json.type, "module");
  assert.deepEqual({ ...json.needs }, { a: "^1", b: "2" });
  assert.deepEqual(json.imports, { "#c": "./c.js" });
});

Deno.test("a package.json of another shape is refused with the package's name and the field", () => {
  const cases: [string, RegExp][] = [
    ["", /is not JSON/],
    ["{", /is not JSON/],
    ["null", /is not an object/],
    ["[]", /is not an object/],
    ["7", /is not an object/],
    ['{"dependencies":[]}', /says "dependencies", which is not an object/],
    ['{"dependencies":"a"}', /says "dependencies", which is not an object/],
    ['{"peerDependencies":{"a":1}}', /says "a" in "peerDependencies" without a range/],
    ['{"imports":null}', /says "imports", which is not an object/],
    [JSON.stringify({ a: "x".repeat(2 ** 20) }), /more than 1048576 characters/],
  ];
  for (const [text, says] of cases) {
    assert.throws(() => packageJsonOf(text, "lab@1.0.0"), (error: Error) => {
      assert.match(
        error.message,
        /^Cannot install npm:lab@1\.0\.0: its package\.json .*; have its author mend it$/,
      );
      assert.match(error.message, says);
      return true;
    });
  }
});

Deno.test("names of JavaScript's own objects are names like others", () => {
  const json = packageJsonOf('{"dependencies":{"__proto__":"1","constructor":"2"}}', "lab@1.0.0");
  assert.deepEqual(Object.entries(json.needs), [["__proto__", "1"], ["constructor", "2"]]);
  assert.equal(json.needs["toString"], undefined);
});
