import assert from "node:assert/strict";
import { kernelCopies } from "./_kernel_copies.ts";
import { freePlace, memory as kernels, takePlace } from "./kernel_memory.ts";

Deno.test("kernelCopies() moves exactly the bytes between two memories, wherever they lie, also after both have grown", () => {
  const other = new WebAssembly.Memory({ initial: 1 }), { fetch, put } = kernelCopies(other);
  const at = takePlace(2 ** 23);
  try {
    other.grow(3);
    const here = new Uint8Array(kernels.buffer, at, 4096), there = new Uint8Array(other.buffer);
    for (
      const [from, to, bytes] of [[0, 0, 0], [3, 200_001, 1000], [5, 64, 1], [1, 4 * 65536 - 4000, 4000]]
    ) {
      for (let i = 0; i < here.length; i++) here[i] = i * 31 >> 3;
      there.fill(0xa5);
      fetch(to!, at + from!, bytes!);
      const wanted = new Uint8Array(there.length).fill(0xa5);
      for (let i = 0; i < bytes!; i++) wanted[to! + i] = (from! + i) * 31 >> 3;
      assert.deepEqual(there, wanted);
      here.fill(0x5a);
      put(at + from!, to!, bytes!);
      for (let i = 0; i < here.length; i++) {
        assert.equal(here[i], i >= from! && i < from! + bytes! ? i * 31 >> 3 & 255 : 0x5a);
      }
    }
    assert.throws(() => fetch(other.buffer.byteLength - 8, at, 16), WebAssembly.RuntimeError);
    assert.throws(() => put(at, other.buffer.byteLength - 8, 16), WebAssembly.RuntimeError);
  } finally {
    freePlace(at);
  }
});
