// All formats, and which one a file is of.
import { didYouMean } from "../options/_suggest.ts";
import { arrow } from "./arrow.ts";
import { csv } from "./csv.ts";
import { jsonl } from "./jsonl.ts";
import { npy } from "./npy.ts";
import { npz } from "./npz.ts";
import { parquet } from "./parquet.ts";
import type { Format } from "./types.ts";

/** All formats. */
export const FORMATS: readonly Format[] = [parquet, csv, jsonl, arrow, npy, npz];

/** The format of that name, or the one that a file's ending tells. @throws {RangeError} When there is none. */
export function formatOf(path: string, name?: string): Format {
  const names = FORMATS.map((format) => format.name);
  if (name !== undefined) {
    const found = FORMATS.find((format) => format.name === name);
    if (found) return found;
    throw new RangeError(
      `Unknown format "${name}"${didYouMean(name, names, `there are ${names.join(", ")}`)}`,
    );
  }
  const ending = /\.([^./\\]+)$/.exec(path)?.[1]?.toLowerCase() ?? "";
  const found = FORMATS.find(({ endings }) => endings.includes(ending));
  if (found) return found;
  const all = FORMATS.flatMap(({ endings }) => endings.map((one) => `.${one}`)).join(", ");
  throw new RangeError(
    `Cannot tell the format of "${path}" by its ending; there are ${all}; or give the format's name`,
  );
}
