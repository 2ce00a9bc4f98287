// The kernels' memory, which the threads of an executor have in common with the host.

import { shareMemory } from "@millrace/core/kernel-memory";
import { endShare, holdsSpans, type MemoryShare, SHARE_KEY } from "@millrace/core/memory-share";
import type { ThreadShare } from "../transport/thread.ts";

/** Shares of it. */
export const memoryShare: ThreadShare = {
  key: SHARE_KEY,
  open: shareMemory,
  isHeld: (share) => holdsSpans(share as MemoryShare),
  end: (share) => endShare(share as MemoryShare),
};
