/**
 * Plugins that others wrote, installed beside a lock file: {@linkcode PluginInstaller}.
 * @module
 */
import { dirname, join, resolve } from "node:path";
import type { InstallOptions, PluginSource } from "@millrace/core/context";
import type { Grants, SandboxedPlugin } from "@millrace/executor/sandbox";
import { VerificationError } from "@millrace/registry-server/verify";
import { checkWrites, grantsText, sameGrants } from "./grants.ts";
import { agreedPackages, type Allowed, judge, type Judgement } from "./judge.ts";
import { givenKey } from "./keys.ts";
import { loadInstalled } from "./load.ts";
import { findLock } from "./find_lock.ts";
import { changeLock, inTurn, type Lock, type LockedPlugin, readLock } from "./lock_file.ts";
import { type Proposal, propose } from "./propose.ts";
import { restore } from "./restore.ts";
import { parseSpecifier } from "./specifier.ts";
import { checkVendored, isVendored, removeUnused, writeVendored } from "./vendor.ts";
import { resolveRange } from "@millrace/registry-server/client";

/** Where plugins are installed. */
export interface InstallerOptions {
  /** Path of the lock file. Default: `millrace.lock` in the working folder, or the nearest one above it. */
  readonly lock?: string;
}

/** How a plugin is proposed. */
export interface AskOptions {
  /** Origin of the registry. */
  readonly registry?: string | undefined;
  /** Public key of the publisher, base64, where the lock file does not have it yet. */
  readonly publisher?: string | undefined;
}

/**
 * Installs plugins into `.millrace/plugins` beside `millrace.lock`, and loads them into sandboxes. Several processes may use the
 * same lock file at once.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Context } from "@millrace/core";
 * import { PluginInstaller } from "@millrace/cli/installer";
 *
 * const lock = `${await Deno.makeTempDir()}/millrace.lock`;
 * await using ctx = new Context({ plugins: new PluginInstaller({ lock }) });
 * await assert.rejects(ctx.registerFrom("left-pad", { permissions: {} }), /write @scope\/name@range, npm:name@version/);
 * ```
 */
export class PluginInstaller implements PluginSource {
  readonly #lock: string | undefined;

  /** An installer; nothing is read yet. */
  constructor(options: InstallerOptions = {}) {
    this.#lock = options.lock;
  }

  /** Path of the lock file, which need not be there. */
  async lockPath(): Promise<string> {
    return this.#lock === undefined ? await findLock() : resolve(this.#lock);
  }

  /** What the lock file says. @throws {SyntaxError} When it is damaged. */
  async read(): Promise<Lock> {
    return await readLock(await this.lockPath());
  }

  /** Fetch and check what would be installed. Nothing is written. @throws {Error} When it cannot be: says why. */
  async propose(specifier: string, { registry, publisher }: AskOptions = {}): Promise<Proposal> {
    const lockPath = await this.lockPath();
    const given = publisher === undefined ? [] : [await givenKey(publisher)];
    const proposal = await propose(specifier, { lockPath, lock: await readLock(lockPath), registry, given });
    checkWrites(proposal.plugin.wanted, lockPath, proposal.name);
    return proposal;
  }

  /** What the user must agree to. @throws {Error} When nobody may agree to it. */
  async judge(proposal: Proposal, allowed: Allowed = {}): Promise<Judgement> {
    return judge(proposal, await this.read(), allowed);
  }

