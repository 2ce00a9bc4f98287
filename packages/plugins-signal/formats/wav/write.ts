/**
 * Samples as a WAV file.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { wavBytes } from "@millrace/plugins-signal/formats/wav/write";
 *
 * const bytes = wavBytes([new Uint16Array([32768, 32769])], { rate: 48_000 });
 * assert.deepEqual([...bytes.subarray(44)], [0, 0, 1, 0]);
 * ```
 * @module
 */

/** What a file is like. */
export interface WavSettings {
  /** Samples a second. */
  readonly rate: number;
  /** `u8`, `i16` (default), `i24`, `i32`, `f32` or `f64`: what samples of 16 bits become. */
  readonly type?: "u8" | "i16" | "i24" | "i32" | "f32" | "f64";
  /** `RIFF` (default) or `RF64`, for files beyond 4 GiB. */
  readonly container?: "RIFF" | "RF64";
  /** Whether the header is an extensible one. Default not. */
  readonly isExtensible?: boolean;
}

/**
 * The bytes of a file. Samples are unsigned as in `wave` of raw records: 32768 is silence (for `u8`, 128).
 *
 * @param channels Samples of each channel, equally many.
 * @throws {RangeError} On channels of different lengths, or none.
 */
export function wavBytes(channels: readonly Uint16Array[], settings: WavSettings): Uint8Array<ArrayBuffer> {
  const { rate, type = "i16", container = "RIFF", isExtensible = false } = settings;
  const frames = channels[0]?.length ?? -1, size = Number(type.slice(1)) / 8;
  if (frames < 0 || channels.some(({ length }) => length !== frames)) {
    throw new RangeError("Cannot write a WAV file: give at least one channel, and all equally long");
  }
  const formatBytes = isExtensible ? 40 : 16, wide = container === "RF64" ? 36 : 0;
  const start = 12 + wide + 8 + formatBytes + 8, length = frames * channels.length * size;
  const bytes = new Uint8Array(start + length + (length & 1)), view = new DataView(bytes.buffer);
  const text = (at: number, text: string) => bytes.set(new TextEncoder().encode(text), at);
  text(0, container);
  view.setUint32(4, wide ? 0xffffffff : bytes.length - 8, true);
  text(8, "WAVE");
  if (wide) {
    text(12, "ds64");
    view.setUint32(16, 28, true);
    view.setBigUint64(20, BigInt(bytes.length - 8), true);
    view.setBigUint64(28, BigInt(length), true);
    view.setBigUint64(36, BigInt(frames), true);
  }
  const at = 12 + wide, code = type.startsWith("f") ? 3 : 1;
  text(at, "fmt ");
  view.setUint32(at + 4, formatBytes, true);
  view.setUint16(at + 8, isExtensible ? 0xfffe : code, true);
  view.setUint16(at + 10, channels.length, true);
  view.setUint32(at + 12, rate, true);
  view.setUint32(at + 16, rate * channels.length * size, true);
  view.setUint16(at + 20, channels.length * size, true);
  view.setUint16(at + 22, 8 * size, true);
  if (isExtensible) {
    view.setUint16(at + 24, 22, true);
    view.setUint16(at + 26, 8 * size, true);
    view.setUint16(at + 32, code, true);
    bytes.set([0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71], at + 34);
  }
  text(start - 8, "data");
  view.setUint32(start - 4, wide ? 0xffffffff : length, true);
  let next = start;
  for (let k = 0; k < frames; k++) {
    for (const samples of channels) {
      put(view, next, type, samples[k]!);
      next += size;
    }
  }
  return bytes;
}

function put(view: DataView, at: number, type: NonNullable<WavSettings["type"]>, sample: number): void {
  const signed = sample - 32768;
  if (type === "u8") view.setUint8(at, sample);
  else if (type === "i16") view.setInt16(at, signed, true);
  else if (type === "i24") view.setInt16(at + 1, signed, true);
  else if (type === "i32") view.setInt16(at + 2, signed, true);
  else if (type === "f32") view.setFloat32(at, signed / 32767, true);
  else view.setFloat64(at, signed / 32767, true);
}
