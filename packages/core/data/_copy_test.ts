import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { copyNumbers } from "./_copy.ts";

Deno.test("copyNumbers() copies any stretch to any place of any memory, and nothing else", () => {
  const memory = (kind: "own" | "shared") =>
    kind === "own" ? new ArrayBuffer(200_000) : new SharedArrayBuffer(200_000);
  const kind = fc.constantFrom<"own" | "shared">("own", "shared");
  const type = fc.constantFrom(Uint8Array, Int16Array, Float32Array, BigInt64Array);
  const skip = fc.nat({ max: 20 });
  fc.assert(fc.property(
    kind,
    kind,
    type,
    skip,
    skip,
    skip,
    fc.oneof(fc.nat({ max: 300 }), fc.integer({ min: 1000, max: 20_000 })),
    (a, b, Type, first, before, at, length) => {
      const size = Type.BYTES_PER_ELEMENT;
      const source = new Type(memory(a) as ArrayBuffer, first * size, length);
      const bytes = new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
      for (let i = 0; i < bytes.length; i++) bytes[i] = Math.imul(i + 1, 0x9e3779b1) >>> 24;
      const target = new Type(memory(b) as ArrayBuffer, before * size, at + length + 3);
      const all = new Uint8Array(target.buffer);
      all.fill(7);
      const wanted = new Uint8Array(all.length).fill(7);
      wanted.set(bytes, (before + at) * size);
      copyNumbers(source, target, at);
      assert.equal(Buffer.compare(new Uint8Array(all), wanted), 0);
    },
  ));
});

Deno.test("copyNumbers() refuses too little room and moves within one memory", () => {
  const shared = new Uint16Array(new SharedArrayBuffer(20_000));
  assert.throws(() => copyNumbers(new Uint16Array(9_999), shared, 2), RangeError);
  shared.forEach((_, i) => shared[i] = i);
  copyNumbers(shared.subarray(0, 9_000), shared, 1);
  assert.deepEqual([...shared.subarray(0, 9_001)], [0, ...Array.from({ length: 9_000 }, (_, i) => i)]);
});
