// The buffers of a worker.

import { BufferPool, sizeClass } from "@millrace/core/buffers";
import type { StageTask } from "./messages.ts";

/** Shared with the host. */
export const pool: BufferPool = new BufferPool({ shared: true });
/** The worker's own. */
export const plain: BufferPool = new BufferPool();

/** What a task's budget says of idle buffers, and some of those for it. */
export function prepare({ spare, budget }: Pick<StageTask, "spare" | "budget">): void {
  for (const kept of [pool, plain]) kept.keepIdle(budget.idle);
  for (const buffer of spare) pool.put(buffer);
}

/** Smaller buffers are not worth keeping. */
const SMALL = 4096;

/** Memory for what comes from the host: used again, where a table lay in it before. */
export function memoryFor(bytes: number): ArrayBufferLike {
  if (bytes < SMALL) return new ArrayBuffer(bytes);
  const size = sizeClass(bytes);
  return plain.takeIdle(size, 1)[0] ?? new ArrayBuffer(size);
}
