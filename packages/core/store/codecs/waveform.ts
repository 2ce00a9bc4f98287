// Samples of 16 bits as planes of bytes, the numbers beside them too, and zstd's format on everything.
import type { Codec } from "./types.ts";
import { zstdBuffers } from "./zstd.ts";

/** zigzag, byte shuffle and frames of our own for samples of 16 bits and the numbers beside them, zstd-1 for all else. */
export const waveform: Codec = {
  name: "waveform",
  help: "zstd, the bytes of waveforms and of numbers beside them shuffled before: smallest and fastest",
  buffers: zstdBuffers,
  planes: true,
};
