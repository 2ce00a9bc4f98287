import assert from "node:assert/strict";
import fc from "fast-check";
import { freePlace, memory, takePlace } from "../../data/kernel_memory.ts";
import { decompress } from "fzstd";
import { zstdCompressSync, zstdDecompressSync } from "node:zlib";
import type { Packed } from "./_frame.ts";
import { joinSamples, type Plane } from "./_join.ts";
import { packSamples, type Rows, type Samples, type Words } from "./_planes.ts";
import { bytesAt } from "./_unzstd.ts";
import { zstdBuffers } from "./zstd.ts";

/** The same in plain TypeScript. */
function reference(
  values: Words,
  rows: number,
  where: Rows,
): { bases: number[]; low: number[]; high: number[] } {
  const bases: number[] = [], low: number[] = [], high: number[] = [];
  for (let row = 0; row < rows; row++) {
    const [from, to] = "offsets" in where
      ? [where.offsets[row]! - where.offsets[0]!, where.offsets[row + 1]! - where.offsets[0]!]
      : [row * where.width, (row + 1) * where.width];
    const samples = [...values.subarray(from, to)];
    const head = samples.slice(0, 16);
    const base = head.length === 0 ? 0 : Math.floor(head.reduce((sum, x) => sum + x, 0) / head.length + 0.5);
    bases.push(base);
    for (const x of samples) {
      const d = (x - base) << 16 >> 16;
      const z = ((d << 1) ^ (d >> 15)) & 0xffff;
      low.push(z & 255);
      high.push(z >> 8);
    }
  }
  return { bases, low, high };
}

/** What two decoders, which share no code, make of a frame. */
function unpacked({ bytes, size }: Packed): Uint8Array {
  if (size === 0) return bytes;
  const out = new Uint8Array(zstdDecompressSync(bytes));
  assert.equal(out.length, size);
  assert.deepEqual(decompress(bytes), out);
  return out;
}

/** A plane as its frame, or, where there are no bytes, none; decompressed as a whole where it does not tell that it is one. */
function planeOf({ bytes, size }: Packed, told = true): Plane {
  return {
    bytes: size,
    frame: told && size > 0 ? bytes : undefined,
    beginAt: (at) => zstdBuffers.beginAt(bytes, size, at),
    values: new Uint8Array(0),
  };
}

/** A plane as it is; a large one says that it has no room in the reader's memory. */
function plainPlane(values: Uint8Array, large: boolean): Plane {
  const beginAt = (at: number) => {
    bytesAt(at, values.length).set(values);
    return () => {};
  };
  return { bytes: large ? 2 ** 40 : values.length, frame: undefined, beginAt, values };
}

/** A plane as a frame of zstd itself, whose blocks may need what was before. */
function zstdPlane(values: Uint8Array): Plane {
  if (values.length === 0) return plainPlane(values, false);
  return planeOf({ bytes: new Uint8Array(zstdCompressSync(values)), size: values.length });
}

/** Samples in the kernels' memory, not at a multiple of 8 bytes. */
function inKernels(values: Words): { readonly there: Words; readonly at: number } {
  const at = takePlace(values.byteLength + 8);
  const there = new (values.constructor as typeof Int16Array)(memory.buffer, at + 6, values.length);
  there.set(values);
  return { there, at };
}

/** The same rows in several arrays, in shared memory, which lie differently to 8 bytes. */
function inParts(values: Words, rows: number, where: Rows): Samples[] {
  const Type = values.constructor as typeof Int16Array;
  const cuts = [0, rows >> 3, rows >> 1, rows >> 1, rows - (rows >> 2), rows];
  return cuts.slice(1).map((to, k): Samples => {
    const from = cuts[k]!;
    const at = (row: number) =>
      "offsets" in where ? where.offsets[row]! - where.offsets[0]! : row * where.width;
    const own = values.subarray(at(from), at(to));
    const there = new Type(new SharedArrayBuffer(2 * (own.length + k)), 2 * k);
    there.set(own);
    const lie = "offsets" in where ? { offsets: where.offsets.subarray(from, to + 1) } : where;
    return { values: there, count: to - from, where: lie };
  });
}

