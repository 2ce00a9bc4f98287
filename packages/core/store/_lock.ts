// A lock of one writer over a result, across processes: a file lock, which ends with its process however that ends.
import { ifThere, isFull, writeAll } from "./_files.ts";
import { ResultLockedError } from "./types.ts";

/** How often a lock that somebody has is tried again, ms. */
const FIRST_WAIT = 5, LONGEST_WAIT = 100;

/** How to wait for a lock. */
export interface LockOptions {
  /** Wait until aborted. Default: throw. */
  readonly wait?: AbortSignal | undefined;
  /** Called once when a wait begins, with who is waited for. */
  readonly onWait?: ((owner: string) => void) | undefined;
}

/** A lock that this process has. */
export class ResultLock {
  readonly #file: Deno.FsFile;
  readonly #path: string;

  private constructor(file: Deno.FsFile, path: string) {
    this.#file = file;
    this.#path = path;
  }

  /**
   * Take the lock with that file.
   *
   * @param what What it is for, for messages.
   * @throws {ResultLockedError} When somebody has it and `wait` is not given.
   */
  static async take(path: string, what: string, options: LockOptions = {}): Promise<ResultLock> {
    const { wait, onWait } = options;
    let told = false;
    for (let pause = FIRST_WAIT;; pause = Math.min(pause * 1.5, LONGEST_WAIT)) {
      wait?.throwIfAborted();
      const lock = await ResultLock.#try(path);
      if (lock) return lock;
      if (!wait || !told) {
        const owner = (await ifThere(Deno.readTextFile(path)))?.trim() || "another writer";
        if (!wait) {
          throw new ResultLockedError(
            `Cannot write ${what}: ${owner} is writing it; wait until it has ended`,
          );
        }
        told = true;
        onWait?.(owner);
      }
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }

  static async #try(path: string): Promise<ResultLock | undefined> {
    const file = await Deno.open(path, { read: true, write: true, create: true });
    try {
      if (await file.tryLock(true)) {
        // The one before may have removed the file between the two calls: the lock is on a file that nobody sees then.
        const [mine, there] = [await file.stat(), await ifThere(Deno.stat(path))];
        if (there && there.ino === mine.ino) {
          await sign(file);
          return new ResultLock(file, path);
        }
      }
    } catch (error) {
      file.close();
      throw error;
    }
    file.close();
    return undefined;
  }

  /** Give it back. */
  async release(): Promise<void> {
    try {
      await ifThere(Deno.remove(this.#path)); // still locked: nobody else can have it
    } finally {
      this.#file.close();
    }
  }
}

/** Say whose lock it is. On a full disk it has no name: what makes room needs locks too. */
async function sign(file: Deno.FsFile): Promise<void> {
  const owner = `process ${Deno.pid} (since ${new Date().toISOString()})\n`;
  try {
    await file.truncate(0);
    await writeAll(file, new TextEncoder().encode(owner));
  } catch (error) {
    if (!isFull(error)) throw error;
  }
}
