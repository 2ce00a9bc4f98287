import assert from "node:assert/strict";
import fc from "fast-check";
import { freePlace, memory, takePlace } from "../../data/kernel_memory.ts";
import { decompress } from "fzstd";
import { zstdDecompressSync } from "node:zlib";
import type { TypedArray } from "../../data/schema.ts";
import type { Packed } from "./_frame.ts";
import type { Plane } from "./_join.ts";
import { unpackNumbers, unpackOffsets, unpackTimes } from "./_join_numbers.ts";
import { type Before, packNumbers } from "./_numbers.ts";
import { bytesAt } from "./_unzstd.ts";

/** What two decoders, which share no code, make of a frame. */
function unpacked({ bytes, size }: Packed): Uint8Array {
  if (size === 0) return bytes;
  const out = new Uint8Array(zstdDecompressSync(bytes));
  assert.equal(out.length, size);
  assert.deepEqual(decompress(bytes), out);
  return out;
}

/** Planes that are read from where they lie, or, if they say that they are very large, in pieces. */
function planeOf(values: Uint8Array, bytes = values.length): Plane {
  return {
    bytes,
    frame: undefined,
    values,
    beginAt(at) {
      bytesAt(at, values.length).set(values);
      return () => {};
    },
  };
}

const zigzagged = (x: bigint, bits: number) => BigInt.asUintN(bits, (x << 1n) ^ (x < 0n ? -1n : 0n));

/** The planes in plain TypeScript, of numbers as unsigned words. */
function planesOf(words: readonly bigint[], width: number): Uint8Array {
  const out = new Uint8Array(words.length * width);
  words.forEach((word, i) => {
    for (let k = 0; k < width; k++) out[k * words.length + i] = Number(word >> BigInt(8 * k) & 255n);
  });
  return out;
}

const ARRAYS = [
  [Uint16Array, "none"],
  [Int16Array, "zigzag"],
  [Uint32Array, "none"],
  [Int32Array, "zigzag"],
  [Float32Array, "none"],
  [Float64Array, "none"],
  [BigUint64Array, "none"],
  [BigInt64Array, "zigzag"],
] as const;

/** Numbers of a type with those bits, at an address that is no multiple of 8 where `shift` says so. */
function numbersOf(Type: typeof ARRAYS[number][0], words: readonly bigint[], shift: number): TypedArray {
  const width = Type.BYTES_PER_ELEMENT;
  const out = new Type(new ArrayBuffer(width * (words.length + shift)), width * shift, words.length);
  const view = new DataView(out.buffer);
  words.forEach((word, i) => {
    for (let k = 0; k < width; k++) {
      view.setUint8(out.byteOffset + i * width + k, Number(word >> BigInt(8 * k) & 255n));
    }
  });
  return out;
}

const bytesOf = ({ buffer, byteOffset, byteLength }: TypedArray) =>
  new Uint8Array(buffer, byteOffset, byteLength);

function check(Type: typeof ARRAYS[number][0], before: Before, words: readonly bigint[], shift = 0): void {
  const width = Type.BYTES_PER_ELEMENT, bits = 8 * width;
  const numbers = numbersOf(Type, words, shift), was = bytesOf(numbers).slice();
  const planes = unpacked(packNumbers([{ values: numbers, origin: 0n }], before));
  const cuts = [0, words.length >> 3, words.length >> 1, words.length];
  const parts = cuts.slice(1).map((to, k) => ({
    values: numbersOf(Type, words.slice(cuts[k], to), shift + k),
    origin: 0n,
  }));
  assert.deepEqual(unpacked(packNumbers(parts, before)), planes);
  const wanted = words.map((word) =>
    before === "zigzag" ? zigzagged(BigInt.asIntN(bits, word), bits) : BigInt.asUintN(bits, word)
  );
  assert.deepEqual(planes, planesOf(wanted, width));
  assert.deepEqual(bytesOf(numbers), was);
  for (const from of new Set([0, 1, words.length >> 1, words.length])) {
    if (from > words.length) continue;
    const out = new Type(words.length - from);
    for (const bytes of [planes.length, 2 ** 30]) {
      unpackNumbers(planeOf(planes, bytes), words.length, before, from, out);
      assert.deepEqual(bytesOf(out), bytesOf(numbers.subarray(from) as TypedArray));
      bytesOf(out).fill(0x55);
    }
  }
}

const word = fc.oneof(
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  fc.bigInt({ min: 0n, max: 300n }),
  fc.constantFrom(0n, 1n, 2n ** 15n, 2n ** 16n - 1n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 63n, 2n ** 64n - 1n),
);

Deno.test("numbers of any bits come back, wherever they lie", () => {
  fc.assert(fc.property(
    fc.constantFrom(...ARRAYS),
    fc.array(word, { maxLength: 90 }),
    fc.nat(3),
    ([Type, before], words, shift) => check(Type, before, words, shift),
  ));
});

Deno.test("columns longer than a piece and than a block come back", () => {
  for (const [Type, before] of ARRAYS) {
    for (const length of [8191, 8192, 8193, 65_535, 65_536, 65_537, 140_001]) {
      const words = Array.from({ length }, (_, i) => BigInt(Math.imul(i, 7919) >>> (i % 29)));
      check(Type, before, words, length % 3);
    }
  }
});

