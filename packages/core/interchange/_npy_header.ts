// The header of NumPy's .npy format, https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html.
import type { Column, Element } from "../data/schema.ts";
import { elementIn } from "./_values.ts";

/** Bytes of the headers that are written: enough for the number of rows to be put in later. */
const ROOM = 20;

/** One field of an array, or the array itself with the name "". */
export interface NpyField {
  readonly name: string;
  readonly element: Element;
  /** Numbers of a row. */
  readonly width: number;
  /** Whether a row is an array, be it of one number. */
  readonly isArray: boolean;
}

/** What an .npy file holds. */
export interface NpyHeader {
  readonly fields: readonly NpyField[];
  readonly rows: number;
  /** Bytes in front of the data. */
  readonly bytes: number;
}

const CODES: Readonly<Record<Element, string>> = {
  i8: "|i1",
  i16: "<i2",
  i32: "<i4",
  i64: "<i8",
  u8: "|u1",
  u16: "<u2",
  u32: "<u4",
  u64: "<u8",
  f32: "<f4",
  f64: "<f8",
  bool: "|b1",
};
const ELEMENTS = new Map(Object.entries(CODES).map(([element, code]) => [code, element as Element]));

/** NumPy's name of a number type. */
export function codeOf(element: Element): string {
  return CODES[element];
}

/** NumPy's description of a table's rows. */
export function recordType(columns: readonly Column[], widthOf: (name: string) => number): string {
  const fields = columns.map((column) => {
    const type = `('${column.name.replace(/['\\]/g, "\\$&")}', '${codeOf(elementIn(column))}'`;
    return column.kind === "fixed" ? `${type}, (${widthOf(column.name)},))` : `${type})`;
  });
  return `[${fields.join(", ")}]`;
}

/** A header of a length that doesn't depend on `shape`'s digits. */
export function npyHeader(descr: string, shape: readonly number[]): Uint8Array {
  const text = `{'descr': ${descr}, 'fortran_order': False, 'shape': (${shape.join(", ")}${
    shape.length === 1 ? "," : ""
  }), }`;
  const encoded = new TextEncoder().encode(text);
  const digits = shape.reduce((sum, n) => sum + String(n).length, 0);
  const total = Math.ceil((12 + encoded.length - digits + ROOM * shape.length + 1) / 64) * 64;
  const out = new Uint8Array(total).fill(32);
  out.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 2, 0]);
  new DataView(out.buffer).setUint32(8, total - 12, true);
  out.set(encoded, 12);
  out[total - 1] = 10;
  return out;
}

/** Read a header, with `read` giving bytes of the file. @throws {SyntaxError} On one that is none or holds other types. */
export async function readNpyHeader(
  read: (at: number, length: number) => Promise<Uint8Array>,
): Promise<NpyHeader> {
  const start = await read(0, 10);
  if (String.fromCharCode(...start.subarray(1, 6)) !== "NUMPY" || start[0] !== 0x93) {
    throw new SyntaxError("it is no .npy file");
  }
  const wide = start[6]! >= 2;
  const lengths = await read(8, wide ? 4 : 2);
  const view = new DataView(lengths.buffer, lengths.byteOffset);
  const length = wide ? view.getUint32(0, true) : view.getUint16(0, true), at = wide ? 12 : 10;
  const text = new TextDecoder().decode(await read(at, length));
  const part = (pattern: RegExp, what: string): string => {
    const found = pattern.exec(text)?.[1];
    if (found !== undefined) return found;
    throw new SyntaxError(`its header has no ${what}`);
  };
  if (/'fortran_order':\s*True/.test(text)) {
    throw new SyntaxError("it is in Fortran order; save numpy.ascontiguousarray(a)");
  }
  const shape = part(/'shape':\s*\(([^)]*)\)/, "shape").split(",").map((n) => n.trim()).filter((n) =>
    n !== ""
  ).map(Number);
  const [rows = 1, ...more] = shape;
  const width = more.reduce((a, b) => a * b, 1);
  const single = /'descr':\s*'([^']*)'/.exec(text)?.[1];
  const fields = single === undefined
    ? recordFields(part(/'descr':\s*(\[.*\])\s*,\s*'fortran_order'/s, "descr"))
    : [{ name: "", element: elementFor(single, "the array"), width, isArray: more.length > 0 }];
  if (single === undefined && more.length > 0) {
    throw new SyntaxError(`its records have the shape (${shape}); give a list of them`);
  }
  return { fields, rows, bytes: at + length };
}

function elementFor(code: string, what: string): Element {
  const element = ELEMENTS.get(code.replace(/^[<=|](?=[iu]1|b1)/, "|").replace(/^=/, "<"));
  if (element) return element;
  throw new SyntaxError(`${what} is of NumPy's type "${code}", which no column has here`);
}

function recordFields(text: string): NpyField[] {
  const fields: NpyField[] = [];
  const field = /\(\s*'((?:[^'\\]|\\.)*)'\s*,\s*'([^']*)'\s*(?:,\s*\(([^)]*)\)\s*)?\)\s*,?\s*/y;
  field.lastIndex = 1;
  while (text[field.lastIndex] !== "]") {
    const at = field.lastIndex, match = field.exec(text);
    if (!match) throw new SyntaxError(`its records cannot be read: ${text.slice(at, at + 60)}`);
    const name = match[1]!.replace(/\\(.)/g, "$1");
    const shape = match[3]?.split(",").map((n) => n.trim()).filter((n) => n !== "").map(Number);
    const width = shape?.reduce((a, b) => a * b, 1) ?? 1;
    fields.push({
      name,
      element: elementFor(match[2]!, `field "${name}"`),
      width,
      isArray: shape !== undefined,
    });
  }
  return fields;
}
