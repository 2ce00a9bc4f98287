// Folders of results, and what a writer has beside them.
//
//   RUN/TYPE-HASH/         the result: complete, or growing
//   RUN/.TYPE-HASH.lock    locked by its writer as long as that lives
//   RUN/.TYPE-HASH.new/    one that shall take the place of a complete one
//   RUN/.TYPE-HASH.old/    the one before, between the two renames of that exchange
//   RUN/.TYPE-HASH.kept-*/ one that was replaced while it was read
//   RUN/.TYPE-HASH.gone/   one that is being removed
//
// While the first rename is done and the second is not, a reader takes the `.old` folder: it is complete. A writer that
// ends there leaves it, and the next one puts it back. Each writer clears up what nobody uses any more.
import { ifThere, removeAll, removeEmpty } from "./_files.ts";
import { holdAlone, KEPT, keptOf, OLD } from "./_hold.ts";
import { JOURNAL_FILE } from "./_journal.ts";
import { type LockOptions, ResultLock } from "./_lock.ts";
import { CHUNK_FILE, METADATA_FILE } from "./_metadata.ts";
import { ResultInUseError, type ResultKey } from "./types.ts";

const HASH = /^[0-9a-z]{4,64}$/;
/** Characters of the hash in a folder's name: 64 bits. The whole hash is in the metadata. */
const SHOWN = 16;
const FOLDER = /^(.+)-([0-9a-z]{4,16})$/;
const HIDDEN = /^\.(.+-[0-9a-z]{4,16})\.old$/;

/** How often a run's folder is made again that is taken away meanwhile. */
const MOST_TRIES = 100;

/** Check that a name can be a folder's. @throws {TypeError} Saying what can't be in it. */
export function checkName(what: string, name: string): void {
  // deno-lint-ignore no-control-regex
  const bad = /[/\\:*?"<>|\x00-\x1f\x7f]/.exec(name);
  const why = name === ""
    ? "it is empty"
    : name.startsWith(".")
    ? "it starts with a dot"
    : bad
    ? `it contains ${JSON.stringify(bad[0])}`
    : /[. ]$/.test(name)
    ? "it ends with a dot or a space"
    : new TextEncoder().encode(name).length > 200
    ? "it is longer than 200 bytes"
    : undefined;
  if (why === undefined) return;
  throw new TypeError(
    `Cannot use ${
      JSON.stringify(name)
    } as a ${what}: ${why}; names are folder names, such as "run_7" or "hits"`,
  );
}

/** Check the names in a key. @throws {TypeError} On one that can't be a folder's. */
export function checkKey({ runId, dataType, lineageHash }: ResultKey): void {
  checkName("run", runId);
  checkName("data type", dataType);
  if (lineageHash === undefined || HASH.test(lineageHash)) return;
  throw new TypeError(
    `Cannot use ${JSON.stringify(lineageHash)} as a lineage hash: it has 4 to 64 digits and small letters`,
  );
}

/** Name of a result's folder. */
export function folderName(dataType: string, lineageHash: string): string {
  return `${dataType}-${lineageHash.slice(0, SHOWN)}`;
}

/** The names of what may be folders in `folder`, in order. */
export async function foldersIn(folder: string): Promise<string[]> {
  const entries = await ifThere(Array.fromAsync(Deno.readDir(folder)));
  return (entries ?? []).filter(({ name, isFile }) => !isFile && !name.startsWith("."))
    .map(({ name }) => name).sort();
}

/** A folder that may hold a result. */
export interface ResultFolder {
  /** Its name, by the form of which it is a result's. */
  readonly name: string;
  readonly path: string;
  readonly dataType: string;
  /** Beginning of the lineage hash; `undefined` in a folder of an older form. */
  readonly hash: string | undefined;
}

/** Whether there is a folder, or a link to one. */
async function isFolder(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isDirectory;
  } catch (error) {
    const { NotFound, FilesystemLoop, NotADirectory } = Deno.errors;
    if (error instanceof NotFound || error instanceof FilesystemLoop || error instanceof NotADirectory) {
      return false;
    }
    throw error;
  }
}

/** The folders of a run that may hold results. */
export async function resultFolders(run: string): Promise<ResultFolder[]> {
  if (!await isFolder(run)) return []; // a link to a file
  const entries = await ifThere(Array.fromAsync(Deno.readDir(run))) ?? [];
  const names = new Map<string, string>();
  for (const { name } of entries) {
    const old = HIDDEN.exec(name)?.[1];
    if (old !== undefined) names.set(old, `${run}/${name}`);
  }
  for (const { name, isFile } of entries) {
    if (!isFile && !name.startsWith(".")) names.set(name, `${run}/${name}`);
  }
  return [...names].sort(([a], [b]) => a < b ? -1 : 1).map(([name, path]) => {
    const [, dataType = name, hash] = FOLDER.exec(name) ?? [];
    return { name, path, dataType, hash };
  });
}

