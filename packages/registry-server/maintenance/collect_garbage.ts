/**
 * Remove what nothing refers to: {@linkcode collectGarbage}.
 * @module
 */
import type { Registry } from "../registry.ts";
import { referencedBlobs } from "./references.ts";

/** Blobs younger than this may belong to an upload under way, ms. */
const YOUNG = 3600_000;

/** Remove blobs that uploads left when they were refused or cut off; gives their hashes. May run beside a server. */
export async function collectGarbage(
  registry: Pick<Registry, "db" | "blobs" | "now">,
  olderThan: number = YOUNG,
): Promise<string[]> {
  const used = await referencedBlobs(registry);
  const removed: string[] = [];
  for await (const hash of registry.blobs.list()) {
    if (used.has(hash)) continue;
    if (registry.now().getTime() - (await registry.blobs.writtenAt(hash)).getTime() < olderThan) continue;
    await registry.blobs.remove(hash);
    removed.push(hash);
  }
  return removed;
}
