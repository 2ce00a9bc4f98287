import fc from "fast-check";
import assert from "node:assert/strict";
import { viewClasses } from "./_codec_tags.ts";
import { decode } from "./_decode.ts";
import { Encoder } from "./_encode.ts";
import { type Frame, FrameError, headerBytes } from "./_frame.ts";
import { FrameDecoder } from "./_frame_decoder.ts";

/** The bytes of a frame with a value. */
function bytesOf(value: unknown, encoder = new Encoder()): Uint8Array<ArrayBuffer> {
  const { head, buffers } = encoder.encode(1, 7, value);
  const parts = [head, ...buffers.map((buffer) => new Uint8Array(buffer))];
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function roundTrip<T>(value: T): T {
  let result: unknown;
  const decoder = new FrameDecoder((frame) => result = decode(frame));
  decoder.push(bytesOf(value));
  decoder.end();
  return result as T;
}

const buffer = fc.oneof(
  { weight: 4, arbitrary: fc.uint8Array({ maxLength: 40 }) },
  fc.integer({ min: 2000, max: 5000 }).map((length) => new Uint8Array(length).fill(length)),
).map((bytes) => bytes.slice().buffer);
const view = fc.tuple(
  buffer,
  fc.constantFrom(...viewClasses),
  fc.nat(3),
).map(([memory, type, skip]) => {
  const width = type.BYTES_PER_ELEMENT ?? 1;
  const offset = Math.min(skip * width, Math.floor(memory.byteLength / width) * width);
  return new type(memory, offset, Math.floor((memory.byteLength - offset) / width));
});
const value = fc.letrec((tie) => ({
  leaf: fc.oneof(
    fc.constantFrom(undefined, null, true, false, NaN, -0, Infinity, 2 ** 31, -(2 ** 31), ""),
    fc.integer(),
    fc.double(),
    fc.bigInt(),
    fc.string({ unit: "binary" }),
    fc.constantFrom("\ud800", "a\udc00".repeat(20), "ü".repeat(30), "\ufeffx", "x".repeat(5000)),
    fc.date(),
    fc.constantFrom(/a.b/giu, Object(1), Object("s"), Object(2n), Object(false)),
    view,
    buffer,
  ),
  value: fc.oneof(
    { depthSize: "small" },
    tie("leaf"),
    fc.array(tie("value"), { maxLength: 5 }),
    fc.array(fc.double(), { maxLength: 9 }),
    fc.dictionary(fc.string(), tie("value"), { maxKeys: 4, noNullPrototype: true }),
    fc.array(fc.tuple(tie("value"), tie("value")), { maxLength: 3 }).map((entries) => new Map(entries)),
    fc.array(tie("value"), { maxLength: 3 }).map((items) => new Set(items)),
    fc.tuple(fc.string(), tie("value")).map(([message, cause]) => new RangeError(message, { cause })),
  ),
})).value;

Deno.test("codec gives back what structuredClone gives", () => {
  fc.assert(fc.property(value, (original) => {
    assert.deepEqual(roundTrip(original), structuredClone(original));
  }));
});

Deno.test("codec carries arrays with holes, sparse ones too", () => {
  const sparse = new Array(3_000_000_000);
  sparse[5] = "a";
  sparse[2_999_999_999] = "b";
  const thin = new Array(3000);
  for (let i = 0; i < 3000; i += 3) thin[i] = i;
  for (const array of [[, 1, , undefined], new Array(3), new Array(5000), thin, sparse]) {
    const result = roundTrip(array);
    assert.equal(result.length, array.length);
    assert.deepEqual(Object.entries(result), Object.entries(array));
  }
});

Deno.test("codec keeps cycles and identity, of buffers too", () => {
  const shared = new Float64Array(500);
  const original: Record<string, unknown> = { a: shared.subarray(1, 3), b: shared, c: shared.buffer };
  original.self = original;
  original.list = [original, new Map([[original, original]])];
  const result = roundTrip(original) as typeof original;
  assert.equal(result.self, result);
  assert.equal((result.list as unknown[])[0], result);
  const { a, b, c } = result as { a: Float64Array; b: Float64Array; c: ArrayBuffer };
  assert.equal(a.buffer, c);
  assert.equal(b.buffer, c);
  assert.equal(a.byteOffset, 8);
});

Deno.test("codec carries errors with class, stack, cause, errors and properties", () => {
  class OwnError extends TypeError {
    override name = "OwnError";
    code = 5;
  }
  const original = new AggregateError(
    [new OwnError("one"), new DOMException("gone", "AbortError")],
    "all",
    { cause: { why: "so" } },
  );
  const result = roundTrip(original);
  assert.ok(result instanceof AggregateError);
  assert.equal(result.stack, original.stack);
  assert.deepEqual(result.cause, { why: "so" });
  const [own, dom] = result.errors;
  assert.ok(own instanceof TypeError);
  assert.equal(own.name, "OwnError");
  assert.equal(own.message, "one");
  assert.equal((own as unknown as OwnError).code, 5);
  assert.ok(dom instanceof DOMException);
  assert.equal(dom.name, "AbortError");
});

Deno.test("codec does not let __proto__ through as a prototype", () => {
  const result = roundTrip(JSON.parse('{"__proto__": {"polluted": 1}, "x": 1}'));
  assert.equal(Object.getPrototypeOf(result), Object.prototype);
  assert.deepEqual(Object.keys(result), ["__proto__", "x"]);
  assert.equal(result.polluted, undefined);
});

Deno.test("codec gives shared memory back as plain memory", () => {
  const shared = new SharedArrayBuffer(4096);
  const array = new Uint16Array(shared, 8, 4).fill(3);
  const result = roundTrip([array, shared] as const);
  assert.ok((result[0].buffer as unknown) instanceof ArrayBuffer);
  assert.deepEqual(result[0], Uint16Array.of(3, 3, 3, 3));
  assert.equal(result[0].byteOffset, 8);
  assert.equal(result[1].byteLength, 4096);
});

Deno.test("codec puts large buffers into allocated memory, shared too, wherever it may be larger", () => {
  const original = { column: Float32Array.from({ length: 1000 }, (_, i) => i) };
  for (const allocate of [(n: number) => new SharedArrayBuffer(n), (n: number) => new ArrayBuffer(n + 64)]) {
    const asked: number[] = [];
    const got: ArrayBufferLike[] = [];
    let result: unknown;
    const decoder = new FrameDecoder((frame) => result = decode(frame), {
      allocate: (bytes) => {
        asked.push(bytes);
        got.push(allocate(bytes));
        return got.at(-1)!;
      },
    });
    decoder.push(bytesOf(original));
    assert.deepEqual(asked, [4000]);
    assert.equal((result as typeof original).column.buffer, got[0]);
    assert.deepEqual([...(result as typeof original).column], [...original.column]);
  }
  const exact = new FrameDecoder((frame) => {
    assert.equal((decode(frame) as ArrayBuffer).byteLength, 4000);
  }, { allocate: (bytes) => new SharedArrayBuffer(bytes + 8) });
  exact.push(bytesOf(original.column.buffer));
});

Deno.test("codec refuses what can't be sent and says what it is", () => {
  const detached = new ArrayBuffer(8);
  detached.transfer();
  let deep: unknown = 0;
  for (let i = 0; i < 2000; i++) deep = [deep];
  const cases: [unknown, RegExp][] = [
    [() => 1, /Cannot send function \(anonymous\) to another process/],
    [{ f: Math.max }, /function max/],
    [Symbol("s"), /Symbol\(s\)/],
    [Promise.resolve(), /a Promise/],
    [new WeakMap(), /a WeakMap/],
    [new Blob([]), /a Blob/],
    [detached, /detached/],
    [deep, /more than 1000 levels/],
  ];
  const encoder = new Encoder();
  for (const [unsendable, message] of cases) {
    assert.throws(() => encoder.encode(1, 0, unsendable), { name: "DataCloneError", message });
  }
  assert.deepEqual(decodeAll(bytesOf("next", encoder)), ["next"]);
});

function decodeAll(bytes: Uint8Array): unknown[] {
  const values: unknown[] = [];
  new FrameDecoder((frame) => values.push(decode(frame))).push(bytes);
  return values;
}

Deno.test("frames come out alike for every cut of the stream", () => {
  fc.assert(
    fc.property(fc.array(value, { maxLength: 5 }), fc.infiniteStream(fc.integer({ min: 1, max: 3000 })), (
      values,
      cuts,
    ) => {
      const frames = values.map((item) => bytesOf(item));
      const result: unknown[] = [];
      const decoder = new FrameDecoder((frame) => {
        assert.deepEqual([frame.type, frame.id], [1, 7]);
        result.push(decode(frame));
      });
      const stream = new Uint8Array(frames.flatMap((frame) => [...frame]));
      for (let at = 0, to = 0; at < stream.length; at = to) {
        to = at + cuts.next().value;
        decoder.push(stream.slice(at, to));
      }
      decoder.end();
      assert.deepEqual(result, values.map((item) => structuredClone(item)));
    }),
    { numRuns: 60 },
  );
});

Deno.test("decoder ends with a value or a FrameError whatever the meta is", () => {
  const buffers = [new Uint8Array(3000)];
  const anyMeta = fc.oneof(
    fc.uint8Array({ maxLength: 60 }),
    fc.array(fc.integer({ min: 0, max: 25 }), { maxLength: 60 }).map((tags) => Uint8Array.from(tags)),
    fc.tuple(value, fc.nat(), fc.nat(255)).map(([item, at, byte]) => {
      const { head } = new Encoder().encode(1, 0, item);
      const meta = head.slice(headerBytes);
      meta[at % meta.length] = byte;
      return meta;
    }),
  );
  fc.assert(
    fc.property(anyMeta, (meta) => {
      const frame: Frame = { type: 1, id: 0, meta: meta.slice(), buffers };
      try {
        decode(frame);
      } catch (error) {
        assert.ok(error instanceof FrameError, String(error));
      }
    }),
    { numRuns: 1000 },
  );
});

Deno.test("a lie about sizes in the meta costs no memory", () => {
  const sparse = Uint8Array.of(23, 0, 0, 0, 2, 0, 0, 0, 0);
  const arrays = (decode({ type: 1, id: 0, meta: sparse, buffers: [] }) as unknown[]).length;
  assert.equal(arrays, 2 ** 25);
  for (const tag of [6, 9, 10, 11, 12, 20, 24]) {
    const meta = Uint8Array.of(tag, 255, 255, 255, 255);
    assert.throws(() => decode({ type: 1, id: 0, meta, buffers: [] }), {
      name: "FrameError",
      message: /has 4294967295 items in 0 bytes|needs 4294967295 bytes at byte 5 of 5/,
    });
  }
});

Deno.test("decoder refuses nesting without end and views beyond their buffer", () => {
  const deep = new Uint8Array(5 * 2000 + 1);
  for (let at = 0; at < deep.length - 1; at += 5) deep.set([9, 1, 0, 0, 0], at);
  assert.throws(() => decode({ type: 1, id: 0, meta: deep, buffers: [] }), /nested more than 1000 levels/);
  // The frame's buffer lies in memory that is larger, with the data of somebody else behind it.
  const { head } = new Encoder().encode(1, 0, new Uint8Array(3000));
  const meta = head.slice(headerBytes, -8);
  const buffers = [new Uint8Array(new ArrayBuffer(4000), 0, 2999)];
  assert.throws(
    () => decode({ type: 1, id: 0, meta, buffers }),
    /has a Uint8Array of 3000 elements at byte 0 of a buffer of 2999 bytes/,
  );
});
