import assert from "node:assert/strict";
import fc from "fast-check";
import { argsort } from "./_argsort.ts";

function orderOf(values: readonly number[]): Int32Array {
  const order = new Int32Array(values.length);
  argsort(Float64Array.from(values), values.length, order);
  return order;
}

/** FNV-1a of the order, as it was computed from what `numpy.argsort` 1.24 gives. */
const hash = (order: Int32Array) => order.reduce((h, i) => Math.imul(h ^ i, 16777619) >>> 0, 2166136261);

Deno.test("argsort() puts values in order, NaN last", () => {
  const value = fc.oneof(fc.integer({ min: -5, max: 5 }), fc.double());
  fc.assert(fc.property(fc.array(value, { maxLength: 200 }), (values) => {
    const order = orderOf(values), sorted = Array.from(order, (i) => values[i]!);
    assert.deepEqual(Array.from(order).sort((a, b) => a - b), values.map((_, i) => i));
    sorted.forEach((v, i) => assert.ok(i === 0 || !(v < sorted[i - 1]!) || Number.isNaN(v)));
    const numbers = sorted.filter((v) => !Number.isNaN(v)).length;
    assert.ok(sorted.slice(0, numbers).every((v) => !Number.isNaN(v)));
  }));
});

Deno.test("argsort() has equal values in the order of numpy.argsort", () => {
  const values = Array.from({ length: 60 }, (_, i) => (i * i * 7 + i * 13) % 5);
  // deno-fmt-ignore
  const expected = [
    0, 36, 35, 45, 46, 31, 30, 26, 25, 21, 40, 50, 51, 16, 15, 20, 41, 11, 10, 1, 56, 5, 55, 6, 43, 38, 3, 33, 58, 13,
    8, 48, 23, 18, 53, 28, 47, 49, 57, 54, 44, 52, 29, 39, 2, 4, 7, 9, 12, 14, 42, 17, 22, 24, 27, 32, 34, 37, 19, 59,
  ];
  assert.deepEqual([...orderOf(values)], expected);
  assert.equal(hash(orderOf(Array.from({ length: 3000 }, (_, n) => (n * n * 7 + n * 13) % 101))), 2544832543);
});

Deno.test("argsort() of what makes its parts uneven goes on as numpy.argsort does", () => {
  const k = 2000; // the worst case of the median of three
  const first = Array.from({ length: k }, (_, i) => i % 2 === 0 ? i + 1 : k + i);
  const killer = [...first, ...Array.from({ length: k }, (_, i) => 2 * i + 2)];
  assert.equal(hash(orderOf(killer.map((v) => Math.floor(v / 3)))), 4068126353);
});
