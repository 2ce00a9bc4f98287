/**
 * Installed plugins as the engine sees them, each in a sandbox: {@linkcode loadInstalled}, {@linkcode vendoredPlugins}.
 * @module
 */
import { dirname, resolve } from "node:path";
import type { Plugin } from "@millrace/core/plugin";
import type { Grants, SandboxedPlugin, SandboxLimits, VendoredPlugin } from "@millrace/executor/sandbox";
import { parseSection } from "@millrace/registry-server/client";
import { VerificationError, verifyVersion } from "@millrace/registry-server/verify";
import { checkWrites, grantsOf } from "./grants.ts";
import { lineageManifest, type Lock, type LockedExport, type LockedPlugin } from "./lock_file.ts";
import { checkVendored, filesFolder, isVendored, readPackageManifest } from "./vendor.ts";

/**
 * What the sandbox is to be told of each plugin of an installed package. All hashes and signatures are checked; nothing is read
 * over the network.
 *
 * @throws {VerificationError} When something is not what was installed, or may not be used.
 */
export async function vendoredPlugins(
  path: string,
  lock: Lock,
  name: string,
  plugin: LockedPlugin,
): Promise<readonly VendoredPlugin[]> {
  if (plugin.blocked !== null) {
    throw new VerificationError(
      `Cannot use ${name} ${plugin.version}: it is blocked: ${plugin.blocked}; millrace plugin update ${name}`,
    );
  }
  if (!await isVendored(path, plugin)) {
    throw new VerificationError(
      `Cannot use ${name}: its files are not on this machine; fetch them with: millrace plugin vendor`,
    );
  }
  checkWrites(plugin.granted, resolve(path), name);
  const manifest = await checkVendored(path, name, plugin);
  await checkSignatures(path, lock, name, plugin);
  const { plugins } = parseSection(manifest.millrace);
  const folder = dirname(path);
  return Object.entries(plugin.plugins).map(([exported, { entry }]) => ({
    name: `${name}@${plugin.version}`,
    folder: filesFolder(path, plugin),
    files: plugin.files,
    entry,
    export: exported,
    imports: plugin.imports,
    manifestHash: lineageManifest(plugin),
    declared: absolute(grantsOf(plugins[exported]?.permissions ?? [], name), folder),
    granted: absolute(plugin.granted, folder),
    limits: agreedLimits(name, exported, plugin, plugins[exported]?.limits ?? {}),
  }));
}

/** The limits of a manifest. @throws {VerificationError} When the lock file has others. */
function agreedLimits(
  name: string,
  exported: string,
  { plugins }: LockedPlugin,
  limits: Partial<SandboxLimits>,
): Partial<SandboxLimits> {
  const text = (of: object) => JSON.stringify(Object.entries(of).sort());
  if (text(plugins[exported]!.limits) === text(limits)) return limits;
  throw new VerificationError(
    `Cannot use ${name}: the lock file has other limits of "${exported}" than its manifest; restore the lock file`,
  );
}

/** Check the signatures that the lock file has with the keys that it has. */
async function checkSignatures(path: string, lock: Lock, name: string, plugin: LockedPlugin): Promise<void> {
  for (const [id, { manifest: hash, trust, registry, publisher }] of Object.entries(plugin.packages)) {
    if (registry === null) {
      if (trust !== "verified") continue;
      throw new VerificationError(
        `Cannot use ${name}: the lock file says that ${id} is verified and has no signature of it`,
      );
    }
    const [, scope = "", full = "", version = ""] = /^(@[^/@]+\/[^/@]+)@([^/@]+)$/.test(id)
      ? /^(?=@([^/@]+)\/)(@[^/@]+\/[^/@]+)@([^/@]+)$/.exec(id)!
      : [];
    const state = await verifyVersion({
      package: full,
      version,
      manifest: await readPackageManifest(path, plugin, id),
      signatures: { package: full, version, manifest: hash, registry, publisher, logIndex: 0 },
      keys: Object.values(lock.registries).flatMap(({ keys }) => keys),
      publishers: lock.publishers[scope] ?? [],
    });
    if (trust === "verified" && state !== "verified") {
      throw new VerificationError(
        `Cannot use ${name}: ${id} is signed with the key ${
          publisher?.keyId ?? "of nobody"
        }, which is no longer trusted; ` +
          `millrace plugin trust @${scope} PUBLIC_KEY`,
      );
    }
  }
}

/** Grants with absolute paths: relative ones start at the lock file's folder. */
function absolute(grants: Grants, folder: string): Grants {
  const { read, write, ...rest } = grants;
  return {
    ...rest,
    ...read && { read: read.map((each) => resolve(folder, each)) },
    ...write && { write: write.map((each) => resolve(folder, each)) },
  };
}

/** Plugins of an installed package, each in a sandbox of its own. @throws {VerificationError} As {@linkcode vendoredPlugins}. */
export async function loadInstalled(
  path: string,
  lock: Lock,
  name: string,
  plugin: LockedPlugin,
): Promise<SandboxedPlugin[]> {
  const vendored = await vendoredPlugins(path, lock, name, plugin);
  const { sandboxedPlugin } = await import("@millrace/executor/sandbox");
  const loaded: SandboxedPlugin[] = [];
  try {
    for (const each of vendored) {
      const started = await sandboxedPlugin(each).catch((cause: Error) => {
        if (cause.message.includes(each.name)) throw cause;
        throw new Error(`Cannot use the plugin "${each.export}" of ${each.name}: ${cause.message}`, {
          cause,
        });
      });
      loaded.push(started);
      checkDeclared(each, plugin.plugins[each.export]!, started);
    }
    return loaded;
  } catch (error) {
    for (const each of loaded) await each[Symbol.asyncDispose]();
    throw error;
  }
}

/** What the code says must be what the user agreed to. */
function checkDeclared(
  { name, export: exported }: VendoredPlugin,
  agreed: LockedExport,
  started: Pick<Plugin, "provides" | "dependsOn">,
): void {
  for (const field of ["provides", "dependsOn"] as const) {
    const [said, does] = [agreed[field], started[field]].map((types) =>
      types.toSorted().join(", ") || "nothing"
    );
    if (said === does) continue;
    throw new VerificationError(
      `Cannot use the plugin "${exported}" of ${name}: its manifest says that its "${field}" is ${said}, and its code says ${does}`,
    );
  }
}
