/**
 * Results that stay readable from the moment that they are opened.
 * @module
 */
import { ResultChangedError, type StoredResult } from "./types.ts";

/** A result whose files nobody removes until this is disposed of. */
export interface OpenResult extends Disposable {
  /** The result. */
  readonly result: StoredResult;
}

/** How often a result may be replaced between a look at it and its hold before its reader gives up. */
const TRIES = 10;

/**
 * Open a result and hold it; again where it was replaced or removed between the two. From then on it is read to its end, whoever
 * replaces it. `undefined` where there is none.
 *
 * @param open Looks for the result; called again for each try.
 * @throws {ResultChangedError} When it was replaced again each time: names the result and how often.
 * @throws {Error} When `open` does.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { FolderStore, openHeld } from "@millrace/core/store";
 *
 * const root = await Deno.makeTempDir();
 * const store = new FolderStore(root);
 * assert.equal(await openHeld(() => store.open({ runId: "run_7", dataType: "hits" })), undefined);
 * await Deno.remove(root);
 * ```
 */
export async function openHeld<R extends StoredResult | undefined>(
  open: () => Promise<R>,
): Promise<OpenResult | Exclude<R, StoredResult>> {
  for (let tries = 1;; tries++) {
    const result = await open();
    if (!result) return undefined as Exclude<R, StoredResult>;
    try {
      const held = await result.hold?.();
      return { result, [Symbol.dispose]: () => held?.[Symbol.dispose]() };
    } catch (error) {
      if (!(error instanceof ResultChangedError)) throw error;
      if (tries < TRIES) continue;
      const { runId, dataType } = result.meta;
      throw new ResultChangedError(
        `Cannot open ${runId}/${dataType}: each of ${TRIES} times it was replaced or removed before it could be held; try ` +
          "again when fewer write it",
        { cause: error },
      );
    }
  }
}
