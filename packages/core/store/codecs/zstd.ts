// Arrow's own buffer compression with zstd, level 1.
import zlib from "node:zlib";
import { beginUnzstd, bytesAt, fits, reserve } from "./_unzstd.ts";
import type { BufferCodec, Codec } from "./types.ts";

const LEVEL = { [zlib.constants.ZSTD_c_compressionLevel]: 1 };
/** Most bytes that come out of a compressed block, and fewest that it takes: no frame gives more. */
const BLOCK = 2 ** 17, LEAST = 3;
/** Room behind what comes out: where it fills its buffer, zlib makes another of that size to see that no more comes. */
const ROOM = 64;
/** Most bytes of one buffer. */
const MAX_BYTES = 2 ** 31;

/** zstd frames. */
export const zstdBuffers: BufferCodec = {
  type: 1,
  encode(bytes) {
    // Output in one piece: in zlib's of 16 KiB it takes up to twice as long, and nobody but the collector could free several.
    const chunkSize = bytes.length + (bytes.length >> 8) + 128;
    return zlib.zstdCompressSync(bytes, { chunkSize, params: LEVEL });
  },
  decode(bytes, size) {
    checkSize(bytes, size);
    if (!fits(size)) return byZlib(bytes, size);
    const [at] = reserve(size) as [number];
    const until = beginUnzstd(bytes, size, at);
    if (!until) return byZlib(bytes, size);
    until(size);
    return bytesAt(at, size).slice();
  },
  beginAt(bytes, size, at) {
    checkSize(bytes, size);
    const until = beginUnzstd(bytes, size, at);
    if (until) return until;
    bytesAt(at, size).set(byZlib(bytes, size));
    return () => {};
  },
};

function checkSize(bytes: Uint8Array, size: number): void {
  if (size > MAX_BYTES || size > Math.ceil(bytes.length / LEAST) * BLOCK) {
    throw new SyntaxError(`${bytes.length} compressed bytes cannot hold ${size}`);
  }
}

/** Into a buffer of its own. @throws {SyntaxError} When other than `size` bytes come out, or they are damaged. */
function byZlib(bytes: Uint8Array, size: number): Uint8Array {
  let out: Uint8Array;
  try {
    out = zlib.zstdDecompressSync(bytes, { maxOutputLength: size + 1, chunkSize: size + ROOM });
  } catch (cause) {
    throw new SyntaxError(`its compressed bytes are damaged (${(cause as Error).message})`, { cause });
  }
  if (out.length !== size) {
    throw new SyntaxError(`${out.length} bytes came out of its compressed ones, not ${size}`);
  }
  return out;
}

/** zstd-1 on every buffer: what any Arrow library reads. */
export const zstd: Codec = {
  name: "zstd",
  help: "zstd level 1, read by any Arrow library as it is",
  buffers: zstdBuffers,
  planes: false,
};
