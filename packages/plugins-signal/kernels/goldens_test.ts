// The reference results of SciPy 1.10 on real and synthetic traces.
import assert from "node:assert/strict";
import { sharedPath, sharedTest } from "../_testing.ts";
import {
  basicFeatures,
  butterworth,
  findPeaks,
  type FindPeaksOptions,
  integralQuantiles,
  type Peaks,
  powerSpectrum,
  savgolCoeffs,
  savgolFilter,
  sosfiltfilt,
} from "./mod.ts";
import { npyRows } from "./_npy_testing.ts";

interface Case {
  readonly fn: string;
  readonly wave: string | null;
  readonly row: number | null;
  readonly args: Readonly<Record<string, unknown>>;
  readonly out: unknown;
}

const folder = "goldens/signal/";

function goldens(): { waves: Record<string, string>; cases: Case[] } {
  return JSON.parse(Deno.readTextFileSync(sharedPath(`${folder}goldens.json`)));
}

const waves = new Map<string, Float64Array[]>();

function trace(files: Readonly<Record<string, string>>, { wave, row, args }: Case): Float64Array {
  const file = files[wave!]!;
  if (!waves.has(wave!)) {
    waves.set(wave!, npyRows(sharedPath(`${wave === "synthetic" ? folder : "data/"}${file}`)));
  }
  const n = (args.n as number | undefined) ?? 6000;
  return waves.get(wave!)![row!]!.subarray(0, n);
}

/** A list, or one that lies in a file. */
function values(out: unknown): number[] {
  if (Array.isArray(out)) return out.flat() as number[];
  return [...npyRows(sharedPath(`${folder}${(out as { npy: string }).npy}`))[0]!];
}

function near(actual: ArrayLike<number>, expected: readonly number[], tolerance = 1e-9): void {
  assert.equal(actual.length, expected.length);
  const scale = expected.reduce((a, b) => Math.max(a, Math.abs(b)), 1);
  expected.forEach((value, i) => {
    assert.ok(Math.abs(actual[i]! - value) <= tolerance * scale, `[${i}] is ${actual[i]}, not ${value}`);
  });
}

const INDICES = new Set(["peaks", "left_bases", "right_bases", "plateau_sizes", "left_edges", "right_edges"]);
const camel = (name: string) => name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());

function samePeaks(found: Peaks, out: Readonly<Record<string, unknown>>): void {
  assert.deepEqual(Object.keys(found).sort(), Object.keys(out).map(camel).sort());
  for (const [name, expected] of Object.entries(out)) {
    const got = found[camel(name) as keyof Peaks]!;
    if (INDICES.has(name)) assert.deepEqual([...got], values(expected), name);
    else near(got, values(expected));
  }
}

function peakOptions({ n: _, sign: __, plateau_size, ...args }: Case["args"]): FindPeaksOptions {
  return { ...args, ...(plateau_size === undefined ? {} : { plateauSize: plateau_size as number }) };
}

const checks: Readonly<Record<string, (test: Case, x: () => Float64Array) => void>> = {
  basic({ args, out }, x) {
    const features = basicFeatures(x(), { baseline: args.baseline as number });
    const { argmin, argmax, ...real } = out as Record<string, number>;
    assert.deepEqual([features.argmin, features.argmax], [argmin, argmax]);
    for (const [name, expected] of Object.entries(real)) {
      near([features[name as keyof typeof features]], [expected]);
    }
  },
  savgol_filter({ args, out }, x) {
    near(savgolFilter(x(), args.window as number, args.poly as number, { mode: "interp" }), values(out));
  },
  savgol_coeffs({ args, out }) {
    near(
      savgolCoeffs(args.window as number, args.poly as number, { deriv: args.deriv as number }),
      values(out),
    );
  },
  butter({ args, out }) {
    const { order, wn, btype } = args as { order: number; wn: number; btype: "band" };
    near(butterworth(order, wn as unknown as [number, number], { btype }).flat(), values(out));
  },
  butter_sosfiltfilt({ args, out }, x) {
    const { order, low, high, fs } = args as Record<string, number>;
    const sos = butterworth(order!, [low!, high!], { btype: "band", fs: fs! });
    const expected = out as { sos: number[][]; y: unknown };
    near(sos.flat(), expected.sos.flat());
    near(sosfiltfilt(sos, x()), values(expected.y), 1e-7);
  },
  find_peaks({ args, out }, x) {
    const sign = args.sign as number;
    samePeaks(findPeaks(x().map((v) => sign * v), peakOptions(args)), out as Record<string, unknown>);
  },
  diff_find_peaks({ args, out }, x) {
    const trace = x();
    const steps = Float64Array.from({ length: trace.length - 1 }, (_, i) => -(trace[i + 1]! - trace[i]!));
    const { peaks, leftIps, rightIps } = findPeaks(steps, peakOptions(args));
    samePeaks({ peaks, leftIps: leftIps!, rightIps: rightIps! }, out as Record<string, unknown>);
  },
  rfft_power({ out }, x) {
    const trace = x(), mean = trace.reduce((a, b) => a + b, 0) / trace.length;
    near(powerSpectrum(trace.map((v) => v - mean)), values(out));
  },
  integral_quantiles({ args, out }, x) {
    const trace = x(), level = basicFeatures(trace, { baseline: args.baseline as number }).baseline;
    near(integralQuantiles(trace.map((v) => level - v), args.q as number[]), out as number[]);
  },
};

const SAMPLES: readonly (keyof typeof checks)[] = Object.keys(checks);

for (const fn of SAMPLES) {
  sharedTest(`${fn}: all reference results of SciPy`, () => {
    const { waves: files, cases } = goldens();
    const chosen = cases.filter((test) => test.fn === fn);
    assert.ok(chosen.length > 0);
    for (const test of chosen) {
      try {
        checks[fn]!(test, () => trace(files, test));
      } catch (cause) {
        throw new Error(`${fn} of ${test.wave}[${test.row}] with ${JSON.stringify(test.args)}`, { cause });
      }
    }
  });
}

sharedTest("every function of the reference results is checked", () => {
  assert.deepEqual(new Set(goldens().cases.map(({ fn }) => fn)), new Set(SAMPLES));
});