  /**
   * Write what was agreed to.
   *
   * @throws {Error} When the lock file has changed meanwhile in what was agreed to.
   */
  async accept(proposal: Proposal, allowed: Allowed, judgement: Judgement): Promise<LockedPlugin> {
    const path = await this.lockPath();
    const { name, plugin, packages, registryKeys } = proposal;
    const trusted = agreedPackages(proposal, judgement.newKeys);
    const installed: LockedPlugin = { ...plugin, granted: plugin.wanted, packages: trusted };
    await changeLock(path, async (lock) => {
      const again = judge(proposal, lock, allowed);
      if (JSON.stringify(lock.plugins[name]) !== JSON.stringify(proposal.before)) {
        throw new Error(`Cannot install ${name}: it was changed by somebody else meanwhile; try again`);
      }
      for (const [other, { plugins }] of Object.entries(lock.plugins)) {
        if (other === name) continue;
        checkTypes(name, plugin, other, Object.values(plugins).flatMap(({ provides }) => provides));
      }
      const publishers = { ...lock.publishers };
      for (const [scope, keys] of Object.entries(again.newKeys)) {
        const agreed = judgement.newKeys[scope] ?? [];
        if (agreed.length === 0 && allowed.unverified) continue;
        if (!keys.every(({ id }) => agreed.some((key) => key.id === id))) {
          throw new VerificationError(
            `Cannot install ${name}: the trusted keys of @${scope} were changed meanwhile; try again`,
          );
        }
        publishers[scope] = keys;
      }
      const scope = /^@([^/]+)\//.exec(name)?.[1];
      for (const key of proposal.given) {
        if (scope === undefined || publishers[scope]?.some(({ id }) => id === key.id)) continue;
        publishers[scope] = [...publishers[scope] ?? [], key];
      }
      await writeVendored(path, plugin.folder, packages);
      const registries = { ...lock.registries };
      const { from, kind } = plugin;
      if (kind === "registry") registries[from] = { keys: registryKeys, log: registries[from]?.log ?? null };
      const plugins = { ...lock.plugins, [name]: installed };
      // The version before stays until the next change: a run may be under way with it.
      await removeUnused(path, [...Object.values(plugins), ...proposal.before ? [proposal.before] : []]);
      return { ...lock, registries, publishers, plugins };
    });
    return installed;
  }

  /** Remove a plugin. @throws {RangeError} When it is not installed. */
  async remove(name: string): Promise<void> {
    const path = await this.lockPath();
    await changeLock(path, async (lock) => {
      installedOf(lock, name, path);
      const { [name]: _, ...plugins } = lock.plugins;
      await removeUnused(path, Object.values(plugins));
      return { ...lock, plugins };
    });
  }

  /**
   * Have all files of the installed plugins on this machine, exactly those that the lock file names: what is missing or damaged
   * is fetched.
   *
   * @returns What was fetched, and what there is to know.
   * @throws {VerificationError} When the same bytes cannot be had.
   */
  async vendor(): Promise<{ readonly fetched: readonly string[]; readonly warnings: readonly string[] }> {
    const path = await this.lockPath();
    const lock = await readLock(path);
    const fetched: string[] = [];
    const warnings: string[] = [];
    for (const [name, plugin] of Object.entries(lock.plugins)) {
      if (await isVendored(path, plugin)) {
        try {
          await checkVendored(path, name, plugin);
          continue;
        } catch (error) {
          if (!(error instanceof VerificationError)) throw error;
        }
      }
      const restored = await restore(name, plugin, lock, path);
      warnings.push(...restored.warnings);
      await inTurn(path, () => writeVendored(path, plugin.folder, restored.packages));
      await checkVendored(path, name, plugin);
      fetched.push(name);
    }
    return { fetched, warnings };
  }

  /**
   * The plugins of installed packages, each in a sandbox of its own.
   *
   * @param names Names in the lock file. Default: all.
   * @throws {VerificationError} When a file is not what was installed, or the package may not be used.
   */
  async installed(names?: readonly string[]): Promise<readonly SandboxedPlugin[]> {
    const path = await this.lockPath();
    const lock = await readLock(path);
    const loaded: SandboxedPlugin[] = [];
    try {
      for (const name of names ?? Object.keys(lock.plugins)) {
        loaded.push(...await loadInstalled(path, lock, name, installedOf(lock, name, path)));
      }
      return loaded;
    } catch (error) {
      for (const each of loaded) await each[Symbol.asyncDispose]();
      throw error;
    }
  }