/** Where the result of a folder name lies: there, or where it was moved while it is exchanged; `undefined` without one. */
export async function locate(run: string, name: string): Promise<string | undefined> {
  for (const path of [`${run}/${name}`, `${run}/.${name}.old`, `${run}/${name}`]) {
    if (await isFolder(path)) return path;
  }
  return undefined;
}

/** Whether a folder holds a result, whole or damaged: its metadata, journal or a chunk. */
export async function holdsResult(folder: string): Promise<boolean> {
  const entries = await ifThere(Array.fromAsync(Deno.readDir(folder)));
  return entries?.some(({ name }) =>
    name === METADATA_FILE || name === JOURNAL_FILE || CHUNK_FILE.test(name)
  ) ??
    false;
}

/** The place of a result that is locked by this process. */
export class LockedPlace {
  readonly path: string;
  readonly #run: string;
  readonly #new: string;
  readonly #old: string;
  readonly #kept: string;
  readonly #gone: string;
  readonly #lock: ResultLock;

  private constructor(run: string, name: string, lock: ResultLock) {
    this.path = `${run}/${name}`;
    this.#run = run;
    this.#new = `${run}/.${name}.new`;
    this.#old = `${run}/.${name}.${OLD}`;
    this.#kept = `${run}/.${name}.${KEPT}`;
    this.#gone = `${run}/.${name}.gone`;
    this.#lock = lock;
  }

  /** Lock a place and clear up what an ended process left. @throws {ResultLockedError} When somebody has it. */
  static async take(run: string, name: string, what: string, options: LockOptions): Promise<LockedPlace> {
    const lock = await ResultLock.take(`${run}/.${name}.lock`, what, options);
    try {
      const place = new LockedPlace(run, name, lock);
      for (const path of [place.#new, place.#gone]) await removeAll(path);
      await place.#settle();
      for (const kept of await keptOf(run, name)) await place.#removeUnheld(kept);
      return place;
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  /** Make the folder of a run, and take a place in it. @throws {ResultLockedError} When somebody has it. */
  static async make(run: string, name: string, what: string, options: LockOptions): Promise<LockedPlace> {
    for (let tries = 1;; tries++) {
      await Deno.mkdir(run, { recursive: true });
      try {
        return await LockedPlace.take(run, name, what, options);
      } catch (error) {
        // A writer that left nothing may have taken the folder of the run away.
        if (!(error instanceof Deno.errors.NotFound) || tries === MOST_TRIES) throw error;
      }
    }
  }

  /** A folder for a result that shall take this place. */
  async makeNew(): Promise<string> {
    await Deno.mkdir(this.#new);
    return this.#new;
  }

  /** Put the folder of {@linkcode LockedPlace.makeNew} in its place. What was there is kept while somebody reads it. */
  async exchange(): Promise<void> {
    await ifThere(Deno.rename(this.path, this.#old));
    await Deno.rename(this.#new, this.path);
    await this.#settle();
  }

  /** Remove the folder of {@linkcode LockedPlace.makeNew}; the result before is in its place. */
  async discardNew(): Promise<void> {
    await this.#settle();
    await removeAll(this.#new);
  }

  /** End an exchange: what was moved aside goes away, or back where nothing has taken its place. */
  async #settle(): Promise<void> {
    if (!await ifThere(Deno.stat(this.#old))) return;
    if (!await ifThere(Deno.stat(this.path))) await Deno.rename(this.#old, this.path);
    else if (!await this.#removeUnheld(this.#old)) {
      await Deno.rename(this.#old, this.#kept + crypto.randomUUID().slice(0, 8));
    }
  }

  /** Remove a folder, all at once for readers, unless somebody holds the result in it: false then. */
  async #removeUnheld(folder: string): Promise<boolean> {
    {
      using alone = await holdAlone(folder);
      if (!alone) return false;
      await ifThere(Deno.rename(folder, this.#gone));
    }
    await removeAll(this.#gone);
    return true;
  }

  /** Remove the result: readers see all of it or nothing. */
  async remove(): Promise<void> {
    await ifThere(Deno.rename(this.path, this.#gone));
    await removeAll(this.#gone);
  }

  /** Remove the result if nobody reads it. @throws {ResultInUseError} When somebody does. */
  async removeUnread(what: string): Promise<void> {
    if (await this.#removeUnheld(this.path)) return;
    throw new ResultInUseError(`Cannot remove ${what}: it is being read; wait until that has ended`);
  }

  /** Give the lock back. */
  async release(): Promise<void> {
    await this.#lock.release();
  }

  /** Give the lock back when nothing was written: the folder of the run goes too, if nothing else is in it. */
  async abandon(): Promise<void> {
    await this.release();
    await removeEmpty(this.#run);
  }
}
