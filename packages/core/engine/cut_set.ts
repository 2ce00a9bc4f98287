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
  /** The first `#count` of each are the intervals. */
  #lo = new Float64Array(16);
  #hi = new Float64Array(16);
  #count = 0;
  #cover = -Infinity;
  #last = -Infinity;
  #clusterStart = -Infinity;
  readonly #time = new Float64Array(1);
  readonly #end = new Float64Array(1);

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
    this.#time[0] = time;
    this.#end[0] = endtime;
    this.addRows(this.#time, this.#end, 0, 1, 0);
  }

  /** The next rows of arrays, `from` to `to` (excluded), in time order; their times count from `-shift`. */
  addRows(times: Float64Array, ends: Float64Array, from: number, to: number, shift: number): void {
    this.#makeRoom(to - from);
    const gap = this.#gap, maxSpan = this.#maxSpan, lo = this.#lo, hi = this.#hi;
    let count = this.#count, cover = this.#cover, last = this.#last, start = this.#clusterStart;
    for (let i = from; i < to; i++) {
      const time = times[i]! + shift, end = ends[i]! + shift;
      const isGap = time - cover >= gap && time > last && time >= cover;
      if (isGap || (time > last && time >= start + maxSpan)) {
        // A new cluster: no older row reaches as far as this one's start, or its reach no longer counts (maxSpan).
        lo[count] = isGap && cover > last ? cover : last + 1;
        hi[count++] = time;
        start = time;
        cover = end;
      } else if (end > cover) cover = end;
      last = time;
    }
    this.#count = count;
    this.#cover = cover;
    this.#last = last;
    this.#clusterStart = start;
  }

  #makeRoom(more: number): void {
    const needed = this.#count + more;
    if (needed <= this.#lo.length) return;
    const [lo, hi] = [this.#lo, this.#hi].map((kept) => {
      const larger = new Float64Array(2 * needed);
      larger.set(kept.subarray(0, this.#count));
      return larger;
    });
    this.#lo = lo!;
    this.#hi = hi!;
  }
  /** The largest allowed cut at or before `limit` when all rows before `frontier` were added; `-Infinity` if none. */
  largestAtMost(limit: number, frontier: number): number {
    const lo = Math.max(this.#cover, this.#last + 1);
    if (frontier - this.#cover >= this.#gap && lo <= frontier && lo <= limit) {
      return Math.min(limit, frontier);
    }
    // Intervals are ascending: the last one that starts at or before the limit.
    let from = 0, to = this.#count;
    while (from < to) {
      const mid = (from + to) >>> 1;
      if (this.#lo[mid]! <= limit) from = mid + 1;
      else to = mid;
    }
    return from === 0 ? -Infinity : Math.min(limit, this.#hi[from - 1]!);
  }

  /**
   * Rows that were not added, the last of which starts at `last`, all end by `cover`: whether the frontier is an allowed cut, by
   * what is known of rows and gaps before it or without that. All rows are cut off there if it is.
   */
  pass(frontier: number, last: number, cover: number): boolean {
    last = Math.max(last, this.#last);
    if (!(frontier - cover >= this.#gap && Math.max(cover, last + 1) <= frontier)) return false;
    this.#count = 0;
    this.#cover = cover;
    this.#last = last;
    return true;
  }

  /** Forget cuts at or before `cut`, then measure times from `delta` later. */
  shift(cut: number, delta: number): void {
    const lo = this.#lo, hi = this.#hi;
    let kept = 0;
    for (let k = 0; k < this.#count; k++) {
      if (hi[k]! <= cut) continue;
      lo[kept] = lo[k]! - delta;
      hi[kept++] = hi[k]! - delta;
    }
    this.#count = kept;
    this.#cover -= delta;
    this.#last -= delta;
    this.#clusterStart -= delta;
  }
}
