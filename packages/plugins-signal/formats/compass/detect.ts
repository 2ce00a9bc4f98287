/**
 * Which files a run consists of.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { expandInputs, isCompass } from "./detect.ts";
 *
 * const folder = await Deno.makeTempDir();
 * await Deno.mkdir(`${folder}/RAW`);
 * await Deno.writeFile(`${folder}/RAW/b.BIN`, new Uint8Array([0xe9, 0xca]));
 * await Deno.writeFile(`${folder}/RAW/a.BIN`, new Uint8Array([0xe9, 0xca]));
 * const files = await expandInputs(folder);
 * assert.deepEqual(files, [`${folder}/RAW/a.BIN`, `${folder}/RAW/b.BIN`]);
 * assert(isCompass(await Deno.readFile(files[0]!)));
 * await Deno.remove(folder, { recursive: true });
 * ```
 * @module
 */
import { FOLDERS } from "../format.ts";
import { isAbsolute, join, normalize } from "node:path";

export { isCompass } from "./layout.ts";

const WILD = /[*?]/;

/**
 * The files that `inputs` name: files, folders and patterns (`*`, `?` within a name, `**` for any folders), sorted by
 * path, each file once however it was named.
 *
 * A folder stands for what `filesOf` gives; by default for the `.BIN` files (in either case) in it, else those in `RAW`,
 * `UNFILTERED` or `FILTERED`, the first that has any: they hold the same events.
 *
 * @throws {TypeError} On no inputs, and on a pipe or device.
 * @throws {Deno.errors.NotFound} On a missing file, a folder without `.BIN` files or a pattern that matches nothing.
 */
export async function expandInputs(
  inputs: string | readonly string[],
  filesOf: (folder: string) => Promise<readonly string[]> = binFiles,
): Promise<string[]> {
  const given = typeof inputs === "string" ? [inputs] : inputs;
  if (given.length === 0) {
    throw new TypeError("Cannot read a run without inputs: give files, folders or patterns");
  }
  const found = new Map<string, string>();
  for (const input of given) {
    for (const file of await expand(input, filesOf)) {
      // A pipe or device would be waited for without end.
      if (!(await Deno.stat(file)).isFile) {
        throw new TypeError(
          `Cannot read the input "${file}": it is neither a file nor a folder; copy its data to a file`,
        );
      }
      const real = await Deno.realPath(file);
      const known = found.get(real);
      if (known === undefined || file < known) found.set(real, file);
    }
  }
  return [...found.values()].sort(byCodeUnit);
}

function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

async function expand(
  input: string,
  filesOf: (folder: string) => Promise<readonly string[]>,
): Promise<readonly string[]> {
  const info = await statOf(input);
  if (info?.isDirectory) return filesOf(input);
  if (info) return [input];
  if (!WILD.test(input)) {
    throw new Deno.errors.NotFound(
      `Cannot find the input "${input}": there is no such file or folder in "${Deno.cwd()}"; check the path`,
    );
  }
  return matches(input);
}

async function statOf(path: string): Promise<Deno.FileInfo | undefined> {
  try {
    return await Deno.stat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

async function binFiles(folder: string): Promise<string[]> {
  for (const subfolder of FOLDERS) {
    const place = subfolder ? join(folder, subfolder) : folder;
    if (!(await statOf(place))?.isDirectory) continue;
    const files: string[] = [];
    for await (const entry of Deno.readDir(place)) {
      if (!entry.isDirectory && entry.name.toLowerCase().endsWith(".bin")) {
        files.push(join(place, entry.name));
      }
    }
    if (files.length > 0) return files;
  }
  throw new Deno.errors.NotFound(
    `Cannot find data in the folder "${folder}": neither it nor RAW, UNFILTERED or FILTERED in it has .BIN files; ` +
      "give the folder of a run, files or a pattern",
  );
}

async function matches(pattern: string): Promise<string[]> {
  const parts = normalize(pattern).split("/");
  const wild = parts.findIndex((part) => WILD.test(part));
  const root = parts.slice(0, wild).join("/") || (isAbsolute(pattern) ? "/" : ".");
  const files: string[] = [];
  if ((await statOf(root))?.isDirectory) await walk(root, parts.slice(wild), files);
  if (files.length > 0) return files;
  throw new Deno.errors.NotFound(
    `Cannot find files that match "${pattern}" in "${root}" (from "${Deno.cwd()}"): check the pattern`,
  );
}

async function walk(folder: string, parts: readonly string[], files: string[]): Promise<void> {
  const [part, ...rest] = parts;
  if (part === "**") await walk(folder, rest.length > 0 ? rest : ["*"], files);
  const name = part === "**" ? /^[^.]/s : nameTest(part!);
  for await (const entry of Deno.readDir(folder)) {
    if (!name.test(entry.name)) continue;
    const path = folder === "." ? entry.name : join(folder, entry.name);
    const isFolder = entry.isDirectory ||
      (entry.isSymlink && part !== "**" && (await statOf(path))?.isDirectory);
    if (part === "**") {
      if (isFolder) await walk(path, parts, files);
    } else if (rest.length === 0) {
      if (!isFolder) files.push(path);
    } else if (isFolder) await walk(path, rest, files);
  }
}

function nameTest(part: string): RegExp {
  const source = part.replace(/[.+^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*").replaceAll("?", ".");
  return new RegExp(`^${part.startsWith(".") ? "" : "(?!\\.)"}${source}$`, "su");
}
