/**
 * Frames: how messages lie in a byte stream.
 *
 * | bytes            | what                                                          |
 * | ---------------- | ------------------------------------------------------------- |
 * | 4                | magic `MRF` and the version, 1                                |
 * | 4 (u32, as all)  | type                                                          |
 * | 4                | id, free for the sender                                       |
 * | 4                | bytes of meta                                                 |
 * | 4                | number of buffers                                             |
 * | 4                | zero                                                          |
 * | 8 (u64)          | bytes of all buffers together                                 |
 * | bytes of meta    | meta: structured data, see `_codec.ts`                        |
 * | 8 (u64) a buffer | bytes of the buffer, at least 1                               |
 * | the rest         | the buffers, back to back                                     |
 *
 * Integers are little-endian. A receiver gives each buffer memory of its own, so the wire needs no alignment.
 *
 * @module
 */

/** Bytes of a frame before its meta. */
export const headerBytes = 32;

const magic = 0x0146524d;

/** A frame that can't be what the other side sent: the stream is of no use after it. */
export class FrameError extends Error {
  /** Class name. */
  override readonly name: string = "FrameError";
}

/** What a receiver accepts. */
export interface FrameLimits {
  /** Bytes of a whole frame. */
  readonly maxFrame: number;
  /** Bytes of meta. */
  readonly maxMeta: number;
  /** Number of buffers. */
  readonly maxBuffers: number;
}

/** Limits where none are given: 4 GiB a frame, 256 MiB of them meta, 65536 buffers. */
export const defaultLimits: FrameLimits = { maxFrame: 2 ** 32, maxMeta: 2 ** 28, maxBuffers: 2 ** 16 };

/** The fixed part of a frame. */
export interface FrameHeader {
  /** What kind of frame it is. */
  readonly type: number;
  /** Free for the sender. */
  readonly id: number;
  /** Bytes of meta. */
  readonly metaBytes: number;
  /** Number of buffers. */
  readonly buffers: number;
  /** Bytes of all buffers. */
  readonly bufferBytes: number;
}

/** A frame that came. */
export interface Frame {
  /** What kind of frame it is. */
  readonly type: number;
  /** Free for the sender. */
  readonly id: number;
  /** Structured data; valid until the next frame is read. */
  readonly meta: Uint8Array<ArrayBuffer>;
  /** The buffers, each at the start of memory of its own. */
  readonly buffers: readonly Uint8Array[];
}

/** Writes the fixed part into the first `headerBytes` of `into`. */
export function writeHeader(into: DataView, header: FrameHeader): void {
  into.setUint32(0, magic, true);
  into.setUint32(4, header.type, true);
  into.setUint32(8, header.id, true);
  into.setUint32(12, header.metaBytes, true);
  into.setUint32(16, header.buffers, true);
  into.setUint32(20, 0, true);
  writeSize(into, 24, header.bufferBytes);
}

/**
 * Reads the fixed part.
 *
 * @throws {FrameError} when it isn't one, or exceeds a limit
 */
export function readHeader(from: DataView, limits: FrameLimits): FrameHeader {
  const found = from.getUint32(0, true);
  if (found !== magic) {
    const bytes = new Uint8Array(from.buffer, from.byteOffset, 16);
    throw new FrameError(
      found << 8 === magic << 8
        ? `Cannot read frame: its version is ${found >>> 24}, expected 1; both sides need the same Millrace`
        : `Cannot read frame: expected it to begin with ${hex(magic)} ("MRF", version 1), found ${
          JSON.stringify(String.fromCharCode(...bytes))
        }`,
    );
  }
  const header = {
    type: from.getUint32(4, true),
    id: from.getUint32(8, true),
    metaBytes: from.getUint32(12, true),
    buffers: from.getUint32(16, true),
    bufferBytes: readSize(from, 24),
  };
  if (from.getUint32(20, true) !== 0) {
    throw new FrameError(
      `Cannot read frame: expected zero at byte 20, found ${hex(from.getUint32(20, true))}`,
    );
  }
  if (header.metaBytes > limits.maxMeta) {
    throw new FrameError(
      `Cannot read frame: ${header.metaBytes} bytes of meta exceed the limit of ${limits.maxMeta}`,
    );
  }
  if (header.buffers > limits.maxBuffers) {
    throw new FrameError(
      `Cannot read frame: ${header.buffers} buffers exceed the limit of ${limits.maxBuffers}`,
    );
  }
  const bytes = frameBytes(header);
  if (bytes > limits.maxFrame) {
    throw new FrameError(`Cannot read frame: its ${bytes} bytes exceed the limit of ${limits.maxFrame}`);
  }
  if (header.bufferBytes < header.buffers) {
    throw new FrameError(
      `Cannot read frame: ${header.buffers} buffers can't have ${header.bufferBytes} bytes together`,
    );
  }
  return header;
}

/**
 * Reads the sizes of the buffers.
 *
 * @throws {FrameError} when they don't add up to what the header says
 */
export function readSizes(from: DataView, header: FrameHeader): number[] {
  const sizes: number[] = [];
  let sum = 0;
  for (let at = 0; at < header.buffers * 8; at += 8) {
    const size = readSize(from, at);
    if (size === 0) throw new FrameError(`Cannot read frame: buffer ${at / 8} has no bytes`);
    sizes.push(size);
    sum += size;
  }
  if (sum !== header.bufferBytes) {
    throw new FrameError(
      `Cannot read frame: its buffers have ${sum} bytes, expected ${header.bufferBytes} from the header`,
    );
  }
  return sizes;
}

/** Bytes of the whole frame. */
function frameBytes(header: FrameHeader): number {
  return headerBytes + header.metaBytes + header.buffers * 8 + header.bufferBytes;
}

/** Writes a number of bytes as a 64-bit integer. */
export function writeSize(into: DataView, at: number, size: number): void {
  into.setUint32(at, size % 2 ** 32, true);
  into.setUint32(at + 4, Math.floor(size / 2 ** 32), true);
}

function readSize(from: DataView, at: number): number {
  return from.getUint32(at, true) + from.getUint32(at + 4, true) * 2 ** 32;
}

function hex(value: number): string {
  return `0x${value.toString(16).padStart(8, "0")}`;
}
