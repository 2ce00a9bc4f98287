// Hits of each channel that may still be joined by later ones.

/** What is kept of a hit: times are offsets from the origin of the store, ps. */
export const HIT_FIELDS = [
  "time",
  "endtime",
  "peakTime",
  "idLow",
  "idHigh",
  "position",
  "edge_start",
  "edge_end",
  "height",
  "integral",
  "rise_time",
  "fall_time",
] as const;

/** How many numbers a hit takes. */
export const STRIDE: number = HIT_FIELDS.length;

/** Where each field of a hit is. */
export const FIELD = Object.fromEntries(HIT_FIELDS.map((name, k) => [name, k])) as Readonly<
  Record<typeof HIT_FIELDS[number], number>
>;

/** Hits of one channel that belong together. */
export interface Cluster {
  readonly board: number;
  readonly channel: number;
  readonly dt: number;
  /** Start of the first hit, and highest end so far. */
  start: number;
  end: number;
  /** {@linkcode STRIDE} numbers a hit, in the order in which they came. */
  readonly hits: number[];
}

/** Clusters that are open as plain data, which can be kept. */
export interface OpenState {
  /** By board and channel. */
  readonly open: Map<number, Cluster>;
  /** What their times count from, ps. */
  origin: bigint | undefined;
}

/** Clusters that are open, at most one a channel. */
export class OpenClusters {
  readonly #state: OpenState;

  /** Those of a state, which it changes. */
  constructor(state: OpenState) {
    this.#state = state;
  }

  get #open(): Map<number, Cluster> {
    return this.#state.open;
  }

  /** Count times from another origin. */
  rebase(origin: bigint): void {
    const before = this.#state.origin;
    const shift = before === undefined ? 0 : Number(before - origin);
    this.#state.origin = origin;
    if (shift === 0) return;
    for (const cluster of this.#open.values()) {
      cluster.start += shift;
      cluster.end += shift;
      for (let k = 0; k < cluster.hits.length; k += STRIDE) {
        for (const time of [FIELD.time, FIELD.endtime, FIELD.peakTime]) cluster.hits[k + time]! += shift;
      }
    }
  }

  get(board: number, channel: number): Cluster | undefined {
    return this.#open.get(board * 65536 + channel);
  }

  set(cluster: Cluster): void {
    this.#open.set(cluster.board * 65536 + cluster.channel, cluster);
  }

  /** Take away clusters that end before the limit of their channel. */
  takeBefore(limitOf: (board: number, channel: number) => number): Cluster[] {
    const taken: Cluster[] = [];
    for (const [key, cluster] of this.#open) {
      if (cluster.end >= limitOf(cluster.board, cluster.channel)) continue;
      taken.push(cluster);
      this.#open.delete(key);
    }
    return taken;
  }

  /** Start of the earliest; `Infinity` without one. */
  get earliest(): number {
    let first = Infinity;
    for (const { start } of this.#open.values()) first = Math.min(first, start);
    return first;
  }
}
