// Inputs whose typed arrays came in slabs.

import type { HostMessage } from "../transport/messages.ts";
import { viewTypes } from "../transport/view_types.ts";

/** The slabs of one worker, and memory of its own for what is lent: loops over shared memory take twice as long. */
export class SlabViews {
  readonly #slabs: SharedArrayBuffer[] = [];
  /** By slab: a slab is not used again before its task has ended, so neither is this. */
  readonly #lent: Uint8Array<ArrayBuffer>[] = [];

  /** Takes note of a slab. */
  add(number: number, slab: SharedArrayBuffer): void {
    this.#slabs[number] = slab;
  }

  /** The input of a `runViews` message, its arrays copied out of the slabs: lent, or the function's own. */
  inputOf(message: HostMessage): unknown {
    let input = message[3];
    const isLent = message[4] === 1;
    for (let i = 5; i < message.length; i += 4) {
      const View = viewTypes[message[i + 1] as number]!;
      const number = message[i + 2] as number, length = message[i + 3] as number;
      const view = new View(this.#slabs[number]!, 0, length);
      const array = isLent ? new View(this.#copy(number, view.byteLength), 0, length) : view.slice(); // slice() of shared memory makes an ArrayBuffer
      const key = message[i] as string | number | null;
      if (key === null) input = array;
      else (input as Record<string | number, unknown>)[key] = array;
    }
    return input;
  }

  #copy(number: number, bytes: number): ArrayBuffer {
    const slab = this.#slabs[number]!;
    const lent = this.#lent[number] ??= new Uint8Array(slab.byteLength);
    lent.set(new Uint8Array(slab, 0, bytes));
    return lent.buffer;
  }
}
