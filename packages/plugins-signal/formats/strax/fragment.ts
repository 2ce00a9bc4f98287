/**
 * Which fragment of its pulse a trace is, in the `flags` of `raw_files`: files of strax records say it (`record_i`), and traces have no
 * column for it.
 *
 * The highest bit says that the trace is a fragment whose number is known; the lowest 16 bits are the number.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { flagsOfFragment, fragmentOf } from "@millrace/plugins-signal/formats/strax/fragment";
 *
 * assert.equal(fragmentOf(flagsOfFragment(3)), 3);
 * assert.equal(fragmentOf(3), -1);
 * ```
 * @module
 */

const NUMBERED = 2 ** 31;

/** Flags of a fragment. @param number Its number in the pulse, 0 to 65535. */
export const flagsOfFragment = (number: number): number => NUMBERED + number;

/** The number of a fragment in its pulse; -1 where the flags do not say it. */
export const fragmentOf = (flags: number): number => flags >= NUMBERED ? flags & 0xffff : -1;
