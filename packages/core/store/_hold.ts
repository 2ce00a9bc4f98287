// Who reads a complete result holds it: a shared file lock on its metadata, which ends with its process. Who removes a result
// needs that lock alone.
import { ifThere } from "./_files.ts";
import { METADATA_FILE } from "./_metadata.ts";

/** Codes of a file system that has no locks. Nothing can be removed there either: that needs one. */
const NO_LOCKS = new Set(["ENOTSUP", "EOPNOTSUPP", "ENOSYS", "ENOLCK"]);

/**
 * Hold the result in a folder; `undefined` where it is gone, or was exchanged on the way. Waits while it is being removed.
 *
 * @param isThat Whether this text is that of its metadata.
 */
export async function hold(
  folder: string,
  isThat: (metadata: string) => boolean,
): Promise<Disposable | undefined> {
  const path = `${folder}/${METADATA_FILE}`;
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
    if (!there || there.ino !== mine.ino) return undefined;
    const text = await ifThere(Deno.readTextFile(path));
    held = text !== undefined && isThat(text);
    return held ? file : undefined;
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
