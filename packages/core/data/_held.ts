// The references that a table has to the buffers that its columns lie in.

import type { BufferHandle } from "./buffer_pool.ts";
import type { Ragged, TypedArray } from "./schema.ts";

/** A reference that a table has to a buffer; a charged one keeps the budget charged. */
export interface Held {
  /** The buffer and its counts. */
  readonly handle: BufferHandle;
  /** Whether the budget counts it. */
  readonly charged: boolean;
}

/** Those that some of a table's columns lie in. */
export function heldFor(
  held: readonly Held[],
  columns: Readonly<Record<string, TypedArray | Ragged>>,
  names: readonly string[],
): Held[] {
  const arrays = names.flatMap((name) => {
    const data = columns[name]!;
    return "offsets" in data ? [data.values, data.offsets] : [data];
  });
  return held.filter(({ handle }) => arrays.some((array) => handle.holds(array)));
}

/** Bytes of the buffers, each counted whole. */
export function bytesHeld(held: readonly Held[]): number {
  return held.reduce((sum, { handle }) => sum + handle.byteLength, 0);
}

/** One more reference to each buffer. */
export function retainAll(held: readonly Held[]): Held[] {
  for (const { handle, charged } of held) handle.retain(charged);
  return [...held];
}

/** The same references, which the budget no longer counts. */
export function unchargeAll(held: readonly Held[]): Held[] {
  return held.map(({ handle, charged }) => {
    if (charged) handle.uncharge();
    return { handle, charged: false };
  });
}

/** Give the references back. */
export function releaseAll(held: readonly Held[]): void {
  for (const { handle, charged } of held) handle.release(charged);
}
