import assert from "node:assert/strict";
import fc from "fast-check";
import { butterworth } from "./butterworth.ts";
import { sosDesign } from "./sos_design.ts";
import { runSection, sosfilt, sosfiltInto } from "./sosfilt.ts";

const trace = fc.array(fc.integer({ min: -100, max: 100 }), { maxLength: 50 });
const sos = butterworth(3, [0.1, 0.4], { btype: "band" });

/** The difference equation of a section. */
function section([b0, b1, b2, , a1, a2]: readonly number[], x: readonly number[]): number[] {
  const y: number[] = [];
  x.forEach((v, i) =>
    y.push(
      b0! * v + b1! * (x[i - 1] ?? 0) + b2! * (x[i - 2] ?? 0) - a1! * (y[i - 1] ?? 0) - a2! * (y[i - 2] ?? 0),
    )
  );
  return y;
}

Deno.test("sosfilt() solves the difference equations, section by section", () => {
  fc.assert(fc.property(trace, (x) => {
    const expected = sos.reduce((y, row) => section(row, y), x);
    sosfilt(sos, Float64Array.from(x)).forEach((y, i) => assert.ok(Math.abs(y - expected[i]!) < 1e-9));
  }));
});

Deno.test("sosfilt() is linear and causal", () => {
  fc.assert(fc.property(trace, fc.nat(49), (x, cut) => {
    const y = sosfilt(sos, Float64Array.from(x));
    const twice = sosfilt(sos, Float64Array.from(x, (v) => -2 * v));
    y.forEach((v, i) => assert.ok(twice[i] === -2 * v));
    const changed = sosfilt(sos, Float64Array.from(x, (v, i) => i < cut ? v : 7));
    assert.deepEqual(changed.subarray(0, cut), y.subarray(0, cut));
  }));
});

Deno.test("the steady state keeps a constant trace constant", () => {
  const rows = butterworth(4, 0.3), design = sosDesign(rows);
  let x = new Float64Array(50).fill(12);
  for (let s = 0; s < design.sections; s++) {
    const y = new Float64Array(50);
    runSection(design, s, x, y, 12);
    assert.ok(y.every((v) => Math.abs(v - y[0]!) < 1e-12));
    x = y;
  }
  assert.ok(Math.abs(x[0]! - 12) < 1e-12);
});

Deno.test("sosfiltInto() may write over its input", () => {
  const x = Float64Array.from({ length: 30 }, (_, i) => (i * 7) % 11), y = sosfilt(sos, x);
  assert.equal(sosfiltInto(sosDesign(sos), x, x), x);
  assert.deepEqual(x, y);
});

Deno.test("sosDesign() has scipy's padding: fewer samples for first-order sections", () => {
  assert.equal(sosDesign(butterworth(4, [0.1, 0.5], { btype: "band" })).padding, 27);
  assert.equal(sosDesign(butterworth(1, 0.3)).padding, 6);
  assert.equal(sosDesign(butterworth(3, 0.3)).padding, 12);
});

for (
  const [rows, problem] of [
    [[], /TypeError: Cannot filter with no sections/],
    [[[1, 2, 3]], /TypeError: .*section 0 has 3 numbers/],
    [[[1, 0, 0, 1, 0, 0], [1, 0, 0, 1, NaN, 0]], /RangeError: .*section 1 is \[1,0,0,1,NaN,0\]/],
    [[[1, 0, 0, 2, 0, 0]], /a0 of section 0 is 2; divide the section by it/],
  ] as const
) {
  Deno.test(`sosfilt() refuses the sections ${JSON.stringify(rows)}`, () => {
    assert.throws(() => sosfilt(rows, new Float64Array(5)), problem);
  });
}

Deno.test("sosfiltInto() refuses an output of another length", () => {
  assert.throws(
    () => sosfiltInto(sosDesign(sos), new Float64Array(5), new Float64Array(4)),
    /give one with 5/,
  );
});
