import assert from "node:assert/strict";
import fc from "fast-check";
import { Regions } from "./_regions.ts";

Deno.test("Regions are disjoint, aligned, as low as possible, and leave no trace", () => {
  const actions = fc.array(fc.record({ bytes: fc.nat(1000), give: fc.nat(), gives: fc.boolean() }));
  fc.assert(fc.property(actions, (actions) => {
    const regions = new Regions(100);
    let taken: [start: number, end: number][] = [];
    for (const { bytes, give, gives } of actions) {
      if (gives && taken.length > 0) {
        const [gone] = taken.splice(give % taken.length, 1);
        regions.give(gone![0]);
        continue;
      }
      const start = regions.take(bytes)!, end = start + Math.ceil(Math.max(bytes, 1) / 64) * 64;
      assert.ok(start % 64 === 0 && start >= 100);
      assert.ok(taken.every(([from, to]) => end <= from || start >= to));
      for (const lower of [128, ...taken.map(([, to]) => to)]) {
        if (lower >= start) continue;
        assert.ok(taken.some(([from, to]) => lower < to && from < lower + end - start), "it fits lower");
      }
      taken.push([start, end]);
      assert.equal(regions.count, taken.length);
    }
    for (const [start] of taken) regions.give(start);
    taken = [];
    assert.equal(regions.count, 0);
    assert.equal(regions.take(2 ** 30), 128);
  }));
});

Deno.test("Regions.take() stays below a limit", () => {
  const regions = new Regions(0);
  assert.equal(regions.take(65, 127), undefined);
  assert.equal(regions.take(65, 128), 0);
  assert.equal(regions.take(1, 128), undefined);
  assert.equal(regions.take(1), 128);
});

Deno.test("Regions.give() refuses what was not taken", () => {
  const regions = new Regions(0);
  const at = regions.take(10)!;
  assert.throws(() => regions.give(at + 64), /There is no region at 64/);
  regions.give(at);
  assert.throws(() => regions.give(at), /There is no region at 0/);
});
