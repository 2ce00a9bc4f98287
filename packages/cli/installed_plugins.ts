/**
 * Plugins of the lock file, for commands: {@linkcode neededPlugins}, {@linkcode installedList}.
 * @module
 */
import type { Plugin } from "@millrace/core/plugin";
import type { SandboxedPlugin } from "@millrace/executor/sandbox";
import { UsageError } from "./errors.ts";

/** Which lock file is meant. */
export interface InstalledSettings {
  /** Its path. Default: the nearest one, if there is one. */
  readonly lock?: string | undefined;
  /** Whether it is looked at. Default true. */
  readonly installed?: boolean | undefined;
}

/** An installed plugin that was not started. */
export interface InstalledPlugin {
  /** Name in the lock file and version. */
  readonly origin: string;
  /** Name in the lock file. */
  readonly package: string;
  /** What lineages call it by. */
  readonly manifest: string;
  /** Data types that it makes. */
  readonly provides: readonly string[];
  /** Data types that it needs. */
  readonly dependsOn: readonly string[];
  /** What it makes, in a line. */
  readonly help: string;
}

/** The lock file that settings mean, if there is one. @throws {UsageError} When the one that is named is not there. */
async function lockOf({ lock, installed = true }: InstalledSettings): Promise<string | undefined> {
  if (!installed) return undefined;
  const { findLock } = await import("./installer/find_lock.ts");
  const path = lock ?? await findLock();
  const isThere = await Deno.stat(path).then(({ isFile }) => isFile, () => false);
  if (!isThere && lock !== undefined) {
    throw new UsageError(`Cannot find the lock file "${lock}": check the path`);
  }
  return isThere ? path : undefined;
}

/** What is installed, in the order of the lock file. Nothing is started. @throws {SyntaxError} When the lock file is damaged. */
export async function installedList(settings: InstalledSettings): Promise<readonly InstalledPlugin[]> {
  const path = await lockOf(settings);
  if (path === undefined) return [];
  const { lineageManifest, readLock } = await import("./installer/lock_file.ts");
  return Object.entries((await readLock(path)).plugins).flatMap(([name, locked]) =>
    Object.values(locked.plugins).map(({ provides, dependsOn, help }) => ({
      origin: `${name}@${locked.version}`,
      package: name,
      manifest: lineageManifest(locked),
      provides,
      dependsOn,
      help,
    }))
  );
}

/**
 * The installed plugins that some data types need, each in a sandbox.
 *
 * @param providers The plugins that there are without them.
 * @throws {UsageError} When one of them provides what another plugin provides.
 * @throws {Error} When one is not what was installed.
 */
export async function neededPlugins(
  types: readonly string[],
  providers: ReadonlyMap<string, Pick<Plugin, "dependsOn">>,
  settings: InstalledSettings,
): Promise<readonly SandboxedPlugin[]> {
  const installed = await installedList(settings);
  const makers = new Map(installed.flatMap((each) => each.provides.map((type) => [type, each] as const)));
  for (const [type, { origin }] of makers) {
    if (!providers.has(type)) continue;
    throw new UsageError(
      `Cannot use the installed plugin ${origin}: "${type}" is provided by another one too; leave installed plugins out ` +
        "with --no-installed, or the other one",
    );
  }
  const needed = new Set<string>();
  const seen = new Set<string>();
  const visit = (type: string): void => {
    if (seen.has(type)) return;
    seen.add(type);
    const maker = makers.get(type);
    if (maker) needed.add(maker.package);
    (maker ?? providers.get(type))?.dependsOn.forEach(visit);
  };
  types.forEach(visit);
  if (needed.size === 0) return [];
  const { PluginInstaller } = await import("./installer/plugin_installer.ts");
  return await new PluginInstaller({ lock: (await lockOf(settings))! }).installed([...needed]);
}
