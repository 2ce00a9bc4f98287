// Zeros, poles and gain as second-order sections: scipy.signal.zpk2sos of a digital filter with the pairing "nearest".

import { add, type Complex, complex, conjugate, modulus, multiply, negate, subtract } from "./_complex.ts";

/** Zeros, poles and gain of a filter, as many zeros as poles. */
export interface ZerosPolesGain {
  readonly zeros: readonly Complex[];
  readonly poles: readonly Complex[];
  readonly gain: number;
}

const isReal = (a: Complex): boolean => a.im === 0;

/** Sections `[b0, b1, b2, 1, a1, a2]`, those with poles nearest to the unit circle last. */
export function toSections({ zeros, poles, gain }: ZerosPolesGain): number[][] {
  const pad = poles.length % 2 === 1 ? [complex(0)] : [];
  const z = halves([...zeros, ...pad]), p = halves([...poles, ...pad]);
  const sections: number[][] = [];
  for (let left = (poles.length + pad.length) / 2; left > 0; left--) {
    const p1 = take(p, worst(p));
    if (isReal(p1) && !p.some(isReal)) {
      sections.unshift(section([take(z, nearest(z, p1, isReal)), complex(0)], [p1, complex(0)]));
      continue;
    }
    const lastReals = p.length + 1 === z.length && !isReal(p1) && p.filter(isReal).length === 1 &&
      z.filter(isReal).length === 1;
    if (lastReals) {
      const z1 = take(z, nearest(z, p1, (a) => !isReal(a)));
      sections.unshift(section([z1, conjugate(z1)], [p1, conjugate(p1)]));
      continue;
    }
    const p2 = isReal(p1) ? take(p, worst(p, isReal)) : conjugate(p1);
    const z1 = take(z, nearest(z, p1, () => true));
    const z2 = isReal(z1) ? take(z, nearest(z, p1, isReal)) : conjugate(z1);
    sections.unshift(section([z1, z2], [p1, p2]));
  }
  for (let i = 0; i < 3; i++) sections[0]![i]! *= gain;
  return sections;
}

/** Of each conjugate pair the one above the real axis, then the real ones, each sorted (scipy.signal._cplxreal). */
function halves(list: readonly Complex[]): Complex[] {
  const close = (a: Complex) => 100 * Number.EPSILON * modulus(a);
  const sorted = [...list].sort((a, b) => a.re - b.re || Math.abs(a.im) - Math.abs(b.im));
  const real = sorted.filter((a) => Math.abs(a.im) <= close(a)).map((a) => complex(a.re));
  const pairs = sorted.filter((a) => Math.abs(a.im) > close(a));
  const above = byImaginary(pairs.filter((a) => a.im > 0), close);
  const below = byImaginary(pairs.filter((a) => a.im < 0), close);
  const means = above.map((a, i) => complex((a.re + below[i]!.re) / 2, (a.im - below[i]!.im) / 2));
  return [...means, ...real];
}

/** Runs of the same real part in the order of their imaginary parts. */
function byImaginary(list: readonly Complex[], close: (a: Complex) => number): Complex[] {
  const runs: Complex[][] = [];
  for (const [i, a] of list.entries()) {
    const before = list[i - 1];
    if (before && a.re - before.re <= close(before)) runs.at(-1)!.push(a);
    else runs.push([a]);
  }
  return runs.flatMap((run) => run.sort((a, b) => Math.abs(a.im) - Math.abs(b.im)));
}

function take(list: Complex[], index: number): Complex {
  return list.splice(index, 1)[0]!;
}

/** The one that is nearest to the unit circle. */
function worst(list: readonly Complex[], allowed: (a: Complex) => boolean = () => true): number {
  return lowest(list, (a) => Math.abs(1 - modulus(a)), allowed);
}

function nearest(list: readonly Complex[], to: Complex, allowed: (a: Complex) => boolean): number {
  return lowest(list, (a) => modulus(subtract(a, to)), allowed);
}

function lowest(
  list: readonly Complex[],
  value: (a: Complex) => number,
  allowed: (a: Complex) => boolean,
): number {
  let best = -1;
  list.forEach((a, i) => {
    if (allowed(a) && (best < 0 || value(a) < value(list[best]!))) best = i;
  });
  return best;
}

function section(zeros: readonly [Complex, Complex], poles: readonly [Complex, Complex]): number[] {
  const quadratic = ([a, b]: readonly [Complex, Complex]) => [1, negate(add(a, b)).re, multiply(a, b).re];
  return [...quadratic(zeros), ...quadratic(poles)];
}
