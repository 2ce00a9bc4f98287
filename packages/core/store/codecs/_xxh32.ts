// xxHash of 32 bits (https://github.com/Cyan4973/xxHash, doc/xxhash_spec.md), which LZ4 frames have as checksums.

const P1 = 0x9e3779b1, P2 = 0x85ebca77, P3 = 0xc2b2ae3d, P4 = 0x27d4eb2f, P5 = 0x165667b1;

const turn = (value: number, bits: number): number => (value << bits) | (value >>> (32 - bits));

/** The hash of some bytes, with seed 0. O(bytes). */
export function xxh32(bytes: Uint8Array): number {
  const { length } = bytes;
  let at = 0, hash = P5;
  const word = (k: number): number =>
    bytes[k]! | bytes[k + 1]! << 8 | bytes[k + 2]! << 16 | bytes[k + 3]! << 24;
  if (length >= 16) {
    let a = (P1 + P2) | 0, b = P2 | 0, c = 0, d = -P1 | 0;
    for (const end = length - 16; at <= end; at += 16) {
      a = Math.imul(turn((a + Math.imul(word(at), P2)) | 0, 13), P1);
      b = Math.imul(turn((b + Math.imul(word(at + 4), P2)) | 0, 13), P1);
      c = Math.imul(turn((c + Math.imul(word(at + 8), P2)) | 0, 13), P1);
      d = Math.imul(turn((d + Math.imul(word(at + 12), P2)) | 0, 13), P1);
    }
    hash = turn(a, 1) + turn(b, 7) + turn(c, 12) + turn(d, 18);
  }
  hash = (hash + length) | 0;
  for (; at + 4 <= length; at += 4) hash = Math.imul(turn((hash + Math.imul(word(at), P3)) | 0, 17), P4);
  for (; at < length; at++) hash = Math.imul(turn((hash + Math.imul(bytes[at]!, P5)) | 0, 11), P1);
  hash = Math.imul(hash ^ (hash >>> 15), P2);
  hash = Math.imul(hash ^ (hash >>> 13), P3);
  return (hash ^ (hash >>> 16)) >>> 0;
}
