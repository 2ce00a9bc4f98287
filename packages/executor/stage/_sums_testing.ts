// A plugin that adds samples up.

import { definePlugin } from "@millrace/core/define";
import type { Plugin } from "@millrace/core/plugin";

/** The sum of each row's samples. */
export const sums: Plugin = definePlugin({
  module: import.meta.url,
  export: "sums",
  provides: "sums",
  dependsOn: ["rows"],
  needs: { rows: { time: "time", wave: "i16[n]" } },
  version: "1",
  schema: { time: "time", sum: "f64" },
  computeChunk(chunk, { emit }) {
    const { time, wave } = chunk.columns;
    const out = emit(chunk.length);
    const width = wave.length / Math.max(1, time.length);
    for (let i = 0; i < time.length; i++) {
      let sum = 0;
      for (let k = 0; k < width; k++) sum += wave[i * width + k]!;
      out.columns.time[i] = time[i]!;
      out.columns.sum[i] = sum;
    }
    return out;
  },
});