Deno.test("a constant column takes next to nothing, shared memory is read as well", () => {
  const same = new Int32Array(new SharedArrayBuffer(400_008), 4, 100_000).fill(-7);
  const frame = packNumbers([{ values: same, origin: 0n }], "zigzag");
  assert.ok(frame.bytes.length < 50);
  const out = new Int32Array(100_000);
  unpackNumbers(planeOf(unpacked(frame)), 100_000, "zigzag", 0, out);
  assert.deepEqual(out, same.slice());
});

Deno.test("numbers and times go straight out of the kernels' memory and into it", () => {
  const at = takePlace(8 * 9000 + 8);
  try {
    const numbers = new Int32Array(memory.buffer, at + 4, 9000).map((_, i) => i * i - 70_000);
    const there = new Int32Array(memory.buffer, at + 4, 9000);
    there.set(numbers);
    const plain = packNumbers([{ values: numbers, origin: 0n }], "zigzag");
    const packed = packNumbers([{ values: there, origin: 0n }], "zigzag");
    assert.deepEqual(packed, plain);
    there.fill(0);
    unpackNumbers(planeOf(unpacked(packed)), 9000, "zigzag", 0, there);
    assert.deepEqual(there.slice(), numbers);

    const times = new Float64Array(memory.buffer, at, 9000).map((_, i) => 10 * i + (i & 7));
    const steps = planeOf(unpacked(packNumbers([{ values: times, origin: 5n }], "steps")));
    const out = new Float64Array(memory.buffer, at, 8990);
    unpackOffsets(steps, 9000, 10, 5n, out);
    assert.deepEqual(out.slice(), times.slice(10));
  } finally {
    freePlace(at);
  }
});

const REACH = 2 ** 53 - 1;

Deno.test("times come back as they were and from any origin that is near", () => {
  const offset = fc.oneof(
    fc.integer({ min: -REACH, max: REACH }),
    fc.integer({ min: -50, max: 2_000_000 }),
    fc.constantFrom(0, REACH, -REACH),
  );
  fc.assert(fc.property(
    fc.array(offset, { maxLength: 60 }),
    fc.bigInt({ min: -(2n ** 63n) + 2n ** 53n, max: 2n ** 63n - 1n - 2n ** 53n }),
    fc.nat(60),
    (list, origin, row) => {
      const offsets = Float64Array.from(list), times = list.map((x) => origin + BigInt(x));
      const planes = unpacked(packNumbers([{ values: offsets, origin }], "steps"));
      const cut = Math.min(row, list.length);
      const parts = [
        { values: offsets.subarray(0, cut), origin },
        { values: Float64Array.from(list.slice(cut), (x) => x / 2), origin: origin + 5n },
      ];
      const later = list.map((x, i) => i < cut ? times[i]! : origin + 5n + BigInt(Math.trunc(x / 2)));
      assert.deepEqual([...unpackTimes(planeOf(unpacked(packNumbers(parts, "steps"))), list.length)], later);
      const steps = times.map((time, i) => zigzagged(BigInt.asIntN(64, time - (times[i - 1] ?? 0n)), 64));
      assert.deepEqual(planes, planesOf(steps, 8));
      assert.deepEqual([...unpackTimes(planeOf(planes), list.length)], times);
      const from = Math.min(row, list.length);
      const out = new Float64Array(list.length - from);
      unpackOffsets(planeOf(planes), list.length, from, origin, out);
      assert.deepEqual([...out].map((x) => x + 0), list.slice(from).map((x) => x + 0));
    },
  ));
});

Deno.test("rows of a long column, and times too far from the origin", () => {
  const rows = 100_000, origin = 10n ** 18n;
  const offsets = Float64Array.from({ length: rows }, (_, i) => 5_000_000 * i + (i * 7919) % 1000);
  const planes = unpacked(packNumbers([{ values: offsets, origin }], "steps"));
  for (const [from, to] of [[0, rows], [9000, 9001], [70_000, rows], [8192, 16_384]] as const) {
    const out = new Float64Array(to - from);
    unpackOffsets(planeOf(planes), rows, from, origin, out);
    assert.deepEqual(out, offsets.slice(from, to));
  }
  // Only rows that are asked for must be near.
  const near = packNumbers([{ values: Float64Array.of(0, REACH, REACH), origin: 0n }], "steps");
  const out = new Float64Array(2);
  unpackOffsets(planeOf(unpacked(near)), 3, 1, 2n ** 53n, out);
  assert.deepEqual([...out], [-1, -1]);
  for (const far of [2n ** 54n, -2n, -(2n ** 63n), 2n ** 63n - 1n, 2n ** 70n]) {
    assert.throws(() => unpackOffsets(planeOf(unpacked(near)), 3, 1, far, out), {
      name: "RangeError",
      message: `A time is more than 2^53 ps (2.5 h) from ${far} ps`,
    });
  }
  unpackOffsets(planeOf(unpacked(near)), 3, 1, 2n ** 53n, out); // what failed before is forgotten
});
