import { ROWS, waves, WIDTH } from "./_bench_waves.ts";
import { basicFeatures } from "./basic_features.ts";

const { values, offsets } = waves();
const out = {
  height: new Float32Array(ROWS),
  amp: new Float32Array(ROWS),
  area: new Float32Array(ROWS),
  max_abs_diff: new Float32Array(ROWS),
};
let sum = 0;

Deno.bench({ name: "basicFeatures(), 20 000 records of 800", group: "features", baseline: true }, () => {
  for (let i = 0; i < ROWS; i++) {
    basicFeatures(values, offsets[i]!, offsets[i + 1]!, 14000, -1, 40, 90, 0, Infinity, out, i);
  }
  sum += out.area[ROWS - 1]!;
});

Deno.bench({ name: "one pass a feature", group: "features" }, () => {
  for (let i = 0; i < ROWS; i++) {
    const wave = values.subarray(i * WIDTH, (i + 1) * WIDTH);
    const searched = wave.subarray(40, 90);
    let low = Infinity, high = -Infinity, area = 0, steepest = 0;
    for (const sample of searched) low = Math.min(low, sample);
    for (const sample of searched) high = Math.max(high, sample);
    for (const sample of wave) area += 14000 - sample;
    for (let k = 1; k < wave.length; k++) steepest = Math.max(steepest, Math.abs(wave[k]! - wave[k - 1]!));
    out.height[i] = 14000 - low;
    out.amp[i] = high - low;
    out.area[i] = area;
    out.max_abs_diff[i] = steepest;
  }
  sum += out.area[ROWS - 1]!;
});

addEventListener("unload", () => console.log(sum !== 0));