  /**
   * For `ctx.registerFrom`: the plugins of a package, installed first where they are not yet. Nobody is asked.
   *
   * @throws {Error} When it is not trusted, wants other permissions than those named, or cannot be had.
   */
  async load(specifier: string, options: InstallOptions): Promise<readonly SandboxedPlugin[]> {
    const { registry, permissions, publisher, allowUnverified = false } = options;
    if (permissions === undefined) {
      throw new TypeError(`Cannot register "${specifier}": say what it may do: permissions: {} for nothing`);
    }
    const path = await this.lockPath();
    const lock = await readLock(path);
    const there = findInstalled(specifier, lock, path, registry);
    if (there) {
      const [name, plugin] = there;
      checkPermissions(specifier, plugin.wanted, permissions);
      if (!await isVendored(path, plugin)) await this.vendor();
      return await loadInstalled(path, await readLock(path), name, plugin);
    }
    const allowed = { unverified: allowUnverified };
    const proposal = await this.propose(specifier, { registry, publisher });
    const judgement = judge(proposal, lock, allowed);
    checkPermissions(specifier, proposal.plugin.wanted, permissions);
    const [scope] = Object.keys(judgement.newKeys);
    if (scope !== undefined) {
      const { id, publicKey } = judgement.newKeys[scope]![0]!;
      throw new VerificationError(
        `Cannot register "${specifier}": it is signed with the key ${id} of @${scope}, which is not trusted yet. If it is ` +
          `its publisher's: millrace plugin trust @${scope} ${publicKey}, or publisher: "${publicKey}" in the script`,
      );
    }
    await this.accept(proposal, allowed, judgement);
    return await this.installed([proposal.name]);
  }
}

/** What a lock file says of a plugin. @throws {RangeError} When it is not installed. */
export function installedOf(lock: Lock, name: string, path: string): LockedPlugin {
  const found = Object.hasOwn(lock.plugins, name) ? lock.plugins[name] : undefined;
  if (found) return found;
  const names = Object.keys(lock.plugins);
  throw new RangeError(
    `There is no plugin "${name}" in "${path}"; ${
      names.length > 0 ? `there are ${names.join(", ")}` : "it names none"
    }`,
  );
}

/** The installed plugin that a specifier means, if its version and registry are right. */
function findInstalled(
  specifier: string,
  lock: Lock,
  path: string,
  registry: string | undefined,
): [string, LockedPlugin] | undefined {
  const wanted = parseSpecifier(specifier);
  for (const [name, plugin] of Object.entries(lock.plugins)) {
    if (plugin.kind !== wanted.kind) continue;
    if (wanted.kind === "url" && name === wanted.url) return [name, plugin];
    if (
      wanted.kind === "npm" && name === `npm:${wanted.name}${wanted.subpath}` && isIn(plugin, wanted.range)
    ) {
      return [name, plugin];
    }
    if (wanted.kind === "folder" && join(dirname(path), plugin.from) === resolve(wanted.path)) {
      return [name, plugin];
    }
    if (wanted.kind !== "registry" || name !== `@${wanted.scope}/${wanted.name}`) continue;
    const isThere = registry === undefined || URL.parse(registry)?.origin === plugin.from;
    if (isThere && isIn(plugin, wanted.range)) return [name, plugin];
  }
  return undefined;
}

function isIn({ version }: LockedPlugin, range: string): boolean {
  const meta = { scope: "", name: "", latest: version, versions: { [version]: {} } };
  return resolveRange(meta, range || "*") !== undefined;
}

function checkPermissions(specifier: string, wanted: Grants, named: Grants): void {
  if (sameGrants(wanted, named)) return;
  throw new Error(
    `Cannot register "${specifier}": it wants the permissions ${grantsText(wanted)}, and those named are ` +
      `${grantsText(named)}; name exactly what it wants, or do without it`,
  );
}

/** @throws {RangeError} When a plugin makes a data type that is made already. */
export function checkTypes(
  name: string,
  { plugins }: Pick<LockedPlugin, "plugins">,
  other: string,
  types: Iterable<string>,
): void {
  const taken = new Set(types);
  for (const type of Object.values(plugins).flatMap(({ provides }) => provides)) {
    if (taken.has(type)) {
      throw new RangeError(`Cannot install ${name}: it provides "${type}", which ${other} provides already`);
    }
  }
}
