// Booleans between one byte each (tables) and one bit each (Arrow, least significant bit first).

/** Pack bytes (0 is false, anything else true) into bits. O(values). */
export function packBits(bytes: Uint8Array): Uint8Array {
  const bits = new Uint8Array(Math.ceil(bytes.length / 8));
  for (let i = 0; i < bytes.length; i++) if (bytes[i] !== 0) bits[i >>> 3]! |= 1 << (i & 7);
  return bits;
}

/** Unpack `out.length` bits from bit `from` on into bytes of 0 or 1. O(values). */
export function unpackBits(bits: Uint8Array, from: number, out: Uint8Array): void {
  for (let i = 0; i < out.length; i++) {
    const k = from + i;
    out[i] = (bits[k >>> 3]! >>> (k & 7)) & 1;
  }
}
