// Plugins that are measured in a sandbox, and in the thread tier.

import { definePlugin } from "@millrace/core/define";
import type { Plugin } from "@millrace/core/plugin";

const NEEDS = { rows: { time: "time", wave: "u16[1024]" } } as const;

/** Gives back what it gets. */
export const echo: Plugin = definePlugin({
  module: import.meta.url,
  export: "echo",
  provides: "echo",
  dependsOn: ["rows"],
  needs: NEEDS,
  version: "1",
  schema: { time: "time", wave: "u16[1024]" },
  computeChunk(chunk, { emit }) {
    const out = emit(chunk.length);
    out.columns.time.set(chunk.columns.time);
    out.columns.wave.set(chunk.columns.wave);
    return out;
  },
});

/** Reads nothing of what it gets. */
export const sink: Plugin = definePlugin({
  module: import.meta.url,
  export: "sink",
  provides: "sink",
  dependsOn: ["rows"],
  needs: NEEDS,
  version: "1",
  schema: { time: "time" },
  computeChunk(chunk, { emit }) {
    const out = emit(chunk.length);
    out.columns.time.set(chunk.columns.time);
    return out;
  },
});

/** Sums over each waveform: about 25 ms for 4 MiB. */
export const moments: Plugin = definePlugin({
  module: import.meta.url,
  export: "moments",
  provides: "moments",
  dependsOn: ["rows"],
  needs: NEEDS,
  version: "1",
  schema: { time: "time", second: "f64", third: "f64" },
  computeChunk(chunk, { emit }) {
    const { time, wave } = chunk.columns;
    const out = emit(chunk.length);
    for (let i = 0; i < time.length; i++) {
      let second = 0, third = 0;
      for (let k = i * 1024; k < (i + 1) * 1024; k++) {
        const value = wave[k]! / 3;
        second += value * value;
        third += Math.sqrt(value) % 7;
      }
      out.columns.time[i] = time[i]!;
      out.columns.second[i] = second;
      out.columns.third[i] = third;
    }
    return out;
  },
});

/** Never ends. */
export const loop: Plugin = definePlugin({
  module: import.meta.url,
  export: "loop",
  provides: "loop",
  dependsOn: ["rows"],
  version: "1",
  schema: { time: "time" },
  computeChunk() {
    for (;;);
  },
});
