import assert from "node:assert/strict";
import fc from "fast-check";
import { didYouMean, editDistance, listed, nearest } from "./_suggest.ts";

Deno.test("editDistance() counts inserts, deletes, replacements and swaps", () => {
  const cases: [string, string, number][] = [
    ["", "abc", 3],
    ["kitten", "sitting", 3],
    ["hits", "hist", 1],
    ["threshold", "treshold", 1],
    ["abc", "abc", 0],
    ["ca", "abc", 3],
  ];
  for (const [a, b, distance] of cases) assert.equal(editDistance(a, b), distance, `${a} to ${b}`);
});

Deno.test("editDistance() is a symmetric distance, one for one edit", () => {
  const text = fc.string({ maxLength: 8 });
  fc.assert(fc.property(text, text, (a, b) => {
    const distance = editDistance(a, b);
    assert.equal(distance, editDistance(b, a));
    assert.equal(distance === 0, a === b);
    assert.ok(distance <= Math.max(a.length, b.length) && distance >= Math.abs(a.length - b.length));
    assert.equal(editDistance(a, `${a}x`), 1);
  }));
});

Deno.test("nearest() gives at most three near names, best first", () => {
  assert.deepEqual(nearest("tresold", ["distance", "threshold", "thresholds"]), ["threshold"]);
  assert.deepEqual(nearest("HITS", ["hits", "hist"]), ["hits", "hist"]);
  assert.deepEqual(nearest("ab", ["cd", "x"]), []);
  assert.equal(nearest("aaaa", ["aaab", "aaac", "aaad", "aaae"]).length, 3);
});

Deno.test("didYouMean() and listed() read well", () => {
  assert.equal(didYouMean("hist", ["hits"], "there is hits"), '; did you mean "hits"? There is hits');
  assert.equal(didYouMean("hist", ["hits", "his"], "x"), '; did you mean "his" or "hits"? X');
  assert.equal(didYouMean("hist", [], "there is none"), "; there is none");
  assert.equal(listed(["b", "a", "b"]), "a, b");
  assert.equal(listed([]), "none");
});
