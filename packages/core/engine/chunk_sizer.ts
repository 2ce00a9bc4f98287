// How many rows of a source make a good chunk, found out while a run is under way.
//
// Small chunks cost messages, files and bookkeeping; large ones cost memory and leave workers waiting for the last one. Between lies
// a wide flat stretch, and what it lies around is not a number of rows but a time: so the rows are chosen such that the plugins
// behind the sources spend about TARGET ms on a chunk. Where memory is what limits them, that is more than a cache holds, and more
// fresh memory: hence also MOST_BYTES. `rowsOf` and `given` are O(1).

/** Milliseconds of all plugins together on one chunk. */
const TARGET = 12;
/** The same where chunks become files, each of which costs about 2 ms. */
const TARGET_STORED = 50;
/** Bytes of a chunk, at most. */
const MOST_BYTES = 2 ** 23;
/** Rows of the first chunks. */
const FIRST = 500;
/** Chunks over which the time a row takes is measured: what is under way at the moment drops out of the difference. */
const WINDOW = 16;
/** A chunk is at most so many times longer than the one before. */
const GROW = 4;
/** A chunk is at most so many times shorter than the one before. */
const SHRINK = 2;

/** Chooses the rows of a run's next chunk. */
export class ChunkSizer {
  readonly #target: number;
  readonly #busy: () => number;
  readonly #underWay: number;
  /** Rows given with each of the last chunks and all before it. */
  readonly #rows: number[] = [0];
  readonly #history: { readonly rows: number; readonly busy: number }[] = [];
  #next = FIRST;

  /**
   * @param busy Milliseconds that all plugins but the sources have been running so far.
   * @param stored Whether chunks become files.
   * @param underWay Chunks that are computed at once: what was measured does not hold them yet.
   */
  constructor(busy: () => number, stored: boolean, underWay = 0) {
    this.#busy = busy;
    this.#target = stored ? TARGET_STORED : TARGET;
    this.#underWay = underWay;
  }

  /** Rows for the next chunk, of `bytes` each. */
  rowsOf(bytes: number): number {
    return Math.max(1, Math.min(this.#next, Math.floor(MOST_BYTES / bytes)));
  }

  /** A chunk of so many rows is on its way. */
  given(rows: number): void {
    const done = this.#rows[0]!, now = { rows: done, busy: this.#busy() };
    this.#rows.push(this.#rows.at(-1)! + rows);
    if (this.#rows.length > this.#underWay + 1) this.#rows.shift();
    const last = this.#history.at(-1);
    if (last?.busy === now.busy) return; // nothing is known that was not known before
    this.#history.push(now);
    const before = this.#history[0]!;
    if (this.#history.length > WINDOW) this.#history.shift();
    const ms = now.busy - before.busy;
    if (ms <= 0 || done <= before.rows) return;
    // What is measured is behind what is chosen: going all the way at once would overshoot.
    const wanted = Math.sqrt(this.#next * this.#target * (done - before.rows) / ms);
    const least = this.#next / SHRINK, most = this.#next * GROW;
    this.#next = Math.max(1, Math.round(Math.min(Math.max(wanted, least), most)));
  }
}
