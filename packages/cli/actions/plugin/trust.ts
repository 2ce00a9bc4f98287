/**
 * `millrace plugin trust`.
 * @module
 */
import { UsageError } from "../../errors.ts";
import { changeLock } from "../../installer/lock_file.ts";
import { givenKey } from "../../installer/keys.ts";
import type { Io } from "../../io.ts";
import { textTable } from "../../render/table.ts";
import { installerOf, type LockSettings, tell } from "./install.ts";

/** Trust a key of a scope, or no longer; without a scope, list the keys. @throws {UsageError} On half of what is needed. */
export async function trustAction(
  scopeText: string | undefined,
  key: string | undefined,
  settings: LockSettings & { readonly remove?: true | undefined },
  io: Io,
): Promise<void> {
  const installer = installerOf(settings);
  if (scopeText === undefined) {
    const { publishers } = await installer.read();
    const rows = Object.entries(publishers).flatMap(([scope, keys]) =>
      keys.map(({ id, publicKey, validUntil }) => [`@${scope}`, id, publicKey, validUntil ?? "-"])
    );
    const titles = ["scope", "key", "public part", "until"].map((title) => ({ title }));
    tell(
      publishers,
      rows.length > 0 ? textTable(titles, rows) : "No publisher's key is trusted yet\n",
      settings,
      io,
    );
    return;
  }
  const scope = /^@?([a-z0-9-]+)$/.exec(scopeText)?.[1];
  if (scope === undefined) throw new UsageError(`Cannot trust "${scopeText}": name a scope, like @lab`);
  if (key === undefined) throw new UsageError(`Cannot trust @${scope}: give its publisher's public key`);
  const path = await installer.lockPath();
  if (settings.remove) {
    await changeLock(path, (lock) => {
      const keys = lock.publishers[scope] ?? [];
      const left = keys.filter(({ id, publicKey }) => id !== key && publicKey !== key);
      if (left.length === keys.length) {
        throw new RangeError(`The key ${key} of @${scope} is not trusted anyway`);
      }
      const { [scope]: _, ...publishers } = lock.publishers;
      return { ...lock, publishers: left.length > 0 ? { ...publishers, [scope]: left } : publishers };
    });
    tell({ scope, removed: key }, `The key ${key} of @${scope} is trusted no more\n`, settings, io);
    return;
  }
  const given = await givenKey(key);
  await changeLock(path, (lock) => {
    const keys = (lock.publishers[scope] ?? []).filter(({ id }) => id !== given.id);
    return { ...lock, publishers: { ...lock.publishers, [scope]: [...keys, given] } };
  });
  tell(
    { scope, trusted: given.id },
    `What the key ${given.id} signs is trusted in @${scope}\n`,
    settings,
    io,
  );
}
