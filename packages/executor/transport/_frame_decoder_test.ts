import fc from "fast-check";
import assert from "node:assert/strict";
import { Encoder } from "./_encode.ts";
import { defaultLimits, FrameError, headerBytes } from "./_frame.ts";
import { FrameDecoder } from "./_frame_decoder.ts";

/** Header and meta of a frame with a buffer of 4096 bytes. */
function head(): Uint8Array<ArrayBuffer> {
  return new Encoder().encode(1, 0, new Uint8Array(4096)).head.slice();
}

function changed(change: (view: DataView) => void): Uint8Array {
  const bytes = head();
  change(new DataView(bytes.buffer));
  return bytes;
}

const reject: [string, Uint8Array, RegExp][] = [
  [
    "text",
    new TextEncoder().encode("Hello, world, this is on stdout.."),
    /expected it to begin with 0x0146524d .* found "Hello/,
  ],
  ["another version", changed((v) => v.setUint8(3, 9)), /its version is 9, expected 1/],
  ["reserved bytes", changed((v) => v.setUint32(20, 1, true)), /expected zero at byte 20/],
  [
    "too much meta",
    changed((v) => v.setUint32(12, 2 ** 31, true)),
    /bytes of meta exceed the limit of 268435456/,
  ],
  ["too many buffers", changed((v) => v.setUint32(16, 2 ** 20, true)), /1048576 buffers exceed the limit/],
  ["too large", changed((v) => v.setUint32(28, 9, true)), /its \d+ bytes exceed the limit of 4294967296/],
  ["more buffers than bytes", changed((v) => v.setUint32(24, 0, true)), /1 buffers can't have 0 bytes/],
  ["sizes that don't add up", changed((v) => v.setUint32(24, 4000, true)), /have 4096 bytes, expected 4000/],
  ["an empty buffer", changed((v) => v.setUint32(v.byteLength - 8, 0, true)), /buffer 0 has no bytes/],
];

for (const [name, bytes, message] of reject) {
  Deno.test(`FrameDecoder refuses ${name}`, () => {
    const decoder = new FrameDecoder(() => assert.fail("a frame"));
    assert.throws(() => decoder.push(bytes), { name: "FrameError", message });
  });
}

Deno.test("FrameDecoder says where the stream ended", () => {
  const whole = head();
  const cases: [number, RegExp | undefined][] = [
    [0, undefined],
    [5, /after 5 of 32 bytes of the header/],
    [headerBytes + 2, /after 2 of \d+ bytes of meta/],
    [whole.length - 3, /after 5 of 8 bytes of the sizes/],
    [whole.length, /after 0 of 4096 bytes of buffer 0/],
  ];
  for (const [length, message] of cases) {
    const decoder = new FrameDecoder(() => assert.fail("a frame"));
    decoder.push(whole.subarray(0, length));
    if (message) assert.throws(() => decoder.end(), { name: "FrameError", message });
    else decoder.end();
  }
});

Deno.test("FrameDecoder ends with frames or a FrameError whatever the bytes are, and allocates within limits", () => {
  const limits = { ...defaultLimits, maxFrame: 100_000, maxMeta: 10_000 };
  const damaged = fc.tuple(fc.nat(), fc.nat(255), fc.nat(5000)).map(([at, byte, extra]) => {
    const bytes = new Uint8Array(head().length + extra);
    bytes.set(head());
    bytes[at % head().length] = byte;
    return bytes;
  });
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), damaged), (bytes) => {
      let allocated = 0;
      const decoder = new FrameDecoder(() => {}, {
        limits,
        allocate: (size) => {
          allocated += size;
          return new ArrayBuffer(size);
        },
      });
      try {
        decoder.push(bytes);
        decoder.end();
      } catch (error) {
        assert.ok(error instanceof FrameError, String(error));
      }
      assert.ok(allocated <= limits.maxFrame);
    }),
    { numRuns: 500 },
  );
});

Deno.test("FrameDecoder lets its user read to where the bytes belong", () => {
  const bytes = new Uint8Array(4096).map((_, i) => i);
  let result: Uint8Array | undefined;
  const decoder = new FrameDecoder((frame) => result = frame.buffers[0]);
  decoder.push(new Encoder().encode(1, 0, bytes).head);
  assert.ok(decoder.inBuffer);
  const target = decoder.target();
  assert.equal(target.length, 4096);
  target.set(bytes);
  decoder.advance(4096);
  assert.equal(result!.buffer, target.buffer);
  assert.deepEqual(result, bytes);
});

Deno.test("FrameDecoder refuses memory that is too small", () => {
  const decoder = new FrameDecoder(() => {}, { allocate: () => new ArrayBuffer(8) });
  assert.throws(() => decoder.push(head()), {
    name: "RangeError",
    message: "Cannot put 4096 bytes into the 8 that were allocated",
  });
});
