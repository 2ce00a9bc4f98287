// Where a summed waveform is divided.

/**
 * Prominent local minima: a sample is one if the highest before it and a later one both exceed
 * `max(minimum + minHeight, minimum x minRatio)`.
 *
 * @returns The minima; empty where the waveform is not divided.
 */
export function localMinima(w: Float32Array, minHeight: number, minRatio: number): number[] {
  const points: number[] = [];
  let highest = -Infinity, lowest = Infinity, at = 0;
  for (let i = 0; i < w.length; i++) {
    const x = w[i]!;
    if (x < lowest) {
      lowest = x;
      at = i;
    }
    if (Math.min(highest, x) > Math.max(lowest + minHeight, lowest * minRatio)) {
      points.push(at);
      highest = x;
      lowest = Infinity;
      at = i;
    }
    if (x > highest) {
      highest = x;
      lowest = Infinity;
      at = i;
    }
  }
  return points;
}

/**
 * Goodness of a split before every sample: 1 - (sum of squared deviations of both parts) / (that of the whole), weighted with the
 * samples above 0 (Jenks, natural breaks). With `splitLow` times `1 - w / max(w)`, of the smoothed waveform.
 *
 * 0 everywhere for a waveform that has no width.
 */
export function naturalBreaks(w: Float32Array, dt: number, splitLow: boolean, wing: number): Float64Array {
  const n = w.length;
  const left = deviations(w, dt, false), right = deviations(w, dt, true);
  const total = left[n - 1] ?? 0;
  const gof = new Float64Array(n);
  if (!(total > 0)) return gof;
  for (let i = 0; i < n; i++) gof[i] = 1 - (left[i]! + right[i]!) / total;
  if (!splitLow) return gof;
  const smooth = movingMean(w, wing);
  let max = -Infinity;
  for (let i = 0; i < n; i++) if (smooth[i]! > max) max = smooth[i]!;
  for (let i = 0; i < n; i++) gof[i]! *= 1 - smooth[i]! / max;
  return gof;
}

/** Sum of squared deviations from the mean of the samples up to each (from each on, backwards), updated sample by sample. */
function deviations(w: Float32Array, dt: number, backwards: boolean): Float64Array {
  const n = w.length, out = new Float64Array(n);
  let weights = 0, mean = 0, sum = 0;
  for (let k = 0; k < n; k++) {
    const i = backwards ? n - 1 - k : k;
    const weight = Math.max(0, w[i]!);
    weights += weight;
    if (weights > 0) {
      const before = mean, x = k * dt;
      mean = before + weight / weights * (x - before);
      sum += weight * (x - before) * (x - mean);
    }
    out[i] = sum;
  }
  return out;
}

/** Mean of `wing` samples on both sides and the one between, of those that there are at the ends. */
export function movingMean(w: Float32Array, wing: number): Float64Array {
  const n = w.length, out = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const from = Math.max(0, i - wing), to = Math.min(n, i + wing + 1);
    let sum = 0;
    for (let k = from; k < to; k++) sum += w[k]!;
    out[i] = sum / (to - from);
  }
  return out;
}
