/**
 * For a registry: whether the plugins of an upload do what their samples say, in a sandbox: {@linkcode checkCandidate}.
 * @module
 */
import { join } from "node:path";
import { Analyser, type Candidate, type PackageSource, resolveRange } from "@millrace/registry-server/client";
import { readManifest } from "./fetch_version.ts";
import { completeGraph } from "./graph.ts";
import { vendoredPlugins } from "./load.ts";
import type { Lock, LockedPlugin } from "./lock_file.ts";
import { manifestOf, type PackageFiles, UNSIGNED } from "./package_files.ts";
import { complete, entriesOf } from "./propose.ts";
import { runSample } from "./sample.ts";
import { writeVendored } from "./vendor.ts";

/**
 * Compute the samples of an upload's plugins.
 *
 * @param source Packages that it depends on.
 * @returns What comes out wrong, or cannot be computed; empty where all is right.
 * @throws {Error} Where there can be no sandbox.
 */
export async function checkCandidate(
  candidate: Candidate,
  source: PackageSource,
): Promise<readonly string[]> {
  const { scope, name, version, files, facts, config: { exports, millrace } } = candidate;
  const id = `@${scope}/${name}@${version}`;
  const { state } = await Deno.permissions.query({ name: "run", command: "/bin/sh" });
  if (state !== "granted") {
    throw new Error(
      'Cannot check samples: that needs the permission --allow-run=/bin/sh (behind "deno run")',
    );
  }
  const root: PackageFiles = {
    id,
    scope,
    place: `@${scope}/${name}/${version}`,
    files: files as ReadonlyMap<string, Uint8Array<ArrayBuffer>>,
    ...manifestOf({ files, exports, facts, millrace }),
    ...UNSIGNED,
  };
  const folder = await Deno.makeTempDir({ prefix: "millrace_samples_" });
  using analyser = new Analyser();
  try {
    const graph = await completeGraph(root, {
      analyser,
      entries: entriesOf(root),
      fetch: ({ name, range }) => read(name, range, source),
    });
    const lock: Lock = { format: 1, registries: {}, publishers: {}, plugins: {} };
    const { plugin } = complete(id, root, graph.packages, graph.imports, {
      lock,
      kind: "registry",
      name: `@${scope}/${name}`,
      version,
      from: "",
      registryKeys: [],
      warnings: [],
    });
    const path = join(folder, "millrace.lock");
    const locked: LockedPlugin = { ...plugin, granted: {} }; // a sample needs nothing
    await writeVendored(path, plugin.folder, graph.packages);
    const problems: string[] = [];
    for (const vendored of await vendoredPlugins(path, lock, `@${scope}/${name}`, locked)) {
      const { golden } = plugin.plugins[vendored.export]!;
      const wrong = golden && await runSample(vendored, golden).catch((error: Error) => error.message);
      if (wrong) {
        problems.push(
          `The sample of the plugin "${vendored.export}" comes out wrong: ${wrong}; correct it or the code`,
        );
      }
    }
    return problems;
  } catch (error) {
    return [(error as Error).message];
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function read(full: string, range: string, source: PackageSource): Promise<PackageFiles> {
  const [scope, name] = full.slice(1).split("/") as [string, string];
  const meta = await source.meta(scope, name);
  const version = meta && resolveRange(meta, range || "*");
  const manifestBytes = version && await source.manifest(scope, name, version);
  if (!manifestBytes) throw new Error(`Cannot compute samples: there is no ${full} in "${range}" here`);
  const id = `${full}@${version}`;
  const manifest = readManifest(manifestBytes, id);
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  for (const path of Object.keys(manifest.manifest)) {
    const bytes = await source.file(scope, name, version, path);
    if (!bytes) throw new Error(`Cannot compute samples: the file "${path}" of ${id} is not here`);
    files.set(path, bytes);
  }
  return { id, scope, place: `@${scope}/${name}/${version}`, manifestBytes, manifest, files, ...UNSIGNED };
}
