/**
 * How a CoMPASS `.BIN` file lies in bytes, little-endian throughout.
 *
 * | bytes | what |
 * |---|---|
 * | 2 | `0xCAEn`; the bits of `n` say what every event carries: 1 energy, 2 calibrated energy, 4 short-gate energy, 8 waveform |
 *
 * and then events without padding:
 *
 * | bytes | what |
 * |---|---|
 * | 2 | board, u16 |
 * | 2 | channel, u16 |
 * | 8 | time, ps, u64 below 2^63 |
 * | 2 | energy, u16, if bit 1 |
 * | 8 | calibrated energy, f64, if bit 2 |
 * | 2 | short-gate energy, u16, if bit 4 |
 * | 4 | flags, u32 |
 * | 1 + 4 | code of the trace, u8, and number of samples, u32, if bit 8 |
 * | 2 a sample | samples, u16, if bit 8 |
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { eventLayout, WAVEFORM } from "./layout.ts";
 *
 * assert.equal(eventLayout(WAVEFORM).fixed, 21);
 * ```
 * @module
 */

/** Bit of the header: events carry an energy. */
export const ENERGY = 1;
/** Bit of the header: events carry a calibrated energy. */
export const CALIBRATED = 2;
/** Bit of the header: events carry a short-gate energy. */
export const SHORT = 4;
/** Bit of the header: events carry a waveform. */
export const WAVEFORM = 8;

/** Bytes of the file header. */
export const HEADER_BYTES = 2;

/** Most samples an event may have unless told otherwise; more is taken for damage. */
export const MAX_SAMPLES: number = 2 ** 24;

/** Byte positions in an event; -1 for what it does not carry. */
export interface EventLayout {
  /** The header's bits. */
  readonly content: number;
  /** Energy, u16. */
  readonly energy: number;
  /** Calibrated energy, f64. */
  readonly calibrated: number;
  /** Short-gate energy, u16. */
  readonly short: number;
  /** Flags, u32. */
  readonly flags: number;
  /** Code of the trace, u8. */
  readonly code: number;
  /** Number of samples, u32. */
  readonly samples: number;
  /** Bytes before the samples. */
  readonly fixed: number;
}

/** Where the fields of an event lie, for header bits `content`. */
export function eventLayout(content: number): EventLayout {
  let at = 12;
  const place = (bit: number, bytes: number): number => {
    if ((content & bit) === 0) return -1;
    at += bytes;
    return at - bytes;
  };
  const energy = place(ENERGY, 2);
  const calibrated = place(CALIBRATED, 8);
  const short = place(SHORT, 2);
  const flags = at;
  at += 4;
  const code = place(WAVEFORM, 1);
  const samples = place(WAVEFORM, 4);
  return { content, energy, calibrated, short, flags, code, samples, fixed: at };
}

/**
 * Whether a file that starts with these bytes is CoMPASS: `0xCAEn`, little-endian. At least two bytes are needed.
 */
export function isCompass(firstBytes: Uint8Array): boolean {
  return firstBytes.length >= 2 && firstBytes[1] === 0xca && (firstBytes[0]! & 0xf0) === 0xe0;
}
