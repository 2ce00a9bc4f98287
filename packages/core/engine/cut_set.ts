// The times at which one input (or the union of several) may be cut for a boundary `gap`, found while its rows go by.
//
// An allowed cut is an interval, not a point: between consecutive rows p and n it is [lo, hi] with
// lo = max(cover up to p, p.time + 1) and hi = n.time, or the frontier where n is not known yet; it is allowed when
// hi - cover >= gap. Times are numbers relative to an origin that the owner moves (`shift`).
//
// add: O(1). largestAtMost: O(log intervals).

/** Allowed cuts of a boundary `gap` (0: sealed), optionally with a `maxSpan`. */
export class CutSet {
  readonly #gap: number;
  readonly #maxSpan: number;
  #lo: number[] = [];
  #hi: number[] = [];
  #cover = -Infinity;
  #last = -Infinity;
  #clusterStart = -Infinity;

  constructor(gap: number, maxSpan = Infinity) {
    this.#gap = gap;
    this.#maxSpan = maxSpan;
  }

  /** Highest endtime so far (of the cluster, with a `maxSpan`). */
  get cover(): number {
    return this.#cover;
  }

  /** The next row, in time order. */
  add(time: number, endtime: number): void {
    const lo = Math.max(this.#cover, this.#last + 1);
    const gap = lo <= time && time - this.#cover >= this.#gap;
    if (gap) {
      this.#lo.push(lo);
      this.#hi.push(time);
    } else if (time > this.#last && time >= this.#clusterStart + this.#maxSpan) {
      this.#lo.push(this.#last + 1);
      this.#hi.push(time);
    } else {
      if (endtime > this.#cover) this.#cover = endtime;
      this.#last = time;
      return;
    }
    // A new cluster: no older row reaches as far as this one's start, or its reach no longer counts (maxSpan).
    this.#clusterStart = time;
    this.#cover = endtime;
    this.#last = time;
  }

  /** The next rows of arrays, `from` to `to` (excluded), in time order; their times count from `-shift`. */
  addRows(times: Float64Array, ends: Float64Array, from: number, to: number, shift: number): void {
    const gap = this.#gap, maxSpan = this.#maxSpan;
    for (let i = from; i < to;) {
      // Rows that open no cluster only move the cover: most of them.
      let cover = this.#cover, last = this.#last;
      const limit = this.#clusterStart + maxSpan;
      for (; i < to; i++) {
        const time = times[i]! + shift;
        if (time - cover >= gap || time >= limit) break;
        const end = ends[i]! + shift;
        if (end > cover) cover = end;
        last = time;
      }
      this.#cover = cover;
      this.#last = last;
      if (i < to) this.add(times[i]! + shift, ends[i++]! + shift);
    }
  }

  /** The largest allowed cut at or before `limit` when all rows before `frontier` were added; `-Infinity` if none. */
  largestAtMost(limit: number, frontier: number): number {
    const lo = Math.max(this.#cover, this.#last + 1);
    if (frontier - this.#cover >= this.#gap && lo <= frontier && lo <= limit) {
      return Math.min(limit, frontier);
    }
    // Intervals are ascending: the last one that starts at or before the limit.
    let from = 0, to = this.#lo.length;
    while (from < to) {
      const mid = (from + to) >>> 1;
      if (this.#lo[mid]! <= limit) from = mid + 1;
      else to = mid;
    }
    return from === 0 ? -Infinity : Math.min(limit, this.#hi[from - 1]!);
  }

  /** Forget cuts at or before `cut`, then measure times from `delta` later. */
  shift(cut: number, delta: number): void {
    let drop = 0;
    while (drop < this.#hi.length && this.#hi[drop]! <= cut) drop++;
    this.#lo = this.#lo.slice(drop).map((t) => t - delta);
    this.#hi = this.#hi.slice(drop).map((t) => t - delta);
    this.#cover -= delta;
    this.#last -= delta;
    this.#clusterStart -= delta;
  }
}
