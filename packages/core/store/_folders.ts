// Folders of results: temporary ones that belong to a living writer, and the exchange of an old result for a new one.
//
//   RUN/TYPE/                 the result
//   RUN/.TYPE.<id>.tmp/       one that is being written
//   RUN/.TYPE.<id>.lock       locked by its writer as long as that lives: made before the folder, removed after it
//   RUN/.TYPE.<id>.old<k>/    the result before, between the two renames of an exchange
//
// While the first rename is done and the second is not, a reader takes the `.old` folder: it is complete. A writer that
// ends there leaves it, and the next one puts it back.

import { CHUNK_FILE, METADATA_FILE } from "./_metadata.ts";

const HIDDEN = /^\.(.+)\.([0-9a-f]{12})\.(tmp|lock|old\d+)$/;

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

/** Whether an error says that a folder is in the way: a rename onto one that is not empty. */
function isInTheWay(error: unknown): boolean {
  const code = (error as { code?: unknown }).code;
  return error instanceof Deno.errors.AlreadyExists || code === "ENOTEMPTY" || code === "EEXIST" ||
    (Deno.build.os === "windows" && error instanceof Deno.errors.PermissionDenied);
}

/** `promise`, or `undefined` where what it needs isn't there. */
async function ifThere<T>(promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

async function removeAll(path: string): Promise<void> {
  await ifThere(Deno.remove(path, { recursive: true }));
}

interface Hidden {
  readonly type: string;
  readonly id: string;
  readonly kind: string;
  readonly path: string;
}

async function hiddenIn(run: string): Promise<Hidden[]> {
  const found: Hidden[] = [];
  const entries = await ifThere(Array.fromAsync(Deno.readDir(run)));
  for (const { name } of entries ?? []) {
    const match = HIDDEN.exec(name);
    if (match) found.push({ type: match[1]!, id: match[2]!, kind: match[3]!, path: `${run}/${name}` });
  }
  return found;
}

async function isFolder(path: string): Promise<boolean> {
  return (await ifThere(Deno.stat(path)))?.isDirectory ?? false;
}

/** Where the result of a type lies: its folder, or the one before while it is exchanged; `undefined` without one. */
export async function locate(run: string, type: string): Promise<string | undefined> {
  const path = `${run}/${type}`;
  for (let tries = 1;; tries++) {
    if (await isFolder(path)) return path;
    const hidden = (await hiddenIn(run)).filter((hidden) => hidden.type === type);
    const old = hidden.find(({ kind }) => kind.startsWith("old"));
    if (old) return old.path;
    if (await isFolder(path)) return path; // the exchange ended between the two looks
    if (hidden.length === 0 || tries === 10) return undefined; // nobody writes, so nobody exchanges
  }
}

/** The names of what may be folders in `folder`, in order. */
export async function foldersIn(folder: string): Promise<string[]> {
  const entries = await ifThere(Array.fromAsync(Deno.readDir(folder)));
  return (entries ?? []).filter(({ name, isFile }) => !isFile && !name.startsWith("."))
    .map(({ name }) => name).sort();
}

/** Whether a folder holds a result, whole or damaged: its metadata or a chunk. */
export async function holdsResult(folder: string): Promise<boolean> {
  const entries = await ifThere(Array.fromAsync(Deno.readDir(folder)));
  return entries?.some(({ name }) => name === METADATA_FILE || CHUNK_FILE.test(name)) ?? false;
}

/** The types of which `run` may have a result. */
export async function typesIn(run: string): Promise<string[]> {
  if (!await isFolder(run)) return []; // a link to a file
  const types = new Set(await foldersIn(run));
  for (const { type, kind } of await hiddenIn(run)) if (kind.startsWith("old")) types.add(type);
  return [...types].sort();
}

/** Remove what ended writers of a type left, and put a result back that they had moved away. */
export async function sweep(run: string, type: string): Promise<void> {
  const left = (await hiddenIn(run)).filter((hidden) => hidden.type === type);
  for (const id of new Set(left.map((hidden) => hidden.id))) {
    const lock = `${run}/.${type}.${id}.lock`;
    const file = await ifThere(Deno.open(lock, { read: true, write: true }));
    try {
      if (file && !await file.tryLock(true)) continue; // its writer lives
      for (const { kind, path } of left.filter((hidden) => hidden.id === id)) {
        if (kind.startsWith("old")) await putBack(path, `${run}/${type}`);
        await removeAll(path);
      }
      await removeAll(lock);
    } finally {
      file?.close();
    }
  }
}

async function putBack(old: string, path: string): Promise<void> {
  if (await isFolder(path)) return;
  try {
    await ifThere(Deno.rename(old, path));
  } catch (error) {
    if (!isInTheWay(error)) throw error; // else another result has come meanwhile
  }
}

/** A temporary folder that belongs to this process until it is published or discarded. */
export class Workspace {
  /** The folder. */
  readonly path: string;
  readonly #run: string;
  readonly #type: string;
  readonly #id: string;
  readonly #lock: Deno.FsFile;

  private constructor(run: string, type: string, id: string, lock: Deno.FsFile) {
    this.#run = run;
    this.#type = type;
    this.#id = id;
    this.#lock = lock;
    this.path = `${run}/.${type}.${id}.tmp`;
  }

  /** Make one for a result of `type` beside its place. */
  static async create(run: string, type: string): Promise<Workspace> {
    await Deno.mkdir(run, { recursive: true });
    await sweep(run, type);
    while (true) {
      const id = crypto.randomUUID().slice(-12);
      const path = `${run}/.${type}.${id}.lock`;
      const lock = await Deno.open(path, { write: true, createNew: true });
      const space = new Workspace(run, type, id, lock);
      // Another writer's sweep may have seen the file before it was locked: it holds or has removed it then.
      if (await lock.tryLock(true) && await ifThere(Deno.lstat(path))) {
        try {
          await Deno.mkdir(space.path);
        } catch (error) {
          await space.#end();
          throw error;
        }
        return space;
      }
      lock.close();
    }
  }

  async #end(): Promise<void> {
    this.#lock.close();
    await removeAll(`${this.#run}/.${this.#type}.${this.#id}.lock`);
  }

  /** Put the folder in the place of the result; the last of several writers wins. Gives its new path. */
  async publish(): Promise<string> {
    const place = `${this.#run}/${this.#type}`;
    const old: string[] = [];
    while (!await this.#renamed(place)) {
      const away = `${this.#run}/.${this.#type}.${this.#id}.old${old.length}`;
      old.push(away);
      await ifThere(Deno.rename(place, away));
    }
    for (const path of old) await removeAll(path);
    await this.#end();
    return place;
  }

  async #renamed(place: string): Promise<boolean> {
    try {
      await Deno.rename(this.path, place);
      return true;
    } catch (error) {
      if (isInTheWay(error)) return false;
      throw error;
    }
  }

  /** Remove the folder. */
  async discard(): Promise<void> {
    await removeAll(this.path);
    for (const { id, kind, path } of await hiddenIn(this.#run)) {
      if (id === this.#id && kind.startsWith("old")) {
        await putBack(path, `${this.#run}/${this.#type}`);
        await removeAll(path);
      }
    }
    await this.#end();
  }
}
