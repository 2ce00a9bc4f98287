// Messages of a thread's boot module that are not for the pool.

/** Operations below zero: they stay within the transport. */
export const ThreadOp = {
  /** `[exit, how]`: the worker is about to end itself. */
  exit: -1,
  /** `[uncaught, error]`: the worker is about to die of an error. */
  uncaught: -2,
} as const;