function check(values: Words, rows: number, where: Rows): void {
  const wanted = reference(values, rows, where);
  const { bases, hasHigh, ...packed } = packSamples([{ values, count: rows, where }]);
  assert.deepEqual(packSamples(inParts(values, rows, where)), { bases, hasHigh, ...packed });
  const { there, at } = inKernels(values);
  assert.deepEqual(packSamples([{ values: there, count: rows, where }]), { bases, hasHigh, ...packed });
  const low = unpacked(packed.low), high = unpacked(packed.high);
  assert.deepEqual([...bases], wanted.bases);
  assert.deepEqual(low, Uint8Array.from(wanted.low));
  assert.deepEqual(high, Uint8Array.from(wanted.high));
  assert.equal(hasHigh, wanted.high.some((byte) => byte !== 0));
  const ways: [Plane, Plane][] = [
    [planeOf(packed.low), planeOf(packed.high)],
    [planeOf(packed.low, false), planeOf(packed.high, false)],
    [planeOf(packed.low), zstdPlane(high)],
    [zstdPlane(low), zstdPlane(high)],
    [plainPlane(low, false), plainPlane(high, false)],
    [plainPlane(low, true), plainPlane(high, true)],
  ];
  const Type = values instanceof Int16Array ? Int16Array : Uint16Array;
  for (const [lower, higher] of ways) {
    const out = new Type(values.length);
    joinSamples(bases, lower, hasHigh ? higher : undefined, 0, rows, where, out);
    assert.deepEqual(out, values.slice());
    there.fill(0);
    joinSamples(bases, lower, hasHigh ? higher : undefined, 0, rows, where, there);
    assert.deepEqual(there.slice(), values.slice());
  }
  freePlace(at);
}

const values = (signed: boolean, max: number) =>
  fc.array(fc.oneof(fc.integer({ min: 100, max: 130 }), fc.integer({ min: 0, max: 65535 })), {
    maxLength: max,
  })
    .map((list) => signed ? Int16Array.from(list) : Uint16Array.from(list));

Deno.test("packSamples() and joinSamples() agree with plain code, and with each other", () => {
  fc.assert(fc.property(
    fc.boolean().chain((signed) => values(signed, 120)),
    fc.array(fc.nat(120), { maxLength: 8 }),
    fc.nat(9),
    (list, cuts, shift) => {
      const ends = cuts.map((cut) => Math.min(cut, list.length)).sort((a, b) => a - b);
      const offsets = Uint32Array.from([0, ...ends, list.length], (at) => at + shift);
      check(list, offsets.length - 1, { offsets });
    },
  ));
});

Deno.test("rows longer than a block, and many rows without samples, keep every sample", () => {
  const long = Uint16Array.from({ length: 100_003 }, (_, i) => 5000 + (i * 7919) % 13);
  check(long, 1, { width: long.length });
  check(long.subarray(3), 10, { width: 10_000 });
  const offsets = new Uint32Array(70_001);
  offsets.fill(5, 33_000);
  offsets.fill(9, 66_000);
  check(long.subarray(0, 9), 70_000, { offsets });
  check(new Uint16Array(0), 0, { width: 800 });
  check(new Int16Array(0), 3, { offsets: Uint32Array.of(4, 4, 4, 4) });
});

/** Numbers from 0 (included) to 1, the same for the same seed. */
function randoms(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 8) / 2 ** 24;
  };
}

/** Distributions of samples that need every part of the format. */
const kinds: Readonly<Record<string, (random: () => number) => (i: number) => number>> = {
  "two values": (random) => () => random() < 0.3 ? 1 : 0,
  "a rare second value": (random) => () => random() < 0.0005 ? 1 : 0,
  "few values": (random) => () => Math.floor(12 * random()),
  "noise": (random) => () => Math.round(3 * (random() + random() + random() + random() - 2)),
  "wide noise": (random) => () => Math.round(60 * (random() + random() + random() - 1.5)),
  "all words": (random) => () => Math.floor(65536 * random()) - 32768,
  "counts that double, for long codes": (random) => () => Math.floor(-Math.log2(random() + 2 ** -24) * 1.02),
  "values far apart": (random) => () => Math.floor(3 * random()) * 77,
  "runs of all lengths": (random) => {
    let left = 0, value = 0;
    return () => {
      if (left-- > 0) return value;
      left = Math.floor(2 ** (10 * random())) - 1;
      return value = Math.floor(40 * random());
    };
  },
  "pulses over silence": (random) => (i) => i % 110 < 9 ? Math.round(2000 * random()) : 0,
  "pulses over noise": (random) => (i) =>
    Math.round(4 * random() + (i % 977 < 40 ? 900 * Math.exp(-(i % 977) / 8) : 0)),
};

for (const [name, make] of Object.entries(kinds)) {
  Deno.test(`planes of ${name} come back, of every length`, () => {
    const next = make(randoms(name.length));
    const all = Int16Array.from({ length: 200_000 }, (_, i) => next(i));
    for (const length of [1, 2, 3, 15, 16, 17, 40, 63, 64, 65, 66, 67, 130, 1000, 16_384, 70_001, 200_000]) {
      check(all.subarray(all.length - length), 1, { width: length });
    }
    check(all.subarray(0, 110 * 1800), 1800, { width: 110 });
  });
}

