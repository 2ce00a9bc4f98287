/**
 * A copy of a registry over the network: {@linkcode sendBackup}, {@linkcode receiveBackup}.
 * @module
 */
import { join } from "node:path";
import { createTarDecoder, packTar } from "modern-tar";
import type { Registry } from "../registry.ts";
import { BlobStore } from "../storage/blobs.ts";

/** A copy as a tar archive that is made as it is read: the tables first, then all files. */
export function sendBackup(
  registry: Pick<Registry, "db" | "blobs" | "temporary">,
): ReadableStream<Uint8Array> {
  return ReadableStream.from(parts(registry));
}

async function* parts(
  { db, blobs, temporary }: Pick<Registry, "db" | "blobs" | "temporary">,
): AsyncGenerator<Uint8Array> {
  const copy = join(temporary, crypto.randomUUID());
  try {
    await db.copyTo(copy); // before the blobs: what it refers to is on disk already
    yield await entry("registry.sqlite", await Deno.readFile(copy));
  } finally {
    await Deno.remove(copy).catch((error: unknown) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error; // it could not be written
    });
  }
  for await (const hash of blobs.list()) yield await entry(hash, await blobs.get(hash));
  yield new Uint8Array(END);
}

/** Zeros that end an archive, bytes. */
const END = 1024;

async function entry(name: string, body: Uint8Array): Promise<Uint8Array> {
  const whole = await packTar([{ header: { name, size: body.length, type: "file" }, body }]);
  return whole.subarray(0, -END);
}

/**
 * Write such an archive into a folder, which is then a registry's.
 *
 * @throws {TypeError} When it holds something else, or ends early.
 */
export async function receiveBackup(archive: ReadableStream<Uint8Array>, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true, mode: 0o700 });
  const temporary = join(to, "registry.sqlite.new");
  const blobs = new BlobStore(join(to, "blobs"), join(to, "tmp"));
  let complete = false;
  for await (const { header, body } of archive.pipeThrough(createTarDecoder({ strict: true }))) {
    const bytes = await new Response(body).bytes();
    if (header.name === "registry.sqlite") await Deno.writeFile(temporary, bytes, { mode: 0o600 });
    else if (await blobs.put(bytes) !== header.name) {
      throw new TypeError(`Cannot copy the registry: "${header.name}" is not what it is called; try again`);
    }
    complete ||= header.name === "registry.sqlite";
  }
  if (!complete) throw new TypeError("Cannot copy the registry: the answer has no tables; try again");
  await Deno.rename(temporary, join(to, "registry.sqlite"));
}
