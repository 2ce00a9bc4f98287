/**
 * The file formats that `raw_files` reads.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { formatOf } from "@millrace/plugins-signal/formats";
 * import { npyBytes } from "@millrace/plugins-signal/formats/npy/write";
 *
 * const file = await Deno.makeTempFile();
 * await Deno.writeFile(file, npyBytes(new Uint16Array([1, 2, 3, 4]), 2));
 * assert.equal((await formatOf([file])).name, "NumPy .npy");
 * await Deno.remove(file);
 * ```
 * @module
 */
import { compass } from "./compass/format.ts";
import type { Format } from "./format.ts";
import { npy } from "./npy/format.ts";

export type { Format, FormatOptions, FormatPiece } from "./format.ts";

/** All formats; a folder with files of several is read as the first one. */
export const formats: readonly Format[] = [compass, npy];

const HEAD = 64;

/**
 * The format of the files of a run, by their content.
 *
 * @throws {SyntaxError} On a file of another format, or files of different ones.
 * @throws {Deno.errors.NotFound} On a missing file.
 */
export async function formatOf(paths: readonly string[]): Promise<Format> {
  let first: Format | undefined;
  for (const path of paths) {
    const head = await headOf(path);
    // An empty or cut file is told by the reader of its name.
    const found = formats.find((format) => format.detect(head)) ??
      formats.find(({ suffix }) => path.toLowerCase().endsWith(suffix));
    if (!found) {
      const known = formats.map(({ name, suffix }) => `${name} (${suffix})`).join(", ");
      throw new SyntaxError(
        `Cannot read "${path}": its first bytes are those of no known format; known are ${known}`,
      );
    }
    if (first !== undefined && found !== first) {
      throw new SyntaxError(
        `Cannot read "${path}" (${found.name}) together with "${
          paths[0]
        }" (${first.name}); give files of one format`,
      );
    }
    first = found;
  }
  if (!first) throw new TypeError("Cannot read a run without files: give at least one");
  return first;
}

async function headOf(path: string): Promise<Uint8Array> {
  using file = await Deno.open(path, { read: true });
  const head = new Uint8Array(HEAD);
  let have = 0;
  for (let got; have < HEAD && (got = await file.read(head.subarray(have))) !== null;) have += got;
  return head.subarray(0, have);
}
