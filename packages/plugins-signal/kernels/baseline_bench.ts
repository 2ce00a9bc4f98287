import { ROWS, waves, WIDTH } from "./_bench_waves.ts";
import { baselines } from "./baseline.ts";

const { values, offsets } = waves();
const out = new Float64Array(ROWS);
let sum = 0;

Deno.bench({ name: "baselines(), 20 000 records, 40 samples", group: "baseline", baseline: true }, () => {
  baselines(values, offsets, ROWS, 0, 40, out);
  sum += out[ROWS - 1]!;
});

Deno.bench({ name: "slice and reduce", group: "baseline" }, () => {
  for (let i = 0; i < ROWS; i++) {
    out[i] = values.slice(i * WIDTH, i * WIDTH + 40).reduce((a, b) => a + b, 0) / 40;
  }
  sum += out[ROWS - 1]!;
});

addEventListener("unload", () => console.log(sum > 0));
