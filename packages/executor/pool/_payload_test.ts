import assert from "node:assert/strict";
import { sizeOf } from "./_payload.ts";
import { Slabs } from "./_slabs.ts";

Deno.test("sizeOf() counts arrays, buffers and strings one level deep, shared memory not", () => {
  assert.equal(sizeOf(undefined), 0);
  assert.equal(sizeOf(null), 0);
  assert.equal(sizeOf(7), 0);
  assert.equal(sizeOf("abc"), 6);
  assert.equal(sizeOf(new Float32Array(10)), 40);
  assert.equal(sizeOf(new Float32Array(10).subarray(5)), 20);
  assert.equal(sizeOf(new ArrayBuffer(12)), 12);
  assert.equal(sizeOf({ a: new Uint8Array(3), b: new ArrayBuffer(4), c: "x", d: null, e: 1 }), 9);
  assert.equal(sizeOf([new Uint8Array(3), 1]), 19);
  assert.equal(sizeOf({ deep: { array: new Uint8Array(3) } }), 0);
  assert.equal(sizeOf(new Uint8Array(new SharedArrayBuffer(99))), 0);
});

Deno.test("Slabs are reused by size", () => {
  const slabs = new Slabs();
  assert.equal(slabs.take(20_000), -1);
  const slab = slabs.make(20_000);
  assert.equal(slabs.get(slab).length, 32_768);
  assert.equal(slabs.take(20_000), -1, "it is in use");
  slabs.release(slab);
  assert.equal(slabs.take(100_000), -1, "it is too small");
  assert.equal(slabs.take(32_768), slab);
});
