/**
 * The folders of installed plugins: {@linkcode writeVendored}, {@linkcode checkVendored}.
 * @module
 */
import { dirname, join } from "node:path";
import type { VersionManifest } from "@millrace/registry-server/client";
import { VerificationError } from "@millrace/registry-server/verify";
import { readManifest } from "./fetch_version.ts";
import type { LockedPlugin } from "./lock_file.ts";
import { placeOfNpm } from "./read_npm.ts";
import { ignoreMissing, type PackageFiles, sha256 } from "./package_files.ts";

/** Folder of all plugins that a lock file names. */
export function vendorFolder(lock: string): string {
  return join(dirname(lock), ".millrace", "plugins");
}

/** Folder that holds a plugin's files and nothing else. */
export function filesFolder(lock: string, plugin: Pick<LockedPlugin, "folder">): string {
  return join(vendorFolder(lock), plugin.folder, "files");
}

const manifestFile = (folder: string, id: string) =>
  join(folder, "manifests", `${sha256(id).slice(0, 16)}.json`);

/**
 * Write a plugin's files and manifests. The folder appears whole, or not at all; one that is there and right stays as it is, since
 * something may be running from it. To be called in turn with other changes of the lock file.
 */
export async function writeVendored(
  lock: string,
  folder: string,
  packages: readonly Pick<PackageFiles, "id" | "place" | "manifestBytes" | "files">[],
): Promise<void> {
  const all = vendorFolder(lock);
  const target = join(all, folder);
  if (await isThere(target, packages)) return;
  const temporary = join(all, `.${crypto.randomUUID()}.tmp`);
  await Deno.mkdir(join(temporary, "manifests"), { recursive: true });
  try {
    for (const { id, place, manifestBytes, files } of packages) {
      await Deno.writeFile(manifestFile(temporary, id), manifestBytes);
      for (const [path, bytes] of files) {
        const file = join(temporary, "files", place + path);
        await Deno.mkdir(dirname(file), { recursive: true });
        await Deno.writeFile(file, bytes);
      }
    }
    await Deno.remove(target, { recursive: true }).catch(ignoreMissing);
    await Deno.rename(temporary, target);
  } catch (error) {
    await Deno.remove(temporary, { recursive: true }).catch(ignoreMissing);
    throw error;
  }
}

async function isThere(
  target: string,
  packages: readonly Pick<PackageFiles, "id" | "place" | "manifestBytes" | "files">[],
): Promise<boolean> {
  const same = async (file: string, bytes: Uint8Array): Promise<boolean> => {
    const info = await Deno.lstat(file).catch(ignoreMissing);
    return info?.isFile === true && sha256(await Deno.readFile(file)) === sha256(bytes);
  };
  let count = 0;
  for (const { id, place, manifestBytes, files } of packages) {
    if (!await same(manifestFile(target, id), manifestBytes)) return false;
    for (const [path, bytes] of files) {
      if (!await same(join(target, "files", place + path), bytes)) return false;
      count++;
    }
  }
  try {
    for await (const _ of pathsIn(join(target, "files"), "")) count--;
  } catch (error) {
    if (error instanceof VerificationError) return false; // a link
    throw error;
  }
  return count === 0;
}

/** Whether a plugin's folder is there. */
export async function isVendored(lock: string, plugin: Pick<LockedPlugin, "folder">): Promise<boolean> {
  const info = await Deno.stat(filesFolder(lock, plugin)).catch(ignoreMissing);
  return info?.isDirectory === true;
}

/**
 * Compare the files of a plugin with the lock file, all of them, and its manifests with both.
 *
 * @returns The manifest of the plugin's own package.
 * @throws {VerificationError} On the first that is missing, changed or too many: names it.
 */
