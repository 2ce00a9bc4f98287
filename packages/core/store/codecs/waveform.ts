// Samples of 16 bits as planes of bytes, and zstd on everything.
import type { Codec } from "./types.ts";
import { zstdBuffers } from "./zstd.ts";

/** zigzag, byte shuffle and zstd-1 for samples of 16 bits, zstd-1 for all other columns. */
export const waveform: Codec = {
  name: "waveform",
  help: "zstd level 1, samples of 16 bits shuffled before: smallest and fastest for waveforms",
  buffers: zstdBuffers,
  planes: true,
};
