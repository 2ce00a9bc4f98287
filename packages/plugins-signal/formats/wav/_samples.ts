// Samples of all kinds as unsigned integers of 16 bits.
import type { WavHeader } from "./header.ts";

/** Reads the sample at a byte. Integers keep their upper 16 bits; what is not known of floating point is NaN. */
export type ReadSample = (view: DataView, at: number) => number;

/**
 * How samples are read. 8 bits are unsigned and stay as they are; others are moved up by 32768, so that silence is 32768; of 24 and
 * 32 bits the upper 16 are taken; floating point is 32768 + 32767 x, rounded, of -1 to 1.
 */
export function sampleReader({ bits, isFloat }: WavHeader): ReadSample {
  if (isFloat) {
    const read: ReadSample = bits === 32
      ? (v, at) => v.getFloat32(at, true)
      : (v, at) => v.getFloat64(at, true);
    return (view, at) => {
      const x = read(view, at);
      return x >= -1 && x <= 1 ? Math.round(32768 + 32767 * x) : NaN;
    };
  }
  if (bits === 8) return (view, at) => view.getUint8(at);
  const skip = bits / 8 - 2;
  return (view, at) => view.getInt16(at + skip, true) + 32768;
}

/** Bits that are lost, 0 where samples stay exact. */
export function lostBits({ bits, isFloat }: WavHeader): number {
  return isFloat ? NaN : Math.max(0, bits - 16);
}
