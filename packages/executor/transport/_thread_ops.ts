// Messages of a thread's boot module that are not for the pool.

/** Operations below zero: they stay within the transport. */
export const ThreadOp = {
  /** `[exit, how]`: the worker ends; none of its code runs any more. */
  exit: -1,
  /** `[uncaught, error]`: the worker is about to die of an error. */
  uncaught: -2,
  /** `[leave]`, to the worker: end, and tell. */
  leave: -3,
} as const;
