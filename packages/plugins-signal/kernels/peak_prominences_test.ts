import assert from "node:assert/strict";
import fc from "fast-check";
import { peakProminences } from "./peak_prominences.ts";
import { peakWidths } from "./peak_widths.ts";

const trace = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 3, maxLength: 40 });
const wlens = fc.oneof(fc.constant(undefined), fc.double({ min: 1.01, max: 50, noNaN: true }));

/** Prominence from its definition: how far one has to go down on the way to something higher, on the easier side. */
function prominence(x: readonly number[], peak: number, from: number, to: number): number {
  const way = (samples: readonly number[]) => {
    const higher = samples.findIndex((v) => v > x[peak]!);
    return Math.min(...(higher < 0 ? samples : samples.slice(0, higher)), x[peak]!);
  };
  const left = x.slice(from, peak).reverse(), right = x.slice(peak + 1, to + 1);
  return x[peak]! - Math.max(way(left), way(right));
}

Deno.test("peakProminences() are those of the definition, between bases that are the lowest samples", () => {
  fc.assert(
    fc.property(trace, wlens, fc.nat(), (x, wlen, pick) => {
      const peak = pick % x.length, half = wlen === undefined ? Infinity : Math.floor(Math.ceil(wlen) / 2);
      const from = Math.max(0, peak - half), to = Math.min(x.length - 1, peak + half);
      const found = peakProminences(Float64Array.from(x), Int32Array.of(peak), wlen);
      assert.equal(found.prominences[0], prominence(x, peak, from, to));
      const left = found.leftBases[0]!, right = found.rightBases[0]!;
      assert.ok(from <= left && left <= peak && peak <= right && right <= to);
      const around = x.slice(left, right + 1);
      assert.ok(around.every((v) => v <= x[peak]! && v >= Math.min(x[left]!, x[right]!)));
      assert.equal(found.prominences[0], x[peak]! - Math.max(x[left]!, x[right]!));
    }),
    { numRuns: 1000 },
  );
});

Deno.test("peakWidths() are the way between the crossings nearest to the peak", () => {
  fc.assert(
    fc.property(trace, fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(), (x, relHeight, pick) => {
      const peak = pick % x.length, peaks = Int32Array.of(peak);
      const data = peakProminences(Float64Array.from(x), peaks);
      const { widths, widthHeights, leftIps, rightIps } = peakWidths(Float64Array.from(x), peaks, relHeight);
      const height = x[peak]! - relHeight * data.prominences[0]!;
      assert.equal(widthHeights[0], height);
      assert.equal(widths[0], rightIps[0]! - leftIps[0]!);
      const curve = (at: number) => {
        const i = Math.floor(at);
        return i === at ? x[i]! : x[i]! + (at - i) * (x[i + 1]! - x[i]!);
      };
      for (const at of [leftIps[0]!, rightIps[0]!]) {
        assert.ok(
          Math.abs(curve(at) - height) < 1e-9 || at === data.leftBases[0] || at === data.rightBases[0],
        );
      }
      for (let i = Math.ceil(leftIps[0]!) + 1; i < rightIps[0]!; i++) assert.ok(x[i]! > height - 1e-9);
    }),
    { numRuns: 1000 },
  );
});

Deno.test("peakWidths() take prominences that are known", () => {
  const x = Float64Array.of(0, 4, 8, 4, 0), peaks = Int32Array.of(2);
  const data = { prominences: Float64Array.of(4), leftBases: Int32Array.of(1), rightBases: Int32Array.of(4) };
  const { leftIps, rightIps } = peakWidths(x, peaks, 1, data);
  assert.deepEqual([leftIps[0], rightIps[0]], [1, 3]);
});

const x = new Float64Array(10);
for (
  const [name, call, problem] of [
    [
      "a peak behind the trace",
      () => peakProminences(x, Int32Array.of(10)),
      /RangeError: .*peak 10 is outside the trace of 10/,
    ],
    ["a peak before the trace", () => peakProminences(x, Int32Array.of(-1)), /peak -1 is outside/],
    ["a window of 1", () => peakProminences(x, Int32Array.of(1), 1), /RangeError: .*wlen is 1/],
    ["a window of NaN", () => peakProminences(x, Int32Array.of(1), NaN), /wlen is NaN/],
    ["a negative relHeight", () => peakWidths(x, Int32Array.of(1), -0.1), /RangeError: .*relHeight is -0.1/],
    ["a relHeight of NaN", () => peakWidths(x, Int32Array.of(1), NaN), /relHeight is NaN/],
    ["bases beside the peak", () =>
      peakWidths(x, Int32Array.of(5), 0.5, {
        prominences: Float64Array.of(1),
        leftBases: Int32Array.of(6),
        rightBases: Int32Array.of(7),
      }), /the bases 6 and 7 don't enclose peak 5/],
  ] as const
) {
  Deno.test(`${name} is refused`, () => {
    assert.throws(call, problem);
  });
}
