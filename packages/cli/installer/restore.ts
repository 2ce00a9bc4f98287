/**
 * Fetch again what a lock file names, to the same bytes: {@linkcode restore}.
 * @module
 */
import { dirname } from "node:path";
import { Analyser } from "@millrace/registry-server/client";
import { VerificationError } from "@millrace/registry-server/verify";
import { fetchVersion } from "./fetch_version.ts";
import type { Lock, LockedPlugin } from "./lock_file.ts";
import { manifestOf, type PackageFiles, sha256 } from "./package_files.ts";
import { folderFrom, openRegistry } from "./propose.ts";
import { readFolder } from "./read_folder.ts";
import { readNpm } from "./read_npm.ts";
import { readUrl } from "./read_url.ts";
import { parseSpecifier } from "./specifier.ts";
import { placeOf } from "./vendor.ts";

type Restored = Pick<PackageFiles, "id" | "place" | "manifestBytes" | "files">;

/**
 * The files of an installed plugin, from where it was installed from.
 *
 * @throws {VerificationError} When they are not those that the lock file names.
 */
export async function restore(
  name: string,
  plugin: LockedPlugin,
  lock: Lock,
  path: string,
): Promise<{ readonly packages: readonly Restored[]; readonly warnings: readonly string[] }> {
  const warnings: string[] = [];
  const packages: Restored[] = [];
  let opened: Awaited<ReturnType<typeof openRegistry>> | undefined;
  if (plugin.kind === "npm") packages.push(...await fromNpm(name, plugin, path));
  for (const [id, locked] of Object.entries(plugin.packages)) {
    if (plugin.kind === "npm") break;
    if (locked.trust === "local") {
      packages.push(await local(id, plugin, path));
      continue;
    }
    opened ??= await openRegistry(name, {
      lock,
      registry: plugin.kind === "registry" ? plugin.from : undefined,
    });
    const [, scope, plain, version] = /^@([^/@]+)\/([^/@]+)@([^/@]+)$/.exec(id)!;
    const wanted = { scope: scope!, name: plain!, version: version! };
    const fetched = await fetchVersion(opened.reader, wanted, opened.trusted, locked.manifest);
    if (locked.trust === "verified" && fetched.trust !== "verified") {
      throw new VerificationError(
        `Cannot trust ${id}: it was signed by its publisher when it was added, and is not now`,
      );
    }
    const state = await opened.reader.state(scope!, plain!, version!);
    if (state?.yanked) {
      warnings.push(`The version ${id} is yanked: ${state.yankReason}; the lock file has exactly this one`);
    }
    packages.push(fetched);
  }
  for (const { place, files } of packages) {
    for (const [file, bytes] of files) {
      if (plugin.files[place + file] === sha256(bytes)) continue;
      throw new VerificationError(
        `Cannot restore ${name}: the file "${
          place + file
        }" is not the one in the lock file; if it was meant to change: ` +
          `millrace plugin update ${name}`,
      );
    }
  }
  return { packages, warnings };
}

async function fromNpm(name: string, { packages }: LockedPlugin, path: string): Promise<readonly Restored[]> {
  using analyser = new Analyser();
  const wanted = parseSpecifier(name);
  if (wanted.kind !== "npm") {
    throw new SyntaxError(`Cannot restore "${name}": it is no name of a package of npm`);
  }
  return await readNpm(wanted, dirname(path), analyser, packages);
}

async function local(id: string, plugin: LockedPlugin, path: string): Promise<Restored> {
  using analyser = new Analyser();
  if (plugin.kind === "url") return await readUrl(plugin.from, analyser);
  const { files, config: { exports, millrace }, facts } = await readFolder(
    folderFrom(path, plugin.from),
    analyser,
  );
  return { id, place: placeOf(id, plugin.kind), files, ...manifestOf({ files, exports, facts, millrace }) };
}
