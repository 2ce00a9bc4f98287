import assert from "node:assert/strict";
import fc from "fast-check";
import { grantsBeyond, grantsOf, grantsText, listGrants, parsePermissions, sameGrants } from "./grants.ts";

const grants = fc.record({
  net: fc.uniqueArray(fc.constantFrom("a.lab:1", "b.lab:22", "[::1]:333")),
  read: fc.uniqueArray(fc.constantFrom("./a", "/b/c", "d=e")),
  env: fc.uniqueArray(fc.constantFrom("A", "B_1")),
}, { requiredKeys: [] });

Deno.test("grantsText() is what parsePermissions() reads", () => {
  fc.assert(fc.property(grants, (given) => {
    assert.deepEqual(listGrants(parsePermissions(grantsText(given))), listGrants(given));
  }));
});

Deno.test("grantsBeyond() and what both have make up the whole", () => {
  fc.assert(fc.property(grants, grants, (a, b) => {
    const beyond = listGrants(grantsBeyond(a, b));
    assert.ok(beyond.every((each) => !listGrants(b).includes(each)));
    assert.deepEqual(
      [...beyond, ...listGrants(a).filter((each) => listGrants(b).includes(each))].sort(),
      listGrants(a),
    );
    assert.equal(sameGrants(a, b), grantsText(a) === grantsText(b));
  }));
});

Deno.test("grantsOf() refuses what is never granted and what would be wider than it looks", () => {
  for (const name of ["run", "ffi", "sys", "import"] as const) {
    assert.throws(() => grantsOf([{ name, value: "x" }], "@lab/a"), /which no plugin is ever granted/);
  }
  const bad: ["net" | "read" | "write" | "env", string][] = [
    ["net", "*"],
    ["net", "a.lab"],
    ["net", "a.lab:0"],
    ["net", "a.lab:1,b.lab:2"],
    ["net", "a.lab:1 --allow-all"],
    ["read", "/"],
    ["read", "."],
    ["write", "../"],
    ["read", "a\nb"],
    ["env", "*"],
    ["env", "A,B"],
    ["env", "LD_*"],
  ];
  for (const [name, value] of bad) {
    assert.throws(() => grantsOf([{ name, value }], "@lab/a"), RangeError, `${name}=${value}`);
  }
  for (const text of ["", "net", "net=", "run=ls", "env=A B", "none,env=A", "=x"]) {
    assert.throws(() => parsePermissions(text), SyntaxError, text);
  }
});
