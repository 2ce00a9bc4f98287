// Who reads a complete result holds it: a shared file lock on its metadata, which ends with its process. Who removes a result
// needs that lock alone. Who replaces one moves it aside as long as it is held: its readers go on there.
import { ifThere } from "./_files.ts";
import { METADATA_FILE } from "./_metadata.ts";

/** Codes of a file system that has no locks. Nothing can be removed there either: that needs one. */
const NO_LOCKS = new Set(["ENOTSUP", "EOPNOTSUPP", "ENOSYS", "ENOLCK"]);

/** How a result that is moved aside is called, behind `.NAME.`: while it is exchanged, and while somebody reads it then. */
export const OLD = "old", KEPT = "kept-";

/** The run and the name of the result that lies in a folder, also of one that was moved aside. */
export function placeOf(folder: string): { readonly run: string; readonly name: string } {
  const at = folder.lastIndexOf("/");
  const last = folder.slice(at + 1);
  return { run: folder.slice(0, at), name: /^\.(.+)\.(?:old|kept-[0-9a-f]+)$/.exec(last)?.[1] ?? last };
}

/**
 * The first place of a result that is it: its own, or one that it was moved to. Looks twice: it may move meanwhile, from one to
 * a later one, or from `old` back.
 */
async function findPlace<T>(
  folder: string,
  look: (place: string) => Promise<T | undefined>,
): Promise<T | undefined> {
  const { run, name } = placeOf(folder);
  for (let k = 0; k < 2; k++) {
    const found = await look(`${run}/${name}`) ?? await look(`${run}/.${name}.${OLD}`);
    if (found !== undefined) return found;
    for (const kept of await keptOf(run, name)) {
      const found = await look(kept);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

/** Folders of results of that name that were replaced while they were read. */
export async function keptOf(run: string, name: string): Promise<string[]> {
  const entries = await ifThere(Array.fromAsync(Deno.readDir(run))) ?? [];
  return entries.filter((entry) => entry.name.startsWith(`.${name}.${KEPT}`)).map((entry) =>
    `${run}/${entry.name}`
  );
}

/** A result that is held: its files, wherever they are moved. */
export class HeldResult implements Disposable {
  /** Where it was last. */
  folder: string;
  readonly #file: Deno.FsFile;
  readonly #inode: number | null;
  readonly #lost: (cause?: unknown) => Error;

  /** @param lost What to say when it lies nowhere any more. */
  constructor(folder: string, file: Deno.FsFile, inode: number | null, lost: (cause?: unknown) => Error) {
    this.folder = folder;
    this.#file = file;
    this.#inode = inode;
    this.#lost = lost;
  }

  /**
   * Do something with its files; again, where it was moved meanwhile: then what was read is another one's.
   *
   * @param drop Let go of what comes of that.
   */
  async use<T>(work: (folder: string) => Promise<T>, drop?: (value: T) => void): Promise<T> {
    for (;;) {
      const { folder } = this;
      let value: { readonly of: T } | undefined, cause: unknown;
      try {
        value = { of: await work(folder) };
      } catch (error) {
        cause = error;
      }
      if (await this.#isIn(folder)) {
        if (value) return value.of;
        throw cause;
      }
      if (value) drop?.(value.of);
      const now = await findPlace(folder, async (place) => await this.#isIn(place) ? place : undefined);
      if (now === undefined) throw this.#lost(cause);
      this.folder = now;
    }
  }

  async #isIn(folder: string): Promise<boolean> {
    const there = await ifThere(Deno.stat(`${folder}/${METADATA_FILE}`));
    return there !== undefined && there.ino === this.#inode;
  }

  /** Let it go. */
  [Symbol.dispose](): void {
    this.#file.close();
  }
}

/**
 * Hold the result of a folder, also where another has taken its place since; `undefined` where it is gone. Waits while it is
 * being removed.
 *
 * @param isThat Whether this text, in a file of that path, is its metadata.
 * @param lost What to say when it lies nowhere any more.
 */
export async function hold(
  folder: string,
  isThat: (metadata: string, file: string) => boolean,
  lost: (cause?: unknown) => Error,
): Promise<HeldResult | undefined> {
  return await findPlace(folder, (place) => holdIn(place, isThat, lost));
}

async function holdIn(
  folder: string,
  isThat: (metadata: string, file: string) => boolean,
  lost: (cause?: unknown) => Error,
): Promise<HeldResult | undefined> {
  const path = `${folder}/${METADATA_FILE}`;
  const isHere = async () => {
    const text = await ifThere(Deno.readTextFile(path));
    return text !== undefined && isThat(text, path);
  };
  if (!await isHere()) return undefined; // the lock of another result is none of ours
  const file = await ifThere(Deno.open(path));
  if (!file) return undefined;
  let held = false;
  try {
    try {
      await file.lock(false);
    } catch (error) {
      if (!NO_LOCKS.has((error as { code?: string }).code ?? "")) throw error;
    }
    const [mine, there] = [await file.stat(), await ifThere(Deno.stat(path))];
    held = there?.ino === mine.ino && await isHere();
    return held ? new HeldResult(folder, file, mine.ino, lost) : undefined;
  } finally {
    if (!held) file.close();
  }
}

/** Keep readers from a result while it is moved away; `undefined` where somebody holds it. */
export async function holdAlone(folder: string): Promise<Disposable | undefined> {
  const file = await ifThere(Deno.open(`${folder}/${METADATA_FILE}`));
  if (!file) return { [Symbol.dispose]() {} }; // nobody can hold it
  let held = false;
  try {
    held = await file.tryLock(true);
    return held ? file : undefined;
  } finally {
    if (!held) file.close();
  }
}
