/**
 * Ask the registries about what is installed: {@linkcode auditInstalled}.
 * @module
 */
import { type LoggedEntry, VerificationError, verifyLog } from "@millrace/registry-server/verify";
import { joinRegistryKeys } from "./keys.ts";
import { changeLock, type KnownRegistry, type Lock, readLock } from "./lock_file.ts";
import { RegistryReader } from "./registry_reader.ts";

/** What was found. */
export interface Audit {
  /** Packages that are in the logs. */
  readonly packages: number;
  /** What must not be used any more, and why. */
  readonly problems: readonly string[];
  /** What the user should know. */
  readonly warnings: readonly string[];
}

/**
 * Check the logs of all registries that the lock file names, as a whole, and that every installed package was published there.
 * Blocked plugins are noted in the lock file: they are not loaded any more.
 *
 * @throws {VerificationError} When a log does not hold, or is not the one that it was.
 */
export async function auditInstalled(path: string): Promise<Audit> {
  const lock = await readLock(path);
  const problems: string[] = [];
  const warnings: string[] = [];
  const blocked = new Map<string, string | null>();
  const known: Record<string, KnownRegistry> = {};
  let packages = 0;
  for (const [origin, before] of Object.entries(lock.registries)) {
    const reader = new RegistryReader(origin);
    const keys = joinRegistryKeys(origin, before.keys, await reader.keys());
    const { head, entries } = await reader.log();
    await verifyLog(entries, head, keys);
    const { size, hash } = before.log ?? { size: 0, hash: "" };
    if (size > 0 && entries[size - 1]?.hash !== hash) {
      throw new VerificationError(
        `Cannot trust ${origin}: its log no longer has the entry ${size - 1} that it had at the last audit`,
      );
    }
    known[origin] = { keys, log: { size: head.size, hash: head.hash } };
    const states = statesIn(entries);
    for (const [name, plugin] of Object.entries(lock.plugins)) {
      if (plugin.kind !== "registry" || plugin.from !== origin) continue;
      let reason: string | null = null;
      for (const [id, { manifest, registry }] of Object.entries(plugin.packages)) {
        if (registry === null) {
          warnings.push(`${name}: ${id} is of another registry, which ${origin} passes on: it is in no log`);
          continue;
        }
        const published = entries.some(({ kind, subject, detail }) =>
          kind === "publish" && subject === id && detail === `sha256-${manifest}`
        );
        if (published) packages++;
        else {problems.push(
            `${name}: the log of ${origin} has no publication of ${id} with the manifest ${manifest}`,
          );}
        const { yanked, blocked } = states.get(id) ?? {};
        if (yanked !== undefined) warnings.push(`${name}: ${id} is yanked: ${yanked}`);
        if (blocked !== undefined) {
          reason = `${id}: ${blocked}`;
          problems.push(`${name}: ${id} is blocked: ${blocked}; millrace plugin update ${name}`);
        }
      }
      blocked.set(name, reason);
    }
  }
  await changeLock(path, (now): Lock => ({
    ...now,
    registries: { ...now.registries, ...known },
    plugins: Object.fromEntries(
      Object.entries(now.plugins).map(([name, plugin]) => {
        const isSame = lock.plugins[name]?.folder === plugin.folder && blocked.has(name);
        return [name, isSame ? { ...plugin, blocked: blocked.get(name)! } : plugin];
      }),
    ),
  }));
  return { packages, problems, warnings };
}

/** Versions that are yanked or blocked, with the reason. */
function statesIn(entries: readonly LoggedEntry[]): Map<string, { yanked?: string; blocked?: string }> {
  const states = new Map<string, { yanked?: string; blocked?: string }>();
  for (const { kind, subject, detail } of entries) {
    const state = states.get(subject) ?? {};
    if (kind === "yank") state.yanked = detail;
    else if (kind === "unyank") delete state.yanked;
    else if (kind === "block") state.blocked = detail;
    else if (kind === "unblock") delete state.blocked;
    else continue;
    states.set(subject, state);
  }
  return states;
}
