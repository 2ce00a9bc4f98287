// How many rows of a source make a good chunk, found out while a run is under way.
//
// Small chunks cost messages, files and bookkeeping; large ones cost memory and leave workers waiting for the last one. Between lies
// a wide flat stretch, and what it lies around is not a number of rows but a time: so the rows are chosen such that the plugins
// behind the sources spend about TARGET ms on a chunk. `rows` and `given` are O(1).

/** Milliseconds of all plugins together on one chunk. */
const TARGET = 12;
/** The same where chunks become files, each of which costs about 2 ms. */
const TARGET_STORED = 50;
/** Rows of the first chunks. */
const FIRST = 500;
/** Chunks over which the time a row takes is measured: what is under way at the moment drops out of the difference. */
const WINDOW = 16;
/** A chunk is at most so many times longer or shorter than the one before. */
const STEP = 2;

/** Chooses the rows of a run's next chunk. */
export class ChunkSizer {
  readonly #target: number;
  readonly #busy: () => number;
  readonly #history: { readonly rows: number; readonly busy: number }[] = [];
  #rows = 0;
  #next = FIRST;

  /**
   * @param busy Milliseconds that all plugins but the sources have been running so far.
   * @param stored Whether chunks become files.
   */
  constructor(busy: () => number, stored: boolean) {
    this.#busy = busy;
    this.#target = stored ? TARGET_STORED : TARGET;
  }

  /** Rows for the next chunk. */
  get rows(): number {
    return this.#next;
  }

  /** A chunk of so many rows is on its way. */
  given(rows: number): void {
    this.#rows += rows;
    const now = { rows: this.#rows, busy: this.#busy() };
    this.#history.push(now);
    const before = this.#history[0]!;
    if (this.#history.length > WINDOW) this.#history.shift();
    const ms = now.busy - before.busy;
    if (ms <= 0) return;
    // What is measured is behind what is chosen: going all the way at once would overshoot.
    const wanted = Math.sqrt(this.#next * this.#target * (now.rows - before.rows) / ms);
    const least = this.#next / STEP, most = this.#next * STEP;
    this.#next = Math.max(1, Math.round(Math.min(Math.max(wanted, least), most)));
  }
}
