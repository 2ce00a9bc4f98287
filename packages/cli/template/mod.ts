/**
 * Hits that last long.
 *
 * @module
 */
import { definePlugin, option, type Plugin } from "@millrace/core";

/** Hits that last at least `minLength`, with their length in ps. */
export const longHits: Plugin = definePlugin({
  module: import.meta.url,
  export: "longHits",
  provides: "long_hits",
  dependsOn: ["hit_threshold"],
  needs: { hit_threshold: { time: "time", endtime: "time" } },
  version: "1.0.0",
  help: "Hits that last long",
  schema: { time: "time", endtime: "time", length: "f64" },
  columnHelp: { length: ["ps", "from its start to its end"] },
  options: { minLength: option.time({ default: "20 ns", help: "Shortest length" }) },
  computeChunk(chunk, { options, emit }) {
    const { time, endtime } = chunk.columns; // typed arrays; times are offsets from chunk.t0
    const out = emit(time.length);
    let n = 0;
    for (let i = 0; i < time.length; i++) {
      const length = endtime[i]! - time[i]!;
      if (length < options.minLength) continue;
      out.columns.time[n] = time[i]!;
      out.columns.endtime[n] = endtime[i]!;
      out.columns.length[n++] = length;
    }
    return out.resize(n);
  },
});
