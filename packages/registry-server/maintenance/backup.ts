/**
 * Copies of a registry: {@linkcode backup}, {@linkcode restore}.
 * @module
 */
import { join } from "node:path";
import { BlobStore } from "../storage/blobs.ts";
import { Database } from "../storage/database.ts";
import type { Registry } from "../registry.ts";
import { verifyData } from "./verify_data.ts";

/**
 * Copy a registry into a folder, while it is served. The copy is a registry's folder like any other. Where an earlier copy is, blobs that
 * it has are not copied again.
 */
export async function backup({ db, blobs }: Pick<Registry, "db" | "blobs">, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true, mode: 0o700 });
  const temporary = join(to, "registry.sqlite.new");
  await Deno.remove(temporary).catch((error: unknown) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
  await db.copyTo(temporary); // before the blobs: what it refers to is on disk already
  const copies = new BlobStore(join(to, "blobs"), join(to, "tmp"));
  for await (const hash of blobs.list()) {
    if (!await copies.has(hash)) await copies.put(await blobs.get(hash));
  }
  await Deno.rename(temporary, join(to, "registry.sqlite"));
}

/**
 * Make a registry's folder from a copy, and check it.
 *
 * @throws {TypeError} When there is a registry already.
 * @throws {Error} When the copy is damaged; the folder is then not to be used.
 */
export async function restore(from: string, data: string): Promise<void> {
  if (await isFile(join(data, "registry.sqlite"))) {
    throw new TypeError(`Cannot restore to "${data}": there is a registry; name another folder`);
  }
  if (!await isFile(join(from, "registry.sqlite"))) {
    throw new TypeError(`There is no copy of a registry in "${from}"; name the folder that backup wrote`);
  }
  using db = new Database(join(from, "registry.sqlite"));
  const blobs = new BlobStore(join(from, "blobs"), join(from, "tmp"));
  const problems = await verifyData({ db, blobs });
  if (problems.length > 0) throw new Error(`Cannot restore "${from}": it is damaged\n${problems.join("\n")}`);
  await backup({ db, blobs }, data);
}

/** Whether there is a file. */
export async function isFile(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
