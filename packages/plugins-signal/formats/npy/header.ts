/**
 * The header of a NumPy `.npy` file (format versions 1 to 3).
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseHeader } from "./header.ts";
 * import { npyBytes } from "./write.ts";
 *
 * const { rows, width, start, type } = parseHeader("a.npy", npyBytes(new Uint16Array(6), 3));
 * assert.deepEqual([rows, width, start, type.name], [2, 3, 64 * 2, "u2"]);
 * ```
 * @module
 */

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]; // \x93NUMPY

/** A type of number: how many bytes, and how one is read. */
export interface NumberType {
  /** NumPy's name without the byte order. */
  readonly name: string;
  /** Bytes a number. */
  readonly size: number;
  /** Read one. */
  readonly read: (view: DataView, at: number, isLittle: boolean) => number;
}

const TYPES: readonly NumberType[] = [
  { name: "u1", size: 1, read: (view, at) => view.getUint8(at) },
  { name: "i1", size: 1, read: (view, at) => view.getInt8(at) },
  { name: "u2", size: 2, read: (view, at, isLittle) => view.getUint16(at, isLittle) },
  { name: "i2", size: 2, read: (view, at, isLittle) => view.getInt16(at, isLittle) },
  { name: "u4", size: 4, read: (view, at, isLittle) => view.getUint32(at, isLittle) },
  { name: "i4", size: 4, read: (view, at, isLittle) => view.getInt32(at, isLittle) },
  { name: "i8", size: 8, read: (view, at, isLittle) => Number(view.getBigInt64(at, isLittle)) },
  { name: "f4", size: 4, read: (view, at, isLittle) => view.getFloat32(at, isLittle) },
  { name: "f8", size: 8, read: (view, at, isLittle) => view.getFloat64(at, isLittle) },
];

/** What a file holds. */
export interface NpyHeader {
  /** Traces. */
  readonly rows: number;
  /** Samples of each. */
  readonly width: number;
  /** Type of a sample. */
  readonly type: NumberType;
  /** Whether its lowest byte comes first. */
  readonly isLittle: boolean;
  /** Byte of the first sample. */
  readonly start: number;
  /** Dimensions of the array: 2, or 1 for a single trace. */
  readonly dimensions: number;
}

/** Whether a file that starts with these bytes is a `.npy` file. */
export function isNpy(head: Uint8Array): boolean {
  return MAGIC.every((byte, i) => head[i] === byte);
}

/** Bytes of the header, from the first 12 of a file. @throws {SyntaxError} On no `.npy` file, or an unknown version. */
export function headerBytes(name: string, head: Uint8Array): number {
  if (!isNpy(head) || head.length < 12) {
    throw new SyntaxError(
      `Cannot read "${name}" at byte 0: it does not start as a .npy file; check the file`,
    );
  }
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength), version = head[6]!;
  if (version < 1 || version > 3) {
    throw new SyntaxError(
      `Cannot read "${name}" at byte 6: format version ${version} is not known; save it again with numpy.save`,
    );
  }
  return version === 1 ? 10 + view.getUint16(8, true) : 12 + view.getUint32(8, true);
}

/**
 * What the first bytes of a file say.
 *
 * @param name Name of the file, for errors.
 * @param bytes The file's start with its whole header.
 * @throws {SyntaxError} On a header that is damaged. @throws {TypeError} On a type, order or shape that no traces have.
 */
export function parseHeader(name: string, bytes: Uint8Array): NpyHeader {
  const start = headerBytes(name, bytes), from = bytes[6] === 1 ? 10 : 12;
  const text = new TextDecoder().decode(bytes.subarray(from, start));
  const descr = /'descr':\s*'([<>|=])(\w+)'/.exec(text);
  const order = /'fortran_order':\s*(True|False)/.exec(text)?.[1];
  const shape = /'shape':\s*\(([\d, L]*)\)/.exec(text)?.[1];
  if (bytes.length < start || order === undefined || shape === undefined || !/'descr'/.test(text)) {
    throw new SyntaxError(
      `Cannot read "${name}" at byte ${from}: its header is damaged: ${text.slice(0, 100)}`,
    );
  }
  const type = TYPES.find((type) => type.name === descr?.[2]);
  if (!type) {
    const given = /'descr':\s*(.*?),\s*'/.exec(text)?.[1] ?? "unknown";
    throw new TypeError(
      `Cannot read "${name}" at byte ${from}: samples of type ${given}; save integers, such as x.astype("u2")`,
    );
  }
  if (order === "True") {
    throw new TypeError(
      `Cannot read "${name}" at byte ${from}: its columns come first; save numpy.ascontiguousarray(x)`,
    );
  }
  const sizes = shape.split(",").map((part) => part.replace("L", "").trim()).filter((part) => part !== "")
    .map(Number);
  if (sizes.length !== 1 && sizes.length !== 2) {
    throw new TypeError(
      `Cannot read "${name}" at byte ${from}: its shape is (${shape}); traces are [rows, samples], or [samples] for one`,
    );
  }
  const [rows, width] = sizes.length === 2 ? sizes as [number, number] : [1, sizes[0]!];
  return { rows, width, type, isLittle: descr![1] !== ">", start, dimensions: sizes.length };
}
