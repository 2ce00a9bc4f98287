/**
 * Remove what nothing refers to: {@linkcode collectGarbage}.
 * @module
 */
import type { Registry } from "../registry.ts";
import { blobsOfNewer, usedBlobs } from "./references.ts";

/** Blobs younger than this may belong to an upload under way, ms. */
const YOUNG = 3600_000;
/** Blobs removed at once: requests are answered in between. */
const BATCH = 50;

/**
 * Remove blobs that uploads left when they were refused or cut off; gives their hashes. May run beside a server, and in its thread: it
 * never works for long without letting others. A version that is being published and has the same file either commits first, and the file
 * stays, or finds it gone and is refused.
 */
export async function collectGarbage(
  { db, blobs, now }: Pick<Registry, "db" | "blobs" | "now">,
  olderThan: number = YOUNG,
): Promise<string[]> {
  const began = now().getTime();
  // What was written in the millisecond in which this began may have been written after it did.
  const isOld = (written: Date | undefined) => written !== undefined && began - written.getTime() > olderThan;
  const { last } = db.get<{ last: number }>("SELECT coalesce(max(id), 0) AS last FROM version")!;
  const unused = new Set<string>();
  for await (const hash of blobs.list()) unused.add(hash);
  for await (const page of usedBlobs({ db, blobs })) for (const { hash } of page) unused.delete(hash);
  const removed: string[] = [];
  const candidates = [...unused];
  for (let at = 0; at < candidates.length; at += BATCH) {
    await new Promise((go) => setTimeout(go, 0));
    db.transaction(() => {
      const isNew = blobsOfNewer({ db }, last); // what was published since it was looked
      for (const hash of candidates.slice(at, at + BATCH)) {
        // Whoever needs it again has put it again.
        if (isNew.has(hash) || !isOld(blobs.writtenAtSync(hash))) continue;
        blobs.removeSync(hash);
        removed.push(hash);
      }
    });
  }
  return removed;
}
