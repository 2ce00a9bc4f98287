// Columns as they are.
import type { Codec } from "./types.ts";

/** No compression: columns lie in the file as in memory. */
export const none: Codec = {
  name: "none",
  help: "as it is: largest, no time spent",
  buffers: undefined,
  planes: false,
};
