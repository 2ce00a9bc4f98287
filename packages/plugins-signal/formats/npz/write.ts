/**
 * Traces as a NumPy `.npz` archive.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { npzBytes } from "@millrace/plugins-signal/formats/npz/write";
 *
 * // numpy.load gives an archive with "a", which is [[1, 2, 3], [4, 5, 6]]
 * const bytes = npzBytes({ a: { values: new Uint16Array([1, 2, 3, 4, 5, 6]), width: 3 } });
 * assert.deepEqual([...bytes.subarray(0, 2)], [0x50, 0x4b]);
 * ```
 * @module
 */
import { crc32, deflateRawSync } from "node:zlib";
import { npyBytes } from "../npy/write.ts";

/** An array to write. */
export interface NpzArray {
  /** `[rows, width]` samples. */
  readonly values: Uint16Array;
  /** Samples a row, at least 1. */
  readonly width: number;
}

/**
 * The bytes of an archive.
 *
 * @param arrays By name.
 * @param packed Whether they are deflated, as by `numpy.savez_compressed`. Default: stored.
 * @throws {RangeError} If samples aren't whole rows, or on 4 GiB or more.
 */
export function npzBytes(
  arrays: Readonly<Record<string, NpzArray>>,
  packed = false,
): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [], directory: Uint8Array[] = [];
  let at = 0;
  for (const [key, { values, width }] of Object.entries(arrays)) {
    const bytes = npyBytes(values, width), name = new TextEncoder().encode(`${key}.npy`);
    const body = packed ? new Uint8Array(deflateRawSync(bytes)) : bytes;
    if (at + body.length >= 2 ** 32 - 2 ** 20) {
      throw new RangeError("Cannot write an archive of 4 GiB: write several");
    }
    // Version, flags, method, date, CRC, sizes, length of the name: the same in both places.
    const common = new Uint8Array(26), view = new DataView(common.buffer);
    view.setUint16(0, 20, true);
    view.setUint16(4, packed ? 8 : 0, true);
    view.setUint16(8, 0x21, true); // 1 January 1980
    view.setUint32(10, crc32(bytes), true);
    view.setUint32(14, body.length, true);
    view.setUint32(18, bytes.length, true);
    view.setUint16(22, name.length, true);
    const behind = new Uint8Array(14); // of the directory: comment, disk, attributes, place
    new DataView(behind.buffer).setUint32(10, at, true);
    const local = joined([Uint8Array.of(0x50, 0x4b, 3, 4), common, name, body]);
    directory.push(joined([Uint8Array.of(0x50, 0x4b, 1, 2, 20, 0), common, behind, name]));
    parts.push(local);
    at += local.length;
  }
  const list = joined(directory), end = new Uint8Array(22), view = new DataView(end.buffer);
  end.set([0x50, 0x4b, 5, 6]);
  view.setUint16(8, directory.length, true);
  view.setUint16(10, directory.length, true);
  view.setUint32(12, list.length, true);
  view.setUint32(16, at, true);
  return joined([...parts, list, end]);
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
