import assert from "node:assert/strict";
import fc from "fast-check";
import { type BandType, butterworth } from "./butterworth.ts";

/** |H|^2 at a fraction of the Nyquist frequency. */
function power(sos: readonly (readonly number[])[], at: number): number {
  const angle = Math.PI * at;
  const square = (c: readonly number[]) => {
    const re = c[0]! + c[1]! * Math.cos(angle) + c[2]! * Math.cos(2 * angle);
    const im = c[1]! * Math.sin(angle) + c[2]! * Math.sin(2 * angle);
    return re * re + im * im;
  };
  return sos.reduce((gain, section) => gain * square(section.slice(0, 3)) / square(section.slice(3)), 1);
}

/** |H|^2 from the definition: 1 / (1 + w^2n), with the frequency moved to the band. */
function definition(order: number, corners: readonly number[], btype: BandType, at: number): number {
  const warp = (f: number) => Math.tan(Math.PI * f / 2);
  const [low, high] = corners.map(warp), w = warp(at);
  const moved = {
    low: w / low!,
    high: low! / w,
    band: (w * w - low! * high!) / (w * (high! - low!)),
    bandstop: w * (high! - low!) / (low! * high! - w * w),
  }[btype];
  return 1 / (1 + moved ** (2 * order));
}

const frequency = fc.double({ min: 0.02, max: 0.98, noNaN: true });

Deno.test("butterworth() has the response of the definition, and stable poles", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 10 }),
      fc.constantFrom<BandType>("low", "high", "band", "bandstop"),
      frequency,
      frequency,
      frequency,
      (order, btype, a, b, at) => {
        fc.pre(Math.abs(a - b) > 0.05);
        const corners = btype === "low" || btype === "high" ? [a] : [Math.min(a, b), Math.max(a, b)];
        const wn = corners.length === 1 ? corners[0]! : corners as [number, number];
        const sos = butterworth(order, wn, { btype });
        assert.equal(sos.length, Math.ceil(order * corners.length / 2));
        for (const [, , , a0, a1, a2] of sos as [number, number, number, number, number, number][]) {
          assert.equal(a0, 1);
          assert.ok(Math.abs(a2) < 1 && Math.abs(a1) < 1 + a2);
        }
        assert.ok(Math.abs(power(sos, at) - definition(order, corners, btype, at)) < 1e-6);
        for (const corner of corners) assert.ok(Math.abs(power(sos, corner) - 0.5) < 1e-6);
      },
    ),
    { numRuns: 500 },
  );
});

Deno.test("butterworth() takes frequencies in the unit of fs", () => {
  const near = (a: number[][], b: number[][]) =>
    a.flat().forEach((v, i) => assert.ok(Math.abs(v - b.flat()[i]!) < 1e-14));
  near(
    butterworth(3, [10e6, 60e6], { btype: "band", fs: 250e6 }),
    butterworth(3, [0.08, 0.48], { btype: "band" }),
  );
});

for (
  const [order, wn, options, problem] of [
    [2, 0, {}, /RangeError: .*the frequency 0 isn't between 0 and 1, .*fractions/],
    [2, 1, {}, /the frequency 1 isn't/],
    [2, NaN, {}, /the frequency NaN isn't/],
    [2, 125e6, { fs: 250e6 }, /the frequency 125000000 isn't between 0 and 125000000/],
    [2, [0.1, 1.2], { btype: "band" }, /the frequency 1.2 isn't/],
    [2, [0.5, 0.1], { btype: "band" }, /aren't in order/],
    [2, [0.3, 0.3], { btype: "bandstop" }, /aren't in order/],
    [2, 0.1, { btype: "band" }, /TypeError: .*"band" takes a pair of frequencies/],
    [2, [0.1, 0.2], {}, /TypeError: .*"low" takes one frequency/],
    [0, 0.1, {}, /order is 0/],
    [1.5, 0.1, {}, /order is 1.5/],
    [NaN, 0.1, {}, /order is NaN/],
    [2, 0.1, { fs: NaN }, /fs is NaN/],
    [2, 0.1, { fs: 0 }, /fs is 0/],
    [
      2,
      0.1,
      { btype: "notch" as "band" },
      /TypeError: .*btype is "notch"; it takes low, high, band or bandstop/,
    ],
  ] as const
) {
  Deno.test(`butterworth(${order}, ${JSON.stringify(wn)}, ${JSON.stringify(options)}) is refused`, () => {
    assert.throws(() => butterworth(order, wn, options), problem);
  });
}
