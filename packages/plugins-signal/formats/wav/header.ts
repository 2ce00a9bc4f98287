/**
 * The header of a WAV file: RIFF or RF64, integers or floating point, plain or extensible.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { wavHeader } from "./header.ts";
 * import { wavBytes } from "./write.ts";
 *
 * const file = await Deno.makeTempFile({ suffix: ".wav" });
 * await Deno.writeFile(file, wavBytes([new Uint16Array([1, 2, 3])], { rate: 8000 }));
 * const { channels, rate, frames } = await wavHeader(file);
 * assert.deepEqual([channels, rate, frames], [1, 8000, 3]);
 * await Deno.remove(file);
 * ```
 * @module
 */

/** What a file holds. */
export interface WavHeader {
  readonly channels: number;
  /** Samples a second of each channel. */
  readonly rate: number;
  /** Bits a sample. */
  readonly bits: 8 | 16 | 24 | 32 | 64;
  /** Whether samples are floating point. */
  readonly isFloat: boolean;
  /** Byte of the first sample. */
  readonly start: number;
  /** Samples of each channel. */
  readonly frames: number;
  /** Bytes of samples that the header says and the file does not have. */
  readonly missing: number;
}

const INTEGER = 1, FLOAT = 3, EXTENSIBLE = 0xfffe;

/** Whether a file that starts with these bytes is a WAV file. */
export function isWav(head: Uint8Array): boolean {
  const text = new TextDecoder().decode(head.subarray(0, 12));
  return /^(?:RIFF|RF64)[^]*WAVE$/.test(text.slice(0, 4) + text.slice(-4));
}

/**
 * Read the header of a file.
 *
 * @throws {SyntaxError} On one that is damaged. @throws {TypeError} On samples of another kind.
 */
export async function wavHeader(path: string): Promise<WavHeader> {
  using file = await Deno.open(path, { read: true });
  const { size } = await file.stat();
  const at = async (from: number, length: number): Promise<DataView> => {
    await file.seek(from, Deno.SeekMode.Start);
    const bytes = new Uint8Array(length);
    for (let have = 0; have < length;) {
      const got = await file.read(bytes.subarray(have));
      if (got === null) throw damaged(path, from + have, "it ends in its header: it was cut");
      have += got;
    }
    return new DataView(bytes.buffer);
  };
  const head = new Uint8Array((await at(0, 12)).buffer);
  if (!isWav(head)) throw damaged(path, 0, "it does not start as a WAV file");
  let format: Omit<WavHeader, "start" | "frames" | "missing"> | undefined, wide: number | undefined;
  for (let next = 12; next + 8 <= size;) {
    const chunk = await at(next, 8), name = String.fromCharCode(...new Uint8Array(chunk.buffer, 0, 4));
    const length = chunk.getUint32(4, true);
    if (name === "ds64") wide = Number((await at(next + 8, 16)).getBigUint64(8, true));
    if (name === "fmt ") format = formatIn(path, await at(next + 8, Math.min(length, 40)), next + 8);
    if (name === "data") {
      if (!format) throw damaged(path, next, "its samples come before its format");
      const start = next + 8;
      // A recorder that never came to the end leaves 0 or all ones.
      const said = length === 0xffffffff || (length === 0 && wide === undefined && size > start)
        ? wide ?? size - start
        : length;
      const have = Math.min(said, size - start), frame = format.channels * format.bits / 8;
      return { ...format, start, frames: Math.floor(have / frame), missing: said - have };
    }
    next += 8 + length + (length & 1);
  }
  throw damaged(path, size, "it has no samples: it was cut");
}

function formatIn(path: string, view: DataView, at: number): Omit<WavHeader, "start" | "frames" | "missing"> {
  if (view.byteLength < 16) throw damaged(path, at, "its format is too short");
  let code = view.getUint16(0, true);
  if (code === EXTENSIBLE && view.byteLength >= 26) code = view.getUint16(24, true);
  const channels = view.getUint16(2, true), rate = view.getUint32(4, true), bits = view.getUint16(14, true);
  const isFloat = code === FLOAT;
  if (!(isFloat ? [32, 64] : code === INTEGER ? [8, 16, 24, 32] : []).includes(bits)) {
    throw new TypeError(
      `Cannot read "${path}" at byte ${at}: its samples are of format ${code} with ${bits} bits; ` +
        "save integers of 8, 16, 24 or 32 bits or floating point of 32 or 64",
    );
  }
  if (channels === 0 || rate === 0) {
    throw damaged(path, at, `it has ${channels} channels of ${rate} samples a second`);
  }
  if (view.getUint16(12, true) !== channels * bits / 8) {
    throw damaged(path, at, `a sample of all ${channels} channels has ${view.getUint16(12, true)} bytes`);
  }
  return { channels, rate, bits: bits as WavHeader["bits"], isFloat };
}

function damaged(path: string, at: number, what: string): SyntaxError {
  return new SyntaxError(`Cannot read "${path}" at byte ${at}: ${what}; copy it again`);
}
