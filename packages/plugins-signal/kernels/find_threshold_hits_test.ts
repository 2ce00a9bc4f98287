import assert from "node:assert/strict";
import fc from "fast-check";
import { f32, randomBaseline, randomSamples } from "../_testing.ts";
import { findThresholdHits, type HitWindow, mostHits, type ThresholdHits } from "./find_threshold_hits.ts";

interface Hit {
  start: number;
  end: number;
  position: number;
  height: number;
  integral: number;
}

function columns(rows: number): ThresholdHits {
  return {
    edge_start: new Int32Array(rows).fill(-7),
    edge_end: new Int32Array(rows).fill(-7),
    position: new Int32Array(rows).fill(-7),
    height: new Float32Array(rows).fill(-7),
    integral: new Float32Array(rows).fill(-7),
  };
}

function run(wave: readonly number[], baseline: number, polarity: number, window: HitWindow): Hit[] {
  // Neighbours in the pool and in the output that no hit may see or change.
  const values = Uint16Array.from([0, 65535, 0, ...wave, 0, 65535, 0]);
  const out = columns(mostHits(wave.length) + 2);
  const found = findThresholdHits(values, 3, 3 + wave.length, baseline, polarity, window, out, 1);
  for (const column of Object.values(out)) assert.deepEqual([column[0], column[found + 1]], [-7, -7]);
  return Array.from({ length: found }, (_, k) => ({
    start: out.edge_start[k + 1]!,
    end: out.edge_end[k + 1]!,
    position: out.position[k + 1]!,
    height: out.height[k + 1]!,
    integral: out.integral[k + 1]!,
  }));
}

/** The signal in double precision, compared sample by sample. */
function reference(wave: readonly number[], baseline: number, polarity: number, window: HitWindow): Hit[] {
  const signal = wave.map((sample) => polarity < 0 ? baseline - sample : sample - baseline);
  const above = signal.map((s) => s >= window.threshold);
  const runs: [number, number][] = [];
  above.forEach((is, k) => {
    if (!is) return;
    if (k > 0 && above[k - 1]) runs.at(-1)![1] = k + 1;
    else runs.push([k, k + 1]);
  });
  let before = 0;
  return runs.map(([first, last], r) => {
    let start = Math.max(0, first - window.left), end = Math.min(wave.length, last + window.right);
    if (window.truncate) {
      start = Math.max(start, before);
      end = Math.min(end, runs[r + 1]?.[0] ?? Infinity);
      before = end;
    }
    const part = signal.slice(start, end);
    const height = Math.max(...part);
    const inside = wave.slice(start, end).filter((_, k) => part[k]! > 0);
    const samples = inside.reduce((a, b) => a + b, 0);
    return {
      start,
      end,
      position: start + part.indexOf(height),
      height: f32(height),
      integral: f32(polarity < 0 ? inside.length * baseline - samples : samples - inside.length * baseline),
    };
  });
}

const window: fc.Arbitrary<HitWindow> = fc.record({
  threshold: fc.oneof(
    fc.integer({ min: 0, max: 12 }),
    fc.double({ min: 0, max: 12, noNaN: true }),
    fc.constantFrom(40000, 70000),
  ),
  left: fc.integer({ min: 0, max: 4 }),
  right: fc.integer({ min: 0, max: 4 }),
  truncate: fc.boolean(),
});

Deno.test("findThresholdHits() gives what the formulas give", () => {
  fc.assert(
    fc.property(
      randomSamples(24),
      randomBaseline,
      fc.constantFrom(-1, 1),
      window,
      (wave, baseline, polarity, w) => {
        assert.deepEqual(run(wave, baseline, polarity, w), reference(wave, baseline, polarity, w));
      },
    ),
    { numRuns: 2000 },
  );
});

Deno.test("findThresholdHits() compares as the formula does where a difference is rounded", () => {
  // Baselines and thresholds a rounding error away from a whole difference.
  const near = fc.tuple(
    fc.integer({ min: -70000, max: 70000 }),
    fc.integer({ min: -3, max: 3 }),
    fc.integer({ min: 0, max: 3 }),
  );
  fc.assert(
    fc.property(near, near, fc.constantFrom(-1, 1), ([b, db], [t, dt], polarity) => {
      const baseline = b + db * 2 ** -37, threshold = Math.max(0, t + dt * 2 ** -38);
      const middle = Math.round(polarity < 0 ? baseline - threshold : baseline + threshold);
      const wave = [-2, -1, 0, 1, 2].map((d) => Math.max(0, Math.min(65535, middle + d)));
      const w = { threshold, left: 0, right: 0, truncate: false };
      assert.deepEqual(run(wave, baseline, polarity, w), reference(wave, baseline, polarity, w));
    }),
    { numRuns: 2000 },
  );
});

Deno.test("findThresholdHits() with overlap truncated gives every sample to one hit at most", () => {
  fc.assert(fc.property(randomSamples(24), randomBaseline, window, (wave, baseline, w) => {
    const hits = run(wave, baseline, -1, { ...w, truncate: true });
    hits.forEach((hit, k) => assert.ok(hit.start >= (hits[k - 1]?.end ?? 0) && hit.end > hit.start));
  }));
});

Deno.test("findThresholdHits() gives the earlier hit the samples between two", () => {
  const wave = [100, 80, 100, 100, 100, 80, 100];
  const edges = (truncate: boolean) =>
    run(wave, 100, -1, { threshold: 10, left: 2, right: 2, truncate }).map(({ start, end }) => [start, end]);
  assert.deepEqual(edges(false), [[0, 4], [3, 7]]);
  assert.deepEqual(edges(true), [[0, 4], [4, 7]]);
});

Deno.test("findThresholdHits() finds as many hits as a record can have", () => {
  const wave = [0, 100, 0, 100, 0];
  assert.equal(run(wave, 100, -1, { threshold: 10, left: 0, right: 0, truncate: false }).length, mostHits(5));
});

Deno.test("findThresholdHits() has an integral above 0 for every hit above 0", () => {
  const [hit] = run([100, 100, 60, 70, 100], 100, -1, { threshold: 10, left: 2, right: 2, truncate: false });
  assert.equal(hit?.integral, 70);
});

Deno.test("findThresholdHits() sees samples above 32767 as what they are", () => {
  const wave = [32000, 32000, 40000, 65535, 32000];
  const hits = run(wave, 32000, 1, { threshold: 10, left: 0, right: 0, truncate: false });
  assert.deepEqual(hits, [{ start: 2, end: 4, position: 3, height: 33535, integral: 8000 + 33535 }]);
});
