// Inputs whose typed arrays came in slabs.

import type { HostMessage } from "../transport/messages.ts";
import { viewTypes } from "../transport/view_types.ts";

/** The input of a `runViews` message, its arrays on the slabs themselves (lent) or copied out. */
export function viewsOf(message: HostMessage, slabs: readonly SharedArrayBuffer[]): unknown {
  let input = message[3];
  const isLent = message[4] === 1;
  for (let i = 5; i < message.length; i += 4) {
    const View = viewTypes[message[i + 1] as number]!;
    const view = new View(slabs[message[i + 2] as number]!, 0, message[i + 3] as number);
    const array = isLent ? view : view.slice(); // slice() of shared memory makes an ArrayBuffer
    const key = message[i] as string | number | null;
    if (key === null) input = array;
    else (input as Record<string | number, unknown>)[key] = array;
  }
  return input;
}
