/**
 * Remove what nothing refers to: {@linkcode collectGarbage}.
 * @module
 */
import type { Registry } from "../registry.ts";
import { referencedBlobs, upstreamFiles } from "./references.ts";

/** Blobs younger than this may belong to an upload under way, ms. */
const YOUNG = 3600_000;

/**
 * Remove blobs that uploads left when they were refused or cut off; gives their hashes. May run beside a server: a version that is being
 * published and has the same file either commits first, and the file stays, or finds it gone and is refused.
 */
export async function collectGarbage(
  { db, blobs, now }: Pick<Registry, "db" | "blobs" | "now">,
  olderThan: number = YOUNG,
): Promise<string[]> {
  const candidates: string[] = [];
  for await (const hash of blobs.list()) {
    if (now().getTime() - (await blobs.writtenAt(hash)).getTime() >= olderThan) candidates.push(hash);
  }
  const fromUpstream = await upstreamFiles({ db, blobs });
  return db.transaction(() => {
    const used = referencedBlobs({ db });
    const removed = candidates.filter((hash) => !used.has(hash) && !fromUpstream.has(hash));
    for (const hash of removed) blobs.removeSync(hash);
    return removed;
  });
}
