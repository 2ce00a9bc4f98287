// A bare worker without any pool: answers a batch of tasks, counts, or takes spins from a shared list until it is
// empty.

import { dispatch, spin, type TaskData } from "./tasks.ts";

/** What is sent to it. */
export type BareMessage = { readonly batch: readonly TaskData[] } | { readonly steps: number } | {
  /** Microseconds of each. */
  readonly spins: Int32Array;
  /** The first one that nobody has taken. */
  readonly next: Int32Array;
};

const scope = self as unknown as {
  onmessage: (event: MessageEvent<BareMessage>) => void;
  postMessage(message: unknown): void;
};

scope.onmessage = ({ data }) => {
  if ("batch" in data) scope.postMessage(data.batch.map(dispatch));
  else if ("steps" in data) scope.postMessage(count(data.steps));
  else {
    const { spins, next } = data;
    for (let k = Atomics.add(next, 0, 1); k < spins.length; k = Atomics.add(next, 0, 1)) spin(spins[k]!);
    scope.postMessage(undefined);
  }
};

/** A loop of a fixed length, which no compiler can leave out. */
function count(steps: number): number {
  let x = 1;
  for (let k = 0; k < steps; k++) x = (Math.imul(x, 1664525) + k) | 0;
  return x;
}
