import assert from "node:assert/strict";
import fc from "fast-check";
import { int64ToOffsets, lowerBoundInt64, maxInt64, offsetsToInt64 } from "./_int64.ts";

const MAX = Number.MAX_SAFE_INTEGER;
const t0s = fc.oneof(
  fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n }),
  fc.constantFrom(0n, -1n, 2n ** 32n, 2n ** 32n - 1n, -(2n ** 32n), 2n ** 62n, -(2n ** 62n)),
);
const offsets = fc.array(
  fc.oneof(
    fc.integer({ min: -MAX, max: MAX }),
    fc.constantFrom(0, -1, 2 ** 32, 2 ** 32 - 1, -(2 ** 32), MAX, -MAX),
  ),
  { minLength: 1, maxLength: 20 },
);
const times = fc.array(
  fc.oneof(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), fc.bigInt({ min: -3n, max: 3n })),
  { maxLength: 20 },
);

Deno.test("offsetsToInt64() is exact for every t0 up to 2^62 and every offset, and int64ToOffsets() its inverse", () => {
  fc.assert(
    fc.property(t0s, offsets, (t0, values) => {
      const out = new BigInt64Array(values.length);
      offsetsToInt64(Float64Array.from(values), t0, out);
      assert.deepEqual([...out], values.map((value) => t0 + BigInt(value)));
      const back = new Float64Array(values.length);
      int64ToOffsets(out, 0, values.length, t0, back);
      assert.deepEqual([...back].map((x) => x + 0), values.map((x) => x + 0));
    }),
    { numRuns: 500 },
  );
});

Deno.test("int64ToOffsets() takes a part of the rows and views that start inside a buffer", () => {
  const source = BigInt64Array.of(99n, 10n, 20n, 30n).subarray(1);
  const out = new Float64Array(2);
  int64ToOffsets(source, 1, 3, 15n, out);
  assert.deepEqual([...out], [5, 15]);
  const target = new BigInt64Array(3);
  offsetsToInt64(Float64Array.of(-1, 1), -(2n ** 40n), target.subarray(1));
  assert.deepEqual([...target], [0n, -(2n ** 40n) - 1n, -(2n ** 40n) + 1n]);
});

Deno.test("int64ToOffsets() refuses exactly the times that are 2^53 ps or more from t0", () => {
  const far = (time: bigint, t0: bigint) => () =>
    int64ToOffsets(BigInt64Array.of(time), 0, 1, t0, new Float64Array(1));
  for (const t0 of [0n, 2n ** 62n - 5n, -(2n ** 62n)]) {
    for (const sign of [1n, -1n]) {
      far(t0 + sign * (2n ** 53n - 1n), t0)();
      assert.throws(far(t0 + sign * 2n ** 53n, t0), RangeError);
      assert.throws(far(t0 + sign * (2n ** 53n + 1n), t0), RangeError);
    }
  }
  assert.throws(far(2n ** 63n - 1n, -(2n ** 63n)), /more than 2\^53 ps/);
});

Deno.test("offsetsToInt64() refuses a t0 from which a time could pass 64 bits", () => {
  const one = Float64Array.of(0);
  for (const t0 of [2n ** 63n - 2n ** 53n, -(2n ** 63n)]) {
    assert.throws(() => offsetsToInt64(one, t0, new BigInt64Array(1)), RangeError);
  }
  offsetsToInt64(one, 2n ** 63n - 2n ** 53n - 1n, new BigInt64Array(1));
});

Deno.test("maxInt64() is the highest of the part and what was before", () => {
  const max = (...values: bigint[]) => maxInt64(BigInt64Array.from(values), 0, values.length, -(2n ** 63n));
  assert.equal(max(5n, 9n, 7n), 9n);
  assert.equal(max(-1n, 2n ** 31n, 3n), 2n ** 31n);
  assert.equal(max(-(2n ** 40n), -(2n ** 40n) - 1n), -(2n ** 40n));
  fc.assert(fc.property(times, fc.bigInt({ min: -5n, max: 5n }), fc.nat(20), (values, before, skip) => {
    const from = Math.min(skip, values.length);
    const wanted = values.slice(from).reduce((a, b) => a > b ? a : b, before);
    assert.equal(maxInt64(BigInt64Array.from(values), from, values.length, before), wanted);
  }));
});

Deno.test("lowerBoundInt64() finds the first value that is not below", () => {
  fc.assert(fc.property(times, fc.bigInt({ min: -4n, max: 4n }), (values, time) => {
    const sorted = BigInt64Array.from(values).sort();
    const wanted = sorted.findIndex((value) => value >= time);
    assert.equal(lowerBoundInt64(sorted, time), wanted < 0 ? values.length : wanted);
  }));
});
