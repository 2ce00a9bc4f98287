// Baseline, flip and integral of pulse fragments: the readable form. `wasm_rows.ts` does the same with vectors.

/** Fragments of pulses, in time order: `data` is [n, width]. */
export interface RawRows {
  readonly channel: Uint16Array;
  readonly length: Int32Array;
  readonly record_i: Int32Array;
  readonly data: Int16Array;
}

/** What is made of them, a value a row. */
export interface RecordResults {
  readonly area: Int32Array;
  readonly baseline: Float32Array;
  readonly baseline_rms: Float32Array;
  readonly data: Int16Array;
}

/** What is to be made. */
export interface RecordSettings {
  /** Samples a row. */
  readonly width: number;
  /** Samples of the first fragment of a channel's pulse that the baseline is the mean of. */
  readonly baselineSamples: (channel: number) => number;
  /** Turn the pulses over: away from the baseline becomes upwards for negative pulses. */
  readonly flip: boolean;
}

/**
 * Rows `from` to `to` (excluded) into rows 0 and on of `out`; rows before `from` only give the baselines of pulses that begin there.
 *
 * The mean is that of the samples there are, at most `baselineSamples` of the channel, in double precision, then rounded to single; what is
 * subtracted is its whole part. The integral is the sum of the samples and `round(fraction x length)`, halves to even.
 *
 * A fragment whose predecessor is missing, and those behind it, have no baseline (NaN) and no samples (0).
 *
 * @returns The first row whose predecessor is missing, -1 if none is.
 */
export function recordRows(
  rows: RawRows,
  from: number,
  to: number,
  settings: RecordSettings,
  out: RecordResults,
): number {
  const { channel, length, record_i, data } = rows;
  const { width, flip } = settings;
  const channels = 65536;
  const mean = new Float32Array(channels), rms = new Float32Array(channels);
  const next = new Int32Array(channels); // number of the fragment that comes next; 0 where none is known
  let lost = -1;
  for (let i = 0; i < to; i++) {
    const ch = channel[i]!, at = i * width, n = Math.min(length[i]!, width);
    if (record_i[i] === 0) {
      [mean[ch], rms[ch]] = pulseBaseline(rows, i, settings);
      next[ch] = 1;
    } else {
      if (next[ch] !== record_i[i]) {
        mean[ch] = rms[ch] = NaN;
        if (i >= from && lost < 0) lost = i;
      }
      next[ch] = record_i[i]! + 1;
    }
    if (i < from) continue;
    const row = i - from, to = row * width;
    out.baseline[row] = mean[ch]!;
    out.baseline_rms[row] = rms[ch]!;
    if (Number.isNaN(mean[ch]!)) {
      out.data.fill(0, to, to + width);
      out.area[row] = 0;
      continue;
    }
    const whole = Math.trunc(mean[ch]!), fraction = mean[ch]! - Math.floor(mean[ch]!);
    let sum = 0;
    for (let k = 0; k < n; k++) {
      const sample = flip ? whole - data[at + k]! : data[at + k]! - whole;
      out.data[to + k] = sample;
      sum += out.data[to + k]!;
    }
    out.data.fill(0, to + n, to + width);
    out.area[row] = sum + roundHalfEven(fraction * n);
  }
  return lost;
}

/** Mean and standard deviation of the samples at the start of row `i`; 0 where there are none. */
export function pulseBaseline(
  { channel, data, length }: RawRows,
  i: number,
  { width, baselineSamples }: RecordSettings,
): [mean: number, deviation: number] {
  const n = Math.min(baselineSamples(channel[i]!), length[i]!, width), at = i * width;
  let sum = 0, squares = 0;
  for (let k = at; k < at + n; k++) {
    sum += data[k]!;
    squares += data[k]! * data[k]!;
  }
  return n === 0 ? [0, 0] : [sum / n, Math.sqrt(n * squares - sum * sum) / n];
}

/** The nearest integer, halves to the even one, as `numpy.round`. */
export function roundHalfEven(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 !== 0) ? floor + 1 : floor;
}
