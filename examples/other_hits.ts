/**
 * A second hit finder: `hit_threshold` under another name, with options of its own.
 *
 * A module to import, as `script.ts` does: run alone, it prints nothing.
 * @module
 */
import type { Plugin } from "@millrace/core";
import { hitThreshold } from "@millrace/plugins-signal";
import { copyOf } from "@millrace/core";

/** Hits as `hit_threshold` finds them, set with `other_hits.threshold` and so on. */
export const otherHits: Plugin = copyOf(hitThreshold, "other_hits");
