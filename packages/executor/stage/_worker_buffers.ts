// The buffers of a worker.

import { BufferPool } from "@millrace/core/buffers";
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
