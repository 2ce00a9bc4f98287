// Plugins that work in the memory of the kernels.

import { definePlugin } from "@millrace/core/define";
import { option } from "@millrace/core/option";
import type { Plugin } from "@millrace/core/plugin";
import { isKernelMemory, memory, takePlace } from "@millrace/core/kernel-memory";
import type { Table } from "@millrace/core/table";

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

/** Emits in the memory of the kernels where it may, and says whether it did. */
export const placed: Plugin = definePlugin({
  module: import.meta.url,
  export: "placed",
  provides: "placed",
  dependsOn: ["rows"],
  needs: rows,
  version: "1",
  dataKind: "rows",
  schema: { time: "time", isThere: "u8", wave: "i16[8]" },
  options: { says: option.boolean({ default: true, help: "Whether it says where" }) },
  computeChunk(chunk, { emit, options }) {
    const out = emit(chunk.length, { inKernelMemory: true }), { wave, isThere } = out.columns;
    wave.set(chunk.columns.wave as Int16Array);
    isThere.fill(Number(options.says && isKernelMemory(wave.buffer)));
    return out;
  },
});

/** Emits in the memory of the kernels where it may, with its input's times and numbers as they are; says where those lie. */
export const sharing: Plugin = definePlugin({
  module: import.meta.url,
  export: "sharing",
  provides: "shared",
  dependsOn: ["rows"],
  needs: { rows: { wave: "i16[n]", n: "i32" } },
  version: "1",
  dataKind: "rows",
  schema: { time: "time", n: "i32", isThere: "u8", wave: "i16[8]" },
  options: { says: option.boolean({ default: true, help: "Whether it says where" }) },
  computeChunk(chunk, { emit, options }) {
    const out = emit(chunk.length, {
      inKernelMemory: true,
      share: { time: chunk.table as unknown as Table, n: chunk.table as unknown as Table },
    });
    const { wave, isThere } = out.columns;
    (wave as Int16Array).set(chunk.columns.wave as Int16Array);
    isThere.fill(Number(options.says && isKernelMemory(wave.buffer)));
    return out;
  },
});

/** Reads what is shared; says whether the numbers lie in the memory of the kernels. */
export const last: Plugin = definePlugin({
  module: import.meta.url,
  export: "last",
  provides: "last",
  dependsOn: ["shared"],
  needs: { shared: { wave: "i16[8]", n: "i32" } },
  version: "1",
  dataKind: "rows",
  schema: { time: "time", sum: "f64", isShared: "u8" },
  computeChunk(chunk, { emit }) {
    const { wave, n } = chunk.columns, out = emit(chunk.length);
    out.columns.isShared.fill(Number(isKernelMemory(n.buffer)));
    for (let row = 0; row < chunk.length; row++) {
      out.columns.sum[row] = n[row]! + wave.subarray(8 * row, 8 * row + 8).reduce((a, b) => a + b, 0);
    }
    return out;
  },
});

/** Reads what is placed. */
export const behind: Plugin = definePlugin({
  module: import.meta.url,
  export: "behind",
  provides: "behind",
  dependsOn: ["placed"],
  needs: { placed: { wave: "i16[8]" } },
  version: "1",
  dataKind: "rows",
  schema: { time: "time", sum: "f64" },
  computeChunk(chunk, { emit }) {
    const { wave } = chunk.columns, out = emit(chunk.length);
    for (let row = 0; row < chunk.length; row++) {
      out.columns.sum[row] = wave.subarray(8 * row, 8 * row + 8).reduce((a, b) => a + b, 0);
    }
    return out;
  },
});
