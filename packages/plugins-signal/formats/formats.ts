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
import { arrow } from "./arrow/format.ts";
import { expandInputs } from "./compass/detect.ts";
import { compass } from "./compass/format.ts";
import { csv } from "./csv/format.ts";
import { FOLDERS, type Format } from "./format.ts";
import { hdf5 } from "./hdf5/format.ts";
import { npy } from "./npy/format.ts";
import { npz } from "./npz/format.ts";
import { parquet } from "./parquet/format.ts";
import { strax } from "./strax/format.ts";
import { v1725 } from "./v1725/format.ts";
import { wav } from "./wav/format.ts";
import { waveDump } from "./wavedump/format.ts";

export type { Format, FormatOptions, FormatPiece } from "./format.ts";

/** All formats; a folder with files of several is read as the first one, and the user is told. */
export const formats: readonly Format[] = [
  compass,
  csv,
  npy,
  npz,
  hdf5,
  strax,
  v1725,
  waveDump,
  wav,
  arrow,
  parquet,
];

const HEAD = 512;

/** The files of a run and how they are read. */
export interface RunFiles {
  /** The files, by path. */
  readonly paths: readonly string[];
  /** Their format. */
  readonly format: Format;
  /** What was left out, in words. */
  readonly notices: readonly string[];
}

/**
 * The files that `inputs` (files, folders of runs, patterns) name, and their format by their content. A folder stands for the
 * files of the first format that it, or a folder in it, has; files of other formats beside them are named in the notices.
 *
 * @throws {SyntaxError} On a file of no known format, or files of different ones.
 * @throws {TypeError} On no inputs, and on a pipe or device.
 * @throws {Deno.errors.NotFound} On a missing file, a folder without data or a pattern that matches nothing.
 */
export async function findRun(inputs: string | readonly string[]): Promise<RunFiles> {
  const notices: string[] = [];
  const paths = await expandInputs(inputs, async (folder) => {
    const { files, leftOut } = await filesOf(folder);
    if (leftOut.length > 0) notices.push(leftOutText(folder, leftOut));
    return files;
  });
  return { paths, format: await formatOf(paths), notices };
}

function leftOutText(folder: string, files: readonly string[]): string {
  const names = files.slice(0, 3).map((file) => `"${file.slice(folder.length).replace(/^\//, "")}"`);
  const more = files.length > 3 ? ` and ${files.length - 3} more` : "";
  return `Files in "${folder}" are left out, since they are not of the format that is read: ${
    names.join(", ")
  }${more}; ` +
    "give files or a pattern instead of the folder to read them";
}

/** The data of a run's folder: of the first format that has any, and where it first has any. */
async function filesOf(folder: string): Promise<{ files: readonly string[]; leftOut: readonly string[] }> {
  const places = new Map<string, Map<string, Format>>();
  for (const place of new Set(formats.flatMap(({ folders }) => folders ?? FOLDERS))) {
    places.set(place, await knownFiles(place === "" ? folder : `${folder.replace(/\/$/, "")}/${place}`));
  }
  for (const format of formats) {
    for (const place of format.folders ?? FOLDERS) {
      const known = places.get(place)!;
      const own = [...known.keys()].filter((path) => known.get(path) === format);
      const files = own.length > 0 ? format.dataFiles?.(own) ?? own : own;
      if (files.length === 0) continue;
      const beside = [...known.keys(), ...(place === "" ? [] : places.get("")!.keys())];
      return { files, leftOut: beside.filter((path) => !files.includes(path)).sort() };
    }
  }
  const suffixes = [...new Set(formats.flatMap(({ suffixes }) => suffixes))].join(", ");
  throw new Deno.errors.NotFound(
    `Cannot find data in the folder "${folder}": neither it nor RAW, UNFILTERED or FILTERED in it has files of a known ` +
      `format (${suffixes}); give the folder of a run, files or a pattern`,
  );
}

async function knownFiles(folder: string): Promise<Map<string, Format>> {
  const found = new Map<string, Format>();
  let entries: Deno.DirEntry[];
  try {
    entries = await Array.fromAsync(Deno.readDir(folder));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return found;
    throw error;
  }
  for (const { name, isDirectory } of entries) {
    if (isDirectory || name.startsWith(".")) continue;
    const path = `${folder.replace(/\/$/, "")}/${name}`;
    if (!formats.some((format) => hasSuffix(format, path))) continue;
    if (!(await Deno.stat(path)).isFile) continue;
    const format = await formatAt(path);
    if (format) found.set(path, format);
  }
  return found;
}

const hasSuffix = ({ suffixes }: Format, path: string) =>
  suffixes.some((suffix) => path.toLowerCase().endsWith(suffix));

/** A file's format: what its content says; of an empty or damaged one, what its name says. */
async function formatAt(path: string): Promise<Format | undefined> {
  const head = await headOf(path);
  return formats.find((format) => format.byCompanion && format.detect(head, path)) ??
    formats.find((format) => format.detect(head, path)) ??
    formats.find((format) => !format.sharesSuffix && hasSuffix(format, path));
}

/**
 * The format of the files of a run, by their content.
 *
 * @throws {SyntaxError} On a file of another format, or files of different ones.
 * @throws {Deno.errors.NotFound} On a missing file.
 */
export async function formatOf(paths: readonly string[]): Promise<Format> {
  let first: Format | undefined;
  for (const path of paths) {
    const found = await formatAt(path);
    if (!found) {
      const known = formats.map(({ name, suffixes }) => `${name} (${suffixes.join(", ")})`).join(", ");
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
