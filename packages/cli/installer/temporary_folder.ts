/**
 * A folder for the time of one piece of work, which a process that is killed leaves only until the next one:
 * {@linkcode temporaryFolder}.
 * @module
 */
import { dirname, join } from "node:path";
import { ignoreMissing } from "./package_files.ts";

/** Its lock says that the process lives. */
const HELD = ".held";

/** A folder that goes when it is disposed. */
export interface TemporaryFolder extends AsyncDisposable {
  /** Its real path. */
  readonly path: string;
}

/**
 * A new folder among the system's temporary ones, after removing those of the same prefix whose process has ended. O(folders there).
 *
 * @throws {Error} When there is no room or permission.
 */
export async function temporaryFolder(prefix: string): Promise<TemporaryFolder> {
  const path = await Deno.realPath(await Deno.makeTempDir({ prefix }));
  const held = await Deno.create(join(path, HELD));
  await held.lock(true);
  if (!await Deno.lstat(join(path, HELD)).catch(ignoreMissing)) { // taken for one that was left, in front of the lock
    held.close();
    return await temporaryFolder(prefix);
  }
  await removeLeft(dirname(path), prefix);
  return {
    path,
    async [Symbol.asyncDispose]() {
      held.close();
      await Deno.remove(path, { recursive: true });
    },
  };
}

async function removeLeft(folder: string, prefix: string): Promise<void> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (!isDirectory || !name.startsWith(prefix)) continue;
    const path = join(folder, name);
    // Another user's are not ours to look into.
    if ((await Deno.lstat(path).catch(ignoreMissing))?.uid !== Deno.uid()) continue;
    using held = await Deno.open(join(path, HELD), { write: true }).catch(ignoreMissing);
    if (!held || !await held.tryLock(true)) continue;
    await Deno.remove(path, { recursive: true }).catch((error: { code?: string }) => {
      // What the killed one had started may still write there, or another removes it: the next time, then.
      if (error.code !== "ENOTEMPTY" && error.code !== "ENOENT") throw error;
    });
  }
}
