// Rows by channel and interval of run time, on a grid that starts with the run.

/** Options that say how long an interval is. */
export interface IntervalGrid {
  /** Offset of the origin of the times from the start of the interval that it lies in, ps. */
  readonly phase: number;
  readonly interval: number;
}

/** The grid for times that count from `t0`. */
export function gridOf(t0: bigint, interval: number): IntervalGrid {
  const step = BigInt(interval);
  return { phase: Number(((t0 % step) + step) % step), interval };
}

/** Start of the interval that a time lies in, both from the origin of the grid. */
export function startOf({ phase, interval }: IntervalGrid, time: number): number {
  return Math.floor((time + phase) / interval) * interval - phase;
}

/** Numbers of channels that have rows, in order, by the row of the result that they have in this interval. */
export class ChannelRows {
  readonly #rows = new Map<number, number>();

  /** The row of a channel; `undefined` where it has none yet. */
  get(board: number, channel: number): number | undefined {
    return this.#rows.get(board * 65536 + channel);
  }

  set(board: number, channel: number, row: number): void {
    this.#rows.set(board * 65536 + channel, row);
  }

  clear(): void {
    this.#rows.clear();
  }
}
