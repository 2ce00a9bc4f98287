/**
 * What a waveform looks like: its width at a fraction of its height, where most of its area lies, and how far from flat it is.
 *
 * They are `get_fwxm`, `highest_density_region` and `conditional_entropy` of strax (Aalbers et al., doi:10.5281/zenodo.1340632) for one waveform.
 * Positions are in samples from its start: sample `k` reaches from `k` to `k + 1`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { conditionalEntropy, highestDensityEdges, widthAtFraction } from "@millrace/plugins-signal/strax/pulse-properties";
 *
 * const wave = Float32Array.of(0, 2, 4, 2, 0);
 * assert.deepEqual([...widthAtFraction(wave, 0.5)], [1.5, 3.5]);
 * assert.deepEqual(highestDensityEdges(wave, 0.2), [2, 3]);
 * assert.ok(Math.abs(conditionalEntropy(Float32Array.of(1, 1, 1))) < 1e-7);
 * ```
 * @module
 */

/** The samples of a waveform. */
export type Wave = Float32Array | Float64Array;

/**
 * Left and right edge at `fraction` of the highest sample, interpolated between the middles of the samples around; the waveform's own edge
 * where it does not fall so low. NaN where no sample is above 0, or all are above that level. O(samples).
 *
 * @param out Where to write the edges; default: a new array of two.
 */
export function widthAtFraction(
  wave: Wave,
  fraction: number,
  out: Float64Array = new Float64Array(2),
): Float64Array {
  const top = indexOfMaximum(wave), level = wave[top]! * fraction, n = wave.length;
  let before = top - 1, behind = top + 1;
  while (before >= 0 && wave[before]! > level) before--;
  while (behind < n && wave[behind]! > level) behind++;
  out.fill(NaN);
  if (!(wave[top]! > 0) || (before < 0 && behind === n && wave[top]! > level)) return out;
  const left = before < 0 ? 0 : before + (level - wave[before]!) / (wave[before + 1]! - wave[before]!) + 0.5;
  const right = behind === n
    ? n
    : behind - (level - wave[behind]!) / (wave[behind - 1]! - wave[behind]!) + 0.5;
  if (Number.isFinite(left) && Number.isFinite(right)) {
    out[0] = left;
    out[1] = right;
  }
  return out;
}

/** A stretch `[from, to)` of samples. */
export type Stretch = readonly [from: number, to: number];

/**
 * The fewest samples, highest first, that hold `fraction` of the area above the highest sample that is left out, and that level in
 * between at which they hold just this much. The whole waveform where no part of it does. O(samples log samples).
 *
 * @param wave Samples, at least 0.
 * @param upperPart Whether only what is above the level counts, or all of the samples' area.
 * @throws {RangeError} On a waveform without area, or a fraction that is not between 0 and 1.
 */
export function highestDensityRegion(
  wave: Wave,
  fraction: number,
  upperPart = false,
): { readonly stretches: readonly Stretch[]; readonly level: number } {
  if (!(fraction >= 0 && fraction <= 1)) {
    throw new RangeError(`The fraction is ${fraction}: give one from 0 to 1`);
  }
  let total = 0;
  for (const x of wave) total += x;
  if (!(total > 0)) throw new RangeError(`The waveform has an area of ${total}: a region needs one above 0`);
  const order = Uint32Array.from(wave, (_, k) => k).sort((a, b) => wave[b]! - wave[a]! || b - a);
  let sum = 0;
  for (let n = 1; n < order.length; n++) {
    sum += wave[order[n - 1]!]!;
    if (wave[order[n]!] === wave[order[n - 1]!]) continue;
    const lowest = upperPart ? wave[order[n]!]! : 0, seen = (sum - n * lowest) / total;
    if (seen < fraction) continue;
    const part = fraction / seen;
    return { stretches: stretchesOf(order.subarray(0, n)), level: (1 - part) * sum / n + part * lowest };
  }
  return { stretches: [[0, wave.length]], level: (1 - fraction) * total / wave.length };
}

/** Runs of consecutive numbers. */
function stretchesOf(samples: Uint32Array): Stretch[] {
  const sorted = samples.slice().sort(), found: [number, number][] = [];
  for (const k of sorted) {
    if (found.at(-1)?.[1] === k) found.at(-1)![1]++;
    else found.push([k, k + 1]);
  }
  return found;
}

/**
 * Outer edges of the region of the samples above 0 that holds `fraction` of the area above its level
 * ({@linkcode highestDensityRegion}); NaN where no sample is above 0.
 *
 * @param fractional Whether edges are interpolated to where the waveform crosses the level, or are those of samples.
 */
export function highestDensityEdges(
  wave: Wave,
  fraction: number,
  fractional = false,
): [left: number, right: number] {
  const positive = wave.map((x) => Math.max(0, x));
  if (!positive.some((x) => x > 0)) return [NaN, NaN];
  const { stretches, level } = highestDensityRegion(positive, fraction, true);
  const left = stretches[0]![0], right = stretches.at(-1)![1] - 1;
  if (!fractional) return [left, right + 1];
  const share = (inside: number, outside: number) => (inside - level) / (inside - outside);
  return [
    left + 0.5 - share(positive[left]!, positive[left - 1] ?? 0),
    right + 0.5 + share(positive[right]!, positive[right + 1] ?? 0),
  ];
}

/** What {@linkcode conditionalEntropy} compares with. */
export interface EntropyOptions {
  /** A waveform of area 1, whose highest sample is laid over that of the other; default: as many equal samples as there are above 0. */
  readonly template?: Wave;
  /** Whether samples are squared first. Default false. */
  readonly square?: boolean;
}

/**
 * `-sum(p log(p / q))` over the samples where both are above 0: p the waveform, q the template, both of area 1. 0 for a waveform that
 * is the template, negative for others. NaN for a waveform without area. O(samples).
 */
export function conditionalEntropy(wave: Wave, { template, square = false }: EntropyOptions = {}): number {
  let sum = 0, positive = 0, top = 0;
  for (let k = 0; k < wave.length; k++) {
    const x = square ? wave[k]! * wave[k]! : wave[k]!;
    sum += x;
    if (square ? x > wave[top]! * wave[top]! : x > wave[top]!) top = k;
  }
  if (sum === 0) return NaN;
  // Of a negative sum, the shares above 0 are those of negative samples.
  for (let k = 0; k < wave.length; k++) if ((square ? wave[k]! * wave[k]! : wave[k]!) / sum > 0) positive++;
  if (template && sum < 0) top = indexOfMinimum(wave);
  const shift = template ? indexOfMaximum(template) - top : 0;
  let entropy = 0;
  for (let k = 0; k < wave.length; k++) {
    const p = (square ? wave[k]! * wave[k]! : wave[k]!) / sum,
      q = template ? template[k + shift] ?? 0 : 1 / positive;
    if (p > 0 && q > 0) entropy -= p * Math.log(p / q);
  }
  return entropy;
}

/** The first of the highest samples. */
export function indexOfMaximum(wave: Wave): number {
  let top = 0;
  for (let k = 1; k < wave.length; k++) if (wave[k]! > wave[top]!) top = k;
  return top;
}

function indexOfMinimum(wave: Wave): number {
  let low = 0;
  for (let k = 1; k < wave.length; k++) if (wave[k]! < wave[low]!) low = k;
  return low;
}
