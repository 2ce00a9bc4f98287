import assert from "node:assert/strict";
import { isOlder } from "./judge.ts";

Deno.test("isOlder() goes by semantic versions, not by text", () => {
  const older: [string, string][] = [["1.9.0", "1.10.0"], ["1.0.0-beta", "1.0.0"], ["0.9.9", "1.0.0"]];
  for (const [a, b] of older) {
    assert.equal(isOlder(a, b), true, `${a} < ${b}`);
    assert.equal(isOlder(b, a), false, `${b} > ${a}`);
  }
  assert.equal(isOlder("1.0.0", "1.0.0"), false);
  assert.equal(isOlder("3f2a", "1.0.0"), false, "what is no version is not compared");
});
