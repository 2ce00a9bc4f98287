/**
 * What lies beside results and nobody uses any more.
 * @module
 */
import { foldersIn, LockedPlace } from "./_folders.ts";
import { ifThere } from "./_files.ts";
import { holdAlone, KEPT } from "./_hold.ts";
import { ResultLock } from "./_lock.ts";
import type { FolderStore } from "./store.ts";
import { ResultLockedError } from "./types.ts";

/** A folder that a process left beside a result when it was killed, or with a result that was replaced while it was read. */
export interface Leftover {
  /** Name of the run. */
  readonly runId: string;
  /** Name of the result's folder, without the dot and what comes behind. */
  readonly result: string;
  /** The folder. */
  readonly folder: string;
}

const HIDDEN = /^\.(.+-[0-9a-z]{4,16})\.(?:new|old|gone|kept-[0-9a-f]+)$/;

/**
 * What ended processes left beside the results of a store: half-written ones that were to replace others, half-removed ones,
 * and replaced ones whose readers are gone. What a writer or a reader has is left out. O(results).
 *
 * @throws {Error} When a lock cannot be taken.
 */
export async function leftoversOf(store: FolderStore): Promise<Leftover[]> {
  const found: Leftover[] = [];
  for (const runId of await foldersIn(store.root)) {
    const run = `${store.root}/${runId}`;
    const names = (await foldersBeside(run)).map((name) => ({ name, result: HIDDEN.exec(name)![1]! }));
    for (const [result, beside] of Map.groupBy(names, ({ result }) => result)) {
      await locked(run, result, async () => {
        for (const { name } of beside) {
          const folder = `${run}/${name}`;
          if (await isLeft(run, result, folder)) found.push({ runId, result, folder });
        }
      });
    }
  }
  return found;
}

/** Remove what nobody uses beside a result. What a reader or writer has since then stays. */
export async function removeLeftovers(
  store: FolderStore,
  { runId, result }: Pick<Leftover, "runId" | "result">,
): Promise<void> {
  try {
    await (await LockedPlace.take(`${store.root}/${runId}`, result, `${runId}/${result}`, {})).release();
  } catch (error) {
    if (!(error instanceof ResultLockedError)) throw error;
  }
}

async function foldersBeside(run: string): Promise<string[]> {
  const entries = await ifThere(Array.fromAsync(Deno.readDir(run))) ?? [];
  return entries.filter(({ name, isDirectory }) => isDirectory && HIDDEN.test(name)).map(({ name }) => name)
    .sort();
}

/** Do something while nobody writes a result; nothing where somebody does. */
async function locked(run: string, result: string, work: () => Promise<void>): Promise<void> {
  let lock: ResultLock;
  try {
    lock = await ResultLock.take(`${run}/.${result}.lock`, result);
  } catch (error) {
    if (error instanceof ResultLockedError) return;
    throw error;
  }
  try {
    await work();
  } finally {
    await lock.release();
  }
}

async function isLeft(run: string, result: string, folder: string): Promise<boolean> {
  if (folder.endsWith(".old")) return await ifThere(Deno.stat(`${run}/${result}`)) !== undefined;
  if (!folder.includes(`.${KEPT}`)) return true;
  using alone = await holdAlone(folder);
  return alone !== undefined;
}
