/**
 * The messages between a pool and its workers. They are flat arrays of plain structured-cloneable data, since
 * objects in them would cost more than a tiny task. The first element is the operation:
 *
 * To the worker:
 * - `[configure, worker, concurrency, memoryEvery]`: first of all. `memoryEvery` ms between memory reports, 0: none
 * - `[define, index, module, export]`: task function `index`; comes before its first use
 * - `[run, id, index, input, id, index, input, ...]`: tasks, to be begun in this order
 * - `[slab, number, SharedArrayBuffer]`: memory that `runViews` refers to (only where the transport shares)
 * - `[runViews, id, index, input, lend, key, type, slab, length, key, ...]`: one task; the typed arrays of its input lie
 *   in slabs. `key` is the property that the array belongs to, null for the input itself; `type` indexes
 *   `viewTypes`, `length` is in elements; `lend` is 1 when the function has them for the call only, else 0
 * - `[several, message, ...]`: `run` and `runViews` messages, in this order
 * - `[cancel, id, reason]`: abort the task's signal, or drop the task if it has not begun; `reason` as `encodeError` gives it
 * - `[recall, id, ...]`: drop these tasks, which have not begun and won't be answered, and begin others again; comes after
 *   the host has closed the count of tasks begun (only where the transport shares)
 * - `[load, id, index]`: load the function's module; answered like a task with undefined
 *
 * From the worker:
 * - `[ready]`: it can take tasks; once
 * - `[results, id, value, milliseconds, id, ...]`: tasks that ended well; milliseconds of running
 * - `[failed, id, error, milliseconds]`: a task that threw; `error` as `encodeError` gives it
 * - `[memory, bytes]`: memory in use
 * - `[reached, id, step]`: what a task that goes on says of itself
 *
 * An id names a task on its worker from the message that gives it to the one that answers it.
 *
 * @module
 */

/** Operations of the messages. */
export const Op = {
  configure: 0,
  define: 1,
  run: 2,
  slab: 3,
  runViews: 4,
  cancel: 5,
  load: 6,
  several: 7,
  recall: 8,
  ready: 10,
  results: 11,
  failed: 12,
  memory: 13,
  reached: 14,
} as const;

/** Message to a worker: an `Op` and what belongs to it. */
export type HostMessage = readonly unknown[];

/** Message from a worker: an `Op` and what belongs to it. */
export type WorkerMessage = readonly unknown[];
