import assert from "node:assert/strict";
import fc from "fast-check";
import { Regions } from "./_regions.ts";

Deno.test("Regions are disjoint, aligned, as low as possible, and leave no trace", () => {
  const actions = fc.array(fc.record({ bytes: fc.nat(1000), give: fc.nat(), gives: fc.boolean() }));
  fc.assert(fc.property(actions, (actions) => {
    const regions = new Regions();
    regions.add(128, 2 ** 31);
    let taken: [start: number, end: number][] = [];
    for (const { bytes, give, gives } of actions) {
      if (gives && taken.length > 0) {
        const [gone] = taken.splice(give % taken.length, 1);
        regions.give(gone![0]);
        continue;
      }
      const start = regions.take(bytes)!, end = start + Math.ceil(Math.max(bytes, 1) / 64) * 64;
      assert.ok(start % 64 === 0 && start >= 128);
      assert.ok(taken.every(([from, to]) => end <= from || start >= to));
      for (const lower of [128, ...taken.map(([, to]) => to)]) {
        if (lower >= start) continue;
        assert.ok(taken.some(([from, to]) => lower < to && from < lower + end - start), "it fits lower");
      }
      taken.push([start, end]);
      assert.equal(regions.count, taken.length);
      assert.equal(regions.free, taken.reduce((left, [from, to]) => left - (to - from), 2 ** 31 - 128));
    }
    for (const [start] of taken) regions.give(start);
    taken = [];
    assert.equal(regions.count, 0);
    assert.equal(regions.take(2 ** 30), 128);
  }));
});

Deno.test("Regions.take() gives nothing where there is no room", () => {
  const regions = new Regions();
  assert.equal(regions.take(1), undefined);
  regions.add(64, 192);
  assert.equal(regions.take(129), undefined);
  assert.equal(regions.take(65), 64);
  assert.equal(regions.take(1), undefined);
  regions.add(192, 256);
  assert.equal(regions.take(1), 192);
});

Deno.test("Regions.remove() takes away what is free", () => {
  const regions = new Regions();
  assert.deepEqual(regions.add(0, 640), [0, 640]);
  regions.remove(128, 256);
  assert.throws(() => regions.remove(192, 320), /Addresses 192 to 320 are not free/);
  assert.deepEqual([regions.take(129), regions.take(128), regions.take(1)], [256, 0, 448]);
  assert.deepEqual(regions.add(128, 256), [128, 256]);
  assert.deepEqual(regions.give(0), [0, 256]);
  assert.deepEqual(regions.give(256), [0, 448]);
});

Deno.test("Regions.give() refuses what was not taken", () => {
  const regions = new Regions();
  regions.add(0, 640);
  const at = regions.take(10)!;
  assert.throws(() => regions.give(at + 64), /There is no region at 64/);
  regions.give(at);
  assert.throws(() => regions.give(at), /There is no region at 0/);
});
