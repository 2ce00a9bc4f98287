/**
 * Several stores as one: results are found in any of them, in order, and written to the first that may be written to.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { FolderStore, StoreLocations } from "@millrace/core/store";
 *
 * const shared = new FolderStore("/data/shared", { readOnly: true });
 * const store = new StoreLocations([new FolderStore("./data"), shared]);
 * assert.equal(await store.open({ runId: "run_7", dataType: "hits" }), undefined);
 * ```
 * @module
 */
import type {
  ResultKey,
  ResultWriter,
  Store,
  StoredMeta,
  StoredResult,
  StoredSummary,
  WriterOptions,
} from "./types.ts";

/** A {@linkcode Store} of stores. */
export class StoreLocations implements Store {
  /** The stores in the order in which they are asked. */
  readonly stores: readonly Store[];

  /**
   * One store of several.
   *
   * @throws {RangeError} On an empty list.
   */
  constructor(stores: readonly Store[]) {
    if (stores.length === 0) throw new RangeError("Cannot look for results in no stores: give at least one");
    this.stores = [...stores];
  }

  /** Whether none of them may be written to. */
  get readOnly(): boolean {
    return this.stores.every(({ readOnly }) => readOnly);
  }

  /**
   * Start to write a result in the first store that may be written to.
   *
   * @throws {Error} When there is none, or as that store does.
   */
  async writer(key: ResultKey, meta: StoredMeta, options?: WriterOptions): Promise<ResultWriter> {
    const store = this.stores.find(({ readOnly }) => !readOnly);
    if (store) return await store.writer(key, meta, options);
    throw new Error(
      `Cannot store ${key.runId}/${key.dataType}: every store is read-only; add one that is not`,
    );
  }

  /** The result of that key in the first store that has it. */
  async open(key: ResultKey): Promise<StoredResult | undefined> {
    for (const store of this.stores) {
      const result = await store.open(key);
      if (result) return result;
    }
    return undefined;
  }

  /** The results of all stores, those of the first one first. */
  async list(): Promise<StoredSummary[]> {
    return (await Promise.all(this.stores.map((store) => store.list()))).flat();
  }
}
