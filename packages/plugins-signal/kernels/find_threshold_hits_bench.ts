import { ROWS, waves, WIDTH } from "./_bench_waves.ts";
import { findThresholdHits } from "./find_threshold_hits.ts";

const { values, offsets } = waves();
const out = {
  edge_start: new Int32Array(ROWS * 8),
  edge_end: new Int32Array(ROWS * 8),
  position: new Int32Array(ROWS * 8),
  height: new Float32Array(ROWS * 8),
  integral: new Float32Array(ROWS * 8),
};
const window = { threshold: 20, left: 2, right: 2, truncate: false };
let sum = 0;

Deno.bench({ name: "findThresholdHits(), 20 000 records of 800", group: "hits", baseline: true }, () => {
  for (let i = 0; i < ROWS; i++) {
    sum += findThresholdHits(values, offsets[i]!, offsets[i + 1]!, 14004, -1, window, out, 0);
  }
});

Deno.bench({ name: "signal and mask of each record", group: "hits" }, () => {
  for (let i = 0; i < ROWS; i++) {
    const signal = Float64Array.from(values.subarray(i * WIDTH, (i + 1) * WIDTH), (sample) => 14004 - sample);
    for (let k = 0; k < WIDTH; k++) {
      if (!(signal[k]! >= 20)) continue;
      const start = Math.max(0, k - 2);
      while (k < WIDTH && signal[k]! >= 20) k++;
      const part = signal.subarray(start, Math.min(WIDTH, k + 2));
      out.integral[0] = part.reduce((a, s) => a + Math.max(0, s), 0);
      out.height[0] = Math.max(...part);
      sum++;
    }
  }
});

addEventListener("unload", () => console.log(sum > 0));
