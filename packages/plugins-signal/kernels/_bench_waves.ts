// For benchmarks: 20 000 records of 800 samples, seeded, with a pulse in each.

/** Records. */
export const ROWS = 20_000;
/** Samples of each. */
export const WIDTH = 800;

/** Their samples and offsets. */
export function waves(): { values: Uint16Array; offsets: Uint32Array } {
  const values = new Uint16Array(ROWS * WIDTH), offsets = new Uint32Array(ROWS + 1);
  let state = 1;
  for (let i = 0; i < ROWS; i++) {
    offsets[i + 1] = (i + 1) * WIDTH;
    for (let k = 0; k < WIDTH; k++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      const pulse = k < 100 ? 0 : 2000 * Math.exp((100 - k) / 40);
      values[i * WIDTH + k] = 14000 + (state >>> 29) - pulse;
    }
  }
  return { values, offsets };
}