export async function checkVendored(
  lock: string,
  name: string,
  plugin: LockedPlugin,
): Promise<VersionManifest> {
  const remedy = `put it right with: millrace plugin vendor`;
  const folder = filesFolder(lock, plugin);
  const found = new Set<string>();
  for await (const path of pathsIn(folder, "")) {
    if (!Object.hasOwn(plugin.files, path)) {
      throw new VerificationError(
        `Cannot use ${name}: "${join(folder, path)}" is not in the lock file; remove it`,
      );
    }
    found.add(path);
    if (sha256(await Deno.readFile(join(folder, path))) !== plugin.files[path]) {
      throw new VerificationError(
        `Cannot use ${name}: "${join(folder, path)}" is not what was installed; ${remedy}`,
      );
    }
  }
  const missing = Object.keys(plugin.files).find((path) => !found.has(path));
  if (missing !== undefined) {
    throw new VerificationError(`Cannot use ${name}: "${join(folder, missing)}" is missing; ${remedy}`);
  }
  let own: VersionManifest | undefined;
  for (const [id, { manifest }] of Object.entries(plugin.packages)) {
    const bytes = await readPackageManifest(lock, plugin, id).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      throw new VerificationError(`Cannot use ${name}: the manifest of ${id} is missing; ${remedy}`);
    });
    if (sha256(bytes) !== manifest) {
      throw new VerificationError(
        `Cannot use ${name}: the manifest of ${id} is not what was installed; ${remedy}`,
      );
    }
    const read = readManifest(bytes, id);
    const place = placeOf(id, plugin.kind);
    for (const [path, { checksum }] of Object.entries(read.manifest)) {
      if (`sha256-${plugin.files[place + path]}` === checksum) continue;
      throw new VerificationError(
        `Cannot use ${name}: the lock file has another "${path}" of ${id} than its manifest; restore the lock file`,
      );
    }
    if (manifest === plugin.manifest) own = read;
  }
  if (own) return own;
  throw new VerificationError(
    `Cannot use ${name}: the lock file names the manifest ${plugin.manifest} and no package that has it`,
  );
}

/** Bytes of a package's manifest as it was installed. */
export async function readPackageManifest(
  lock: string,
  plugin: Pick<LockedPlugin, "folder">,
  id: string,
): Promise<Uint8Array<ArrayBuffer>> {
  return await Deno.readFile(manifestFile(join(vendorFolder(lock), plugin.folder), id));
}

/** Where the files of a package are in its plugin's folder. */
export function placeOf(id: string, kind: LockedPlugin["kind"]): string {
  const found = /^(@[^/@]+\/[^/@]+)@([^/@]+)$/.exec(id);
  if (found) return `${found[1]}/${found[2]}`;
  const npm = /^npm:(.+)@([^@]+)$/.exec(id);
  if (kind === "npm" && npm) return placeOfNpm({ name: npm[1]!, version: npm[2]! });
  return kind === "url" ? "url" : "local";
}

async function* pathsIn(folder: string, at: string): AsyncGenerator<string> {
  let entries: Deno.DirEntry[];
  try {
    entries = await Array.fromAsync(Deno.readDir(join(folder, at)));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw error;
  }
  for (const { name, isDirectory, isSymlink } of entries) {
    const path = at === "" ? name : `${at}/${name}`;
    if (isSymlink) {
      throw new VerificationError(
        `Cannot use "${join(folder, path)}": it is a link, and what was installed has none`,
      );
    }
    if (isDirectory) yield* pathsIn(folder, path);
    else yield path;
  }
}

/** Remove folders that no plugin of the lock file has, and what was never finished. In turn, as {@linkcode writeVendored}. */
export async function removeUnused(
  lock: string,
  plugins: Iterable<Pick<LockedPlugin, "folder">>,
): Promise<void> {
  const kept = new Set([...plugins].map(({ folder }) => folder));
  const all = vendorFolder(lock);
  for (const { name } of await Array.fromAsync(Deno.readDir(all)).catch(ignoreMissing) ?? []) {
    if (!kept.has(name)) await Deno.remove(join(all, name), { recursive: true });
  }
}
