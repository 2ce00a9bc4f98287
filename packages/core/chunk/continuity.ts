/**
 * Whether chunks follow each other.
 *
 * Complexity: O(1) a chunk.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Chunk } from "@millrace/core/chunk";
 * import { checkContinuity } from "@millrace/core/continuity";
 * import { Table } from "@millrace/core/table";
 * import { schema } from "@millrace/core/schema";
 *
 * const rows = Table.empty(schema({ time: "time" }));
 * const first = new Chunk(rows.share(), { start: 0n, end: 10n, dataType: "hits" });
 * const late = new Chunk(rows, { start: 12n, end: 20n, dataType: "hits" });
 * assert.throws(() => checkContinuity([first, late]), { message: /2 ps are missing/ });
 * ```
 * @module
 */
import type { ColumnTypes } from "../data/schema.ts";
import { continuityFault, type Seen } from "./_continuity_fault.ts";
import type { Chunk } from "./chunk.ts";

/** Looks at the chunks of a stream as they come by; keeps none of them. */
export class ContinuityChecker {
  #last: Seen | undefined;

  /**
   * The next chunk of the stream.
   *
   * @throws {RangeError} When it does not start where the one before ended, or its `coverEnd` is lower than that one's:
   * `coverEnd` is the highest endtime so far and never falls.
   * @throws {TypeError} When it has another schema, run or data type.
   */
  check<C extends ColumnTypes>(chunk: Chunk<C>): void {
    const fault = this.#last && continuityFault(this.#last, chunk as Chunk);
    if (fault) throw fault;
    const name = `${chunk}`;
    const { schema, runId, dataType, end, coverEnd } = chunk;
    this.#last = { schema, runId, dataType, end, coverEnd, toString: () => name };
  }
}

/**
 * Check that each chunk follows the one before: same schema, run and data type, no gap, no overlap, `coverEnd` not falling.
 *
 * @throws {RangeError} On a gap, an overlap or a falling `coverEnd`.
 * @throws {TypeError} On another schema, run or data type.
 */
export function checkContinuity<C extends ColumnTypes>(chunks: Iterable<Chunk<C>>): void {
  const checker = new ContinuityChecker();
  for (const chunk of chunks) checker.check(chunk);
}
