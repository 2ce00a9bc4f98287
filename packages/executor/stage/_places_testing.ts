// Plugins that work in the memory of the kernels.

import { definePlugin } from "@millrace/core/define";
import type { Plugin } from "@millrace/core/plugin";
import { isKernelMemory, memory, takePlace } from "@millrace/core/kernel-memory";

const rows = { rows: { wave: "i16[n]" } } as const;

/** Whether the samples of each row lie there, and their sum, read at their address. */
export const places: Plugin = definePlugin({
  module: import.meta.url,
  export: "places",
  provides: "places",
  dependsOn: ["rows"],
  needs: rows,
  version: "1",
  dataKind: "rows",
  schema: { time: "time", isThere: "u8", sum: "f64" },
  computeChunk(chunk, { emit }) {
    const { wave } = chunk.columns, isThere = Number(isKernelMemory(wave.buffer));
    const seen = isThere ? new Int16Array(memory.buffer, wave.byteOffset, wave.length) : wave;
    const out = emit(chunk.length), width = wave.length / Math.max(1, chunk.length);
    for (let row = 0; row < chunk.length; row++) {
      out.columns.isThere[row] = isThere;
      out.columns.sum[row] = seen.subarray(row * width, (row + 1) * width).reduce((a, b) => a + b, 0);
    }
    return out;
  },
});

/** Takes a place and ends its worker. */
export const leaver: Plugin = definePlugin({
  module: import.meta.url,
  export: "leaver",
  provides: "left",
  dependsOn: ["rows"],
  needs: rows,
  version: "1",
  dataKind: "rows",
  schema: { time: "time" },

  computeChunk() {
    takePlace(2 ** 20);
    Deno.exit(3);
  },
});

/** Takes a place that it never gives back. */
export const keeper: Plugin = definePlugin({
  module: import.meta.url,
  export: "keeper",
  provides: "kept",
  dependsOn: ["rows"],
  needs: rows,
  version: "1",
  dataKind: "rows",
  schema: { time: "time", at: "f64" },
  computeChunk(chunk, { emit }) {
    const out = emit(chunk.length);
    out.columns.at.fill(takePlace(2 ** 20));
    return out;
  },
});
