import assert from "node:assert/strict";
import fc from "fast-check";
import zlib from "node:zlib";
import { beginUnzstd, bytesAt, fits, reserve } from "./_unzstd.ts";
import { zstdBuffers } from "./zstd.ts";

/** Numbers from 0 (included) to 1, the same for the same seed. */
function randoms(seed: number): () => number {
  let state = seed >>> 0;
  return () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
}

/** Bytes that need every part of the format. */
const KINDS: Readonly<Record<string, (random: () => number) => (i: number, all: Uint8Array) => number>> = {
  "all bytes": (random) => () => 256 * random(),
  "few values": (random) => () => 12 * random(),
  "noise": (random) => () => 10 * (random() + random() + random()),
  "silence": (random) => () => random() < 0.1 ? 5 * random() : 0,
  "words of a few bytes": (random) => (i) => i % 7 + (random() < 0.02 ? 3 : 0),
  "steps": () => (i) => i >> 3,
  "copies from before": (random) => (i, all) =>
    random() < 0.5 && i > 100 ? all[i - 1 - Math.floor(90 * random())]! : 200 * random(),
  "counts that double": (random) => () => -Math.log2(random() + 1e-9) * 1.1,
};
const LEVELS = [-5, 1, 3, 19];
// In one piece, as the store writes them: else zlib may end with an empty frame.
const params = (level: number, checksum = 0) => ({
  chunkSize: 2 ** 20,
  params: { [zlib.constants.ZSTD_c_compressionLevel]: level, [zlib.constants.ZSTD_c_checksumFlag]: checksum },
});

function made(kind: string, size: number, seed: number): Uint8Array<ArrayBuffer> {
  const next = KINDS[kind]!(randoms(seed)), all = new Uint8Array(size);
  for (let i = 0; i < size; i++) all[i] = next(i, all);
  return all;
}

/** Bytes around what is decoded that must stay as they are: the decoder may write a little behind the end, and nowhere else. */
const GUARD = 4096, MARK = 0xa5, SLACK = 112;

/** What our decoder gives, or undefined where it leaves a frame to zlib; checks that nothing beside it was written. */
function decoded(frame: Uint8Array, size: number, steps = 1): Uint8Array | undefined {
  const [before, at, behind] = reserve(GUARD, size, GUARD) as [number, number, number];
  bytesAt(before, GUARD).fill(MARK);
  bytesAt(at, size).fill(0);
  bytesAt(behind, GUARD).fill(MARK);
  assert.ok(at - before - GUARD >= 0 && behind - at - size >= SLACK);
  try {
    const until = beginUnzstd(frame, size, at);
    if (!until) return undefined;
    for (let k = 1; k <= steps; k++) until(Math.floor(size * k / steps));
    return bytesAt(at, size).slice();
  } finally {
    assert.ok(bytesAt(before, GUARD).every((byte) => byte === MARK), "it wrote in front of its place");
    assert.ok(bytesAt(behind, GUARD).every((byte) => byte === MARK), "it wrote behind its place");
  }
}

for (const kind of Object.keys(KINDS)) {
  Deno.test(`frames of ${kind} come out as zstd made them, at every level, whole and in parts`, () => {
    const random = randoms(kind.length);
    for (let k = 0; k < 40; k++) {
      const bytes = made(kind, Math.floor(2 ** (18.5 * random())), k);
      for (const level of LEVELS) {
        const frame = zlib.zstdCompressSync(bytes, params(level));
        const out = decoded(frame, bytes.length, 1 + k % 3);
        if (out === undefined) assert.ok(frame.length < 9, "it was left to zlib");
        else assert.deepEqual(out, bytes);
      }
    }
  });
}

/** What zlib makes of a frame, or undefined where it refuses it or other than `size` bytes come out. */
function byZlib(frame: Uint8Array, size: number): Uint8Array | undefined {
  try {
    const out = zlib.zstdDecompressSync(frame, { maxOutputLength: size + 1 });
    return out.length === size ? new Uint8Array(out) : undefined;
  } catch {
    return undefined;
  }
}

Deno.test("a damaged or cut-off frame is refused or gives what zstd gives, and nothing else is written", () => {
  let refused = 0, same = 0;
  const kinds = fc.constantFrom(...Object.keys(KINDS)), level = fc.constantFrom(...LEVELS);
  const flip = fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 }));
  const damage = fc.record({
    flips: fc.array(flip, { maxLength: 3 }),
    cut: fc.option(fc.nat(), { freq: 1 }),
  });
  fc.assert(
    fc.property(kinds, level, fc.nat(30_000), fc.nat(), damage, (kind, level, size, seed, { flips, cut }) => {
      const bytes = made(kind, size, seed);
      const whole = new Uint8Array(zlib.zstdCompressSync(bytes, params(level)));
      for (const [place, bits] of flips) whole[place % whole.length]! ^= bits;
      const frame = cut === null ? whole : whole.subarray(0, cut % whole.length);
      let out: Uint8Array | undefined;
      try {
        out = decoded(frame, size);
      } catch (error) {
        assert.match(
          String(error),
          /^SyntaxError: (its compressed bytes are damaged \(|\d+ bytes came out of its compressed ones, not )/,
        );
        refused++;
        if (flips.length === 0 && cut === null) throw error;
        return;
      }
      if (out === undefined) return;
      same++;
      const wanted = byZlib(frame, size);
      if (wanted) assert.deepEqual(out, wanted);
    }),
    { numRuns: 1500, seed: 7 },
  );
  assert.ok(refused > 50 && same > 100, `${refused} refused, ${same} the same`);
});

Deno.test("any bytes as blocks are refused or give bytes, and nothing else is written", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 400 }), fc.nat(5000), (body, size) => {
      // A frame of one block that has a size and says that it is compressed.
      const frame = new Uint8Array(12 + body.length), view = new DataView(frame.buffer);
      view.setUint32(0, 0xfd2fb528, true);
      frame[4] = 0xa0;
      view.setUint32(5, size, true);
      view.setUint32(9, 1 | 2 << 1 | body.length << 3, true);
      frame.set(body, 12);
      try {
        decoded(frame, size);
      } catch (error) {
        if (!(error instanceof SyntaxError)) throw error;
      }
    }),
    { numRuns: 5000 },
  );
});

Deno.test("frames that are not ours are left to zlib by what they say", () => {
  const bytes = made("noise", 5000, 1);
  const frame = new Uint8Array(zlib.zstdCompressSync(bytes, params(1)));
  const checked = new Uint8Array(zlib.zstdCompressSync(bytes, params(1, 1)));
  const two = new Uint8Array(2 * frame.length);
  two.set(frame);
  two.set(frame, frame.length);
  assert.deepEqual(decoded(frame, 5000), bytes);
  assert.equal(decoded(checked, 5000), undefined);
  assert.equal(decoded(two, 10_000), undefined);
  assert.equal(decoded(frame.subarray(1), 5000), undefined);
  assert.ok(fits(2 ** 25) && !fits(2 ** 25 + 1));
  // All the same they come out.
  assert.deepEqual(new Uint8Array(zstdBuffers.decode(checked, 5000)), bytes);
  const [at] = reserve(5000) as [number];
  zstdBuffers.beginAt(checked, 5000, at)(5000);
  assert.deepEqual(bytesAt(at, 5000).slice(), bytes);
  assert.throws(() => zstdBuffers.beginAt(checked.subarray(0, 100), 5000, at), /damaged|not 5000/);
  assert.throws(() => zstdBuffers.decode(frame, 5001), /not 5001|damaged/);
  assert.throws(() => zstdBuffers.decode(frame, 4999), /more comes out than it says/);
});
