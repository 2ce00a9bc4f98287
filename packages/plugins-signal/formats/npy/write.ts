/**
 * Traces as a NumPy `.npy` file.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { npyBytes } from "@millrace/plugins-signal/formats/npy/write";
 *
 * const bytes = npyBytes(new Uint16Array([1, 2, 3, 4, 5, 6]), 3); // numpy.load gives [[1, 2, 3], [4, 5, 6]]
 * assert.deepEqual([...bytes.subarray(-2)], [6, 0]);
 * ```
 * @module
 */

/**
 * The bytes of a file, version 1, with samples `<u2`.
 *
 * @param values `[rows, width]` samples.
 * @param width Samples a row, at least 1.
 * @throws {RangeError} If the samples aren't whole rows.
 */
export function npyBytes(values: Uint16Array, width: number): Uint8Array<ArrayBuffer> {
  if (!(Number.isInteger(width) && width > 0 && values.length % width === 0)) {
    throw new RangeError(`Cannot write ${values.length} samples in rows of ${width}; give whole rows`);
  }
  const text = `{'descr': '<u2', 'fortran_order': False, 'shape': (${values.length / width}, ${width}), }`;
  const start = Math.ceil((10 + text.length + 1) / 64) * 64;
  const bytes = new Uint8Array(start + 2 * values.length), view = new DataView(bytes.buffer);
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0]);
  view.setUint16(8, start - 10, true);
  bytes.set(new TextEncoder().encode(text.padEnd(start - 11) + "\n"), 10);
  for (let i = 0; i < values.length; i++) view.setUint16(start + 2 * i, values[i]!, true);
  return bytes;
}
