// The store of a context, as it is given one: a folder, a store, or several of them.

import { FolderStore, StoreLocations } from "../store/store.ts";
import type { Store } from "../store/types.ts";

/** What a context may be given as a store. */
export type StoreInput = string | URL | Store | readonly (string | URL | Store)[];

/** One store of all that was given. */
export function openStore(given: StoreInput): Store {
  return Array.isArray(given)
    ? new StoreLocations((given as readonly (string | URL | Store)[]).map(storeOf))
    : storeOf(given as string | URL | Store);
}

function storeOf(store: string | URL | Store): Store {
  if (typeof store === "string") return new FolderStore(store);
  return store instanceof URL ? new FolderStore(decodeURIComponent(store.pathname)) : store;
}

/** The stores that a store looks into, in order. */
export function storesOf(store: Store | undefined): readonly Store[] {
  if (store instanceof StoreLocations) return store.stores.flatMap(storesOf);
  return store ? [store] : [];
}
