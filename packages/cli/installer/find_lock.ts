/**
 * Where the lock file is: {@linkcode findLock}.
 * @module
 */
import { dirname, join, resolve } from "node:path";

/** What the file is called. */
export const LOCK_NAME = "millrace.lock";

/**
 * The lock file of a folder: that of the folder or the nearest one above it, where there is one.
 *
 * @returns Its path; that of the one to be made in the folder itself where there is none.
 */
export async function findLock(folder: string = Deno.cwd()): Promise<string> {
  const first = join(resolve(folder), LOCK_NAME);
  for (let at = resolve(folder);; at = dirname(at)) {
    const path = join(at, LOCK_NAME);
    if (await Deno.stat(path).then(({ isFile }) => isFile, () => false)) return path;
    if (dirname(at) === at) return first;
  }
}
