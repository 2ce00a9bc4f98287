// Traces to measure with: seeded, a negative pulse or two on a baseline with noise.

/** Unsigned samples `[rows, width]`. */
export function makeWaves(rows: number, width: number): Uint16Array {
  let state = 12345;
  const uniform = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  const values = new Uint16Array(rows * width);
  for (let row = 0; row < rows; row++) {
    const at = [60 + 20 * uniform(), 300 + 400 * uniform()],
      height = [200 + 6000 * uniform(), 100 + 900 * uniform()];
    for (let k = 0; k < width; k++) {
      let sample = 14000 + 5 * (uniform() + uniform() + uniform() + uniform() - 2) * Math.sqrt(3);
      for (let p = 0; p < 2; p++) {
        const t = k - at[p]!;
        if (t > 0) sample -= height[p]! * (Math.exp(-t / 30) - Math.exp(-t / 4));
      }
      values[row * width + k] = Math.round(sample);
    }
  }
  return values;
}
