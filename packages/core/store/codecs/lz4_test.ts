import assert from "node:assert/strict";
import fc from "fast-check";
import { lz4Buffers, unlz4 } from "./lz4.ts";
import { xxh32 } from "./_xxh32.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);

Deno.test("xxh32() gives the numbers of its specification's sanity tests", () => {
  const wanted = {
    "": 0x02cc5d05,
    "a": 0x550d7456,
    "abc": 0x32d153ff,
    "Nobody inspects the spammish repetition": 0xe2293b2f,
  };
  for (const [text, hash] of Object.entries(wanted)) assert.equal(xxh32(bytesOf(text)), hash, text);
});

/** What `lz4` makes of bytes, with options. */
async function packed(bytes: Uint8Array, ...options: string[]): Promise<Uint8Array> {
  const child = new Deno.Command("lz4", {
    args: ["-c", ...options],
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const writer = child.stdin.getWriter();
  const [out] = await Promise.all([child.output(), writer.write(bytes).then(() => writer.close())]);
  assert.ok(out.success, `lz4 ended with ${out.code}`);
  return out.stdout;
}

let ignore = false;
try {
  await new Deno.Command("lz4", { args: ["--version"], stdout: "null" }).output();
} catch (error) {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
  console.log("lz4 is not installed: tests that compare with it are skipped");
  ignore = true;
}

/** Bytes with runs, repeats far and near, and chance. */
function mixed(length: number, seed: number): Uint8Array {
  const out = new Uint8Array(length);
  let state = seed;
  const next = () => (state = Math.imul(state, 1664525) + 1013904223 >>> 0) / 2 ** 32;
  for (let at = 0; at < length;) {
    const count = Math.min(length - at, 1 + Math.floor(next() ** 3 * 3000)), how = next();
    if (how < 0.3) out.fill(next() * 256, at, at + count);
    else if (how < 0.7 && at > 0) {
      const back = 1 + Math.floor(next() ** 2 * Math.min(at, 65_535));
      for (let k = 0; k < count; k++) out[at + k] = out[at + k - back]!;
    } else for (let k = 0; k < count; k++) out[at + k] = next() * 256;
    at += count;
  }
  return out;
}

const OPTIONS = [[], ["-9"], ["-BI"], ["-BD", "-B4"], ["-B4", "-BX"], ["-B7", "--no-frame-crc"], [
  "--content-size",
  "-B5",
]];

Deno.test(`what lz4 packs is undone${ignore ? " (skipped: there is no lz4)" : ""}`, { ignore }, async () => {
  for (const length of [0, 1, 11, 12, 13, 64, 1000, 65_000, 65_536, 65_537, 300_000, 5_000_000]) {
    const bytes = mixed(length, length);
    for (const options of OPTIONS) {
      const frame = await packed(bytes, ...options);
      assert.deepEqual(lz4Buffers.decode(frame, length), bytes, `${length} bytes, ${options}`);
      assert.deepEqual(unlz4(frame), bytes, `${length} bytes, ${options}`);
      for (const other of [length - 1, length + 1]) {
        if (other < 0) continue;
        assert.throws(() => lz4Buffers.decode(frame, other), { name: "SyntaxError" });
      }
    }
  }
});

Deno.test(
  `a frame with bytes changed or cut is refused, and none is read behind its end${
    ignore ? " (skipped: there is no lz4)" : ""
  }`,
  {
    ignore,
  },
  async () => {
    const bytes = mixed(3000, 5);
    for (const options of OPTIONS) {
      const frame = await packed(bytes, ...options), isSummed = !options.includes("--no-frame-crc");
      for (let length = 0; length < frame.length; length += 1 + length / 40 | 0) {
        assert.throws(() => lz4Buffers.decode(frame.subarray(0, length), bytes.length), {
          name: "SyntaxError",
        });
      }
      for (let at = 0; at < frame.length; at++) {
        for (const value of [frame[at]! ^ 255, frame[at]! ^ 1, 0, 255]) {
          if (value === frame[at]) continue;
          let out: Uint8Array;
          try {
            out = lz4Buffers.decode(frame.with(at, value), bytes.length);
          } catch (error) {
            assert.equal((error as Error).name, "SyntaxError", (error as Error).stack);
            continue;
          }
          // Another place with the same bytes is no damage.
          if (isSummed) assert.deepEqual(out, bytes, `byte ${at} as ${value}`);
          assert.equal(out.length, bytes.length);
        }
      }
    }
  },
);

/** A frame of one block. */
function frameOf(block: readonly number[], flags = 0x40): Uint8Array {
  const head = [flags, 0x40];
  return new Uint8Array([
    4,
    0x22,
    0x4d,
    0x18,
    ...head,
    xxh32(new Uint8Array(head)) >> 8 & 255,
    block.length,
    0,
    0,
    0,
    ...block,
    0,
    0,
    0,
    0,
  ]);
}

Deno.test("any block ends with its bytes or with an error", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(255), { minLength: 1, maxLength: 60 }), fc.nat(300), (block, size) => {
      const frame = frameOf(block);
      try {
        assert.deepEqual(lz4Buffers.decode(frame, size), unlz4(frame));
      } catch (error) {
        assert.equal((error as Error).name, "SyntaxError");
      }
    }),
    { numRuns: 3000 },
  );
});

const refused: Record<string, [frame: Uint8Array, size: number, message: RegExp]> = {
  "of another kind": [new Uint8Array(20), 4, /they are no LZ4 frame/],
  "with a dictionary": [frameOf([], 0x41), 4, /have a dictionary, which is not supported/],
  "of another version": [frameOf([], 0x80), 4, /their head is none/],
  "that is too small for what it says": [frameOf([]), 2 ** 40, /cannot hold 1099511627776/],
  "that repeats what is not there": [frameOf([0x10, 1, 2, 0, 0]), 9, /repeats what is not there/],
  "that repeats from nowhere": [frameOf([0x10, 1, 0, 0, 0]), 9, /repeats what is not there/],
  "that ends in a length": [frameOf([0xf0, 255, 255]), 900, /a block is cut/],
  "that gives too much": [frameOf([0x1f, 1, 1, 0, 255, 0, 0]), 20, /more comes out/],
  "that gives too little": [frameOf([0x30, 1, 2, 3]), 4, /3 bytes came out, not 4/],
  "with more behind it": [
    new Uint8Array([...frameOf([0x30, 1, 2, 3]), 1]),
    3,
    /1 bytes lie behind their end/,
  ],
};
for (const [name, [frame, size, message]] of Object.entries(refused)) {
  Deno.test(`a frame ${name} is refused`, () => assert.throws(() => lz4Buffers.decode(frame, size), message));
}

Deno.test("what is repeated may overlap itself, and zeros may fill a buffer up", () => {
  assert.deepEqual(
    lz4Buffers.decode(frameOf([0x2f, 5, 6, 2, 0, 10, 0x10, 9]), 32),
    new Uint8Array([...Array(31).keys()].map((k) => 5 + k % 2).concat(9)),
  );
  assert.deepEqual(
    lz4Buffers.decode(new Uint8Array([...frameOf([0x30, 1, 2, 3]), 0, 0]), 3),
    new Uint8Array([1, 2, 3]),
  );
});
