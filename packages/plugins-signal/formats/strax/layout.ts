/**
 * How packed records lie in a file: the JSON beside it says so.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { straxLayout } from "./layout.ts";
 * import { straxDescription } from "./write.ts";
 *
 * const { itemsize, samples, fields } = straxLayout("a.json", straxDescription(110));
 * assert.deepEqual([itemsize, samples, fields.data.offset], [244, 110, 24]);
 * ```
 * @module
 */

/** A field of a record. */
export interface Field {
  /** NumPy's type with the byte order, such as `<i4`. */
  readonly type: string;
  /** Byte in the record. */
  readonly offset: number;
}

/** Where fields lie. */
export interface StraxLayout {
  /** Bytes a record. */
  readonly itemsize: number;
  /** Most samples a record. */
  readonly samples: number;
  /** Records of the file, where it is said. */
  readonly records: number | undefined;
  readonly fields: Readonly<Record<"time" | "length" | "dt" | "channel" | "data", Field>> & {
    /** Number of the fragment in its pulse, where the records have it. */
    readonly record_i: Field | undefined;
  };
}

const TYPES: Readonly<Record<string, readonly string[]>> = {
  time: ["<i8", "<u8"],
  length: ["<i4", "<i2", "<u4", "<u2"],
  dt: ["<i2", "<i4", "<u2", "<u4"],
  channel: ["<i2", "<u2", "<i4", "<u4"],
  record_i: ["<i2", "<u2", "<i4", "<u4"],
  data: ["<i2", "<u2"],
};

/** The description beside a file of records, best first. */
export function descriptionPlaces(path: string): string[] {
  return [path.replace(/\.[^./]*$/, "") + ".json"];
}

/** Whether a text describes records: wholly, or as one that lacks something, which `straxLayout` says. */
export function isDescription(text: string): "whole" | "part" | undefined {
  const found = ["itemsize", "dtype"].filter((key) => new RegExp(`"${key}"\\s*:`).test(text)).length;
  return found === 2 ? "whole" : found === 1 ? "part" : undefined;
}

/**
 * What a description says: `itemsize` and `dtype`, a list of `[name, type, shape, offset]`.
 *
 * @throws {SyntaxError} On text that is no JSON. @throws {TypeError} On fields that are missing, of other types, or beyond the record.
 */
export function straxLayout(path: string, text: string): StraxLayout {
  let json: { itemsize?: unknown; dtype?: unknown; n_records?: unknown };
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new SyntaxError(`Cannot read "${path}": it is no JSON: ${(cause as Error).message}`, { cause });
  }
  const { itemsize, dtype, n_records } = json;
  if (!(Number.isInteger(itemsize) && (itemsize as number) > 0 && Array.isArray(dtype))) {
    throw new TypeError(
      `Cannot read "${path}": it describes the strax records beside it, which takes itemsize (bytes a record) and dtype, ` +
        "a list of [name, type, shape, offset]",
    );
  }
  const found = (name: string): [Field, number] => {
    const entry = dtype.find((entry) => Array.isArray(entry) && entry[0] === name);
    const [, type, shape, offset] = entry ?? [];
    if (!TYPES[name]!.includes(type)) {
      const what = entry ? `is of type ${type}` : "is missing";
      throw new TypeError(
        `Cannot read "${path}": the field ${name} ${what}; it is ${TYPES[name]!.join(" or ")}`,
      );
    }
    const many = Array.isArray(shape) && shape.length === 1 ? shape[0] as number : 1;
    if (
      !(Number.isInteger(offset) && offset >= 0 && offset + many * Number(type[2]) <= (itemsize as number))
    ) {
      throw new TypeError(
        `Cannot read "${path}": the field ${name} lies at ${offset}, outside the ${itemsize} bytes of a record`,
      );
    }
    return [{ type, offset }, many];
  };
  const [data, samples] = found("data");
  const hasNumber = dtype.some((entry) => Array.isArray(entry) && entry[0] === "record_i");
  return {
    itemsize: itemsize as number,
    samples,
    records: typeof n_records === "number" ? n_records : undefined,
    fields: {
      time: found("time")[0],
      length: found("length")[0],
      dt: found("dt")[0],
      channel: found("channel")[0],
      record_i: hasNumber ? found("record_i")[0] : undefined,
      data,
    },
  };
}