Deno.test("blocks in the code of those before come back where others come, and values that were not there", () => {
  const random = randoms(11), block = 2 ** 16;
  const noise = (sigma: number) => Math.round(sigma * (random() + random() + random() + random() - 2));
  const sigmas = [3, 3, 3.1, 30, 3, 3, 90, 90, 90, 3, 3, 3];
  const all = Int16Array.from(
    { length: sigmas.length * block },
    (_, i) => noise(sigmas[Math.floor(i / block)]!),
  );
  for (const value of [0, -64, 127, 40]) {
    // A value alone in its block, at places that are counted and at others.
    for (let k = 1; k < sigmas.length; k++) all[k * block + Math.floor(block * random())] = value;
    check(all, sigmas.length * 64, { width: block / 64 });
  }
  const calm = Int16Array.from({ length: 12 * block }, () => noise(3));
  const whole = packSamples([{ values: calm, count: 12, where: { width: block } }]).low.bytes.length;
  let alone = 0;
  for (let k = 0; k < 12; k++) {
    const values = calm.subarray(k * block, (k + 1) * block);
    alone += packSamples([{ values, count: 1, where: { width: block } }]).low.bytes.length;
  }
  assert.ok(whole < alone, `${whole} bytes, ${alone} with a code of its own for each block`);
});

Deno.test("a frame of noise is close to the noise's entropy, one of silence takes next to nothing", () => {
  const random = randoms(5);
  const noise = Int16Array.from({ length: 500_000 }, () => {
    const [u, v] = [random() + 2 ** -25, random()];
    return Math.round(3 * Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * v));
  });
  const { low, high } = packSamples([{ values: noise, count: 500, where: { width: 1000 } }]);
  // log2(3 sqrt(2 pi e)) bits a sample
  const entropy = 500_000 * Math.log2(3 * Math.sqrt(2 * Math.PI * Math.E)) / 8;
  assert.ok(low.bytes.length < 1.03 * entropy, `${low.bytes.length} bytes, the entropy is ${entropy}`);
  assert.ok(high.bytes.length < 100);
});

Deno.test("rows from any place on come out of frames of many blocks", () => {
  const next = kinds["pulses over noise"]!(randoms(3)), width = 1000, rows = 700;
  const all = Int16Array.from({ length: rows * width }, (_, i) => next(i));
  const { bases, low, high } = packSamples([{ values: all, count: rows, where: { width } }]);
  for (const [from, count] of [[0, 1], [1, 30], [64, 500], [350, 350], [699, 1]] as const) {
    const part = bases.subarray(from, from + count), out = new Int16Array(count * width);
    joinSamples(part, planeOf(low), planeOf(high), from * width, count, { width }, out);
    assert.deepEqual(out, all.subarray(from * width, (from + count) * width));
    const offsets = Int32Array.from({ length: count + 1 }, (_, i) => (from + i) * width);
    out.fill(0);
    joinSamples(part, planeOf(low), zstdPlane(unpacked(high)), from * width, count, { offsets }, out);
    assert.deepEqual(out, all.subarray(from * width, (from + count) * width));
  }
});

Deno.test("a damaged block of either plane is told, or changes the samples that it holds", () => {
  const next = kinds["pulses over noise"]!(randoms(4)), width = 500, rows = 600;
  const all = Int16Array.from({ length: rows * width }, (_, i) => next(i));
  const { bases, low, high } = packSamples([{ values: all, count: rows, where: { width } }]);
  const random = randoms(6), out = new Int16Array(all.length);
  const join = (lower: Plane, higher: Plane) => {
    out.fill(0);
    joinSamples(bases, lower, higher, 0, rows, { width }, out);
  };
  let refused = 0;
  for (let k = 0; k < 120; k++) {
    const packed = k % 2 === 0 ? low : high, bytes = packed.bytes.slice();
    const at = Math.floor(random() * bytes.length);
    bytes[at]! ^= 1 << Math.floor(8 * random());
    const bad = { bytes, size: packed.size };
    const planes = (told: boolean): [Plane, Plane] =>
      k % 2 === 0 ? [planeOf(bad, told), planeOf(high, told)] : [planeOf(low, told), planeOf(bad, told)];
    let whole: Int16Array | undefined;
    try {
      join(...planes(false));
      whole = out.slice();
    } catch (error) {
      assert.ok(error instanceof SyntaxError);
      refused++;
    }
    if (whole) {
      join(...planes(true));
      assert.deepEqual(out, whole);
    } else assert.throws(() => join(...planes(true)), SyntaxError);
  }
  assert.ok(refused > 10, `${refused} were refused`);
  // What failed before is forgotten.
  join(planeOf(low), planeOf(high));
  assert.deepEqual(out, all);
});
