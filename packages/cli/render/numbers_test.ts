import assert from "node:assert/strict";
import fc from "fast-check";
import { formatCount, formatDuration, formatFloat32, formatRate } from "./numbers.ts";

Deno.test("formatCount() groups digits from the right", () => {
  assert.deepEqual([0, 12, 999, 1000, 123456, 1234567].map(formatCount), [
    "0",
    "12",
    "999",
    "1 000",
    "123 456",
    "1 234 567",
  ]);
});

Deno.test("formatDuration() takes the unit that a person would", () => {
  const shown: [number, string][] = [
    [0, "0 ms"],
    [0.0123, "0.0123 ms"],
    [3.21, "3.21 ms"],
    [999.4, "999 ms"],
    [999.6, "1 s"],
    [1530, "1.53 s"],
    [59_949, "59.9 s"],
    [59_950, "1 min 0 s"],
    [125_000, "2 min 5 s"],
    [3_599_400, "59 min 59 s"],
    [3_599_600, "1 h 0 min"],
    [7_260_000, "2 h 1 min"],
  ];
  for (const [ms, text] of shown) assert.equal(formatDuration(ms), text);
});

Deno.test("formatRate() keeps three digits and a prefix", () => {
  assert.deepEqual(
    [0, 3.14159, 950, 999.6, 52_400, 1_234_000, 2e9, Infinity].map(formatRate),
    ["0", "3.14", "950", "1 k", "52.4 k", "1.23 M", "2 G", "-"],
  );
});

Deno.test("formatFloat32() reads back as the same single-precision number", () => {
  assert.equal(formatFloat32(Math.fround(7.0749998)), "7.075");
  assert.equal(formatFloat32(NaN), "NaN");
  fc.assert(
    fc.property(fc.float({ noNaN: true }), (value) => {
      assert.equal(Math.fround(Number(formatFloat32(value))), value === 0 ? 0 : value);
    }),
    { numRuns: 300 },
  );
});
