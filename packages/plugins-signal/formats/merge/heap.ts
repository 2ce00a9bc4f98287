// The files of a run by their next row: a binary heap, O(log files) a row.
import type { RunSource } from "./source.ts";

/** Whether the next row of `a` comes before that of `b`: by time, board, channel, then order of the files. */
function precedes(a: RunSource, b: RunSource): boolean {
  const da = a.decoder, db = b.decoder;
  const i = da.head, j = db.head;
  if (da.hi[i] !== db.hi[j]) return da.hi[i]! < db.hi[j]!;
  if (da.lo[i] !== db.lo[j]) return da.lo[i]! < db.lo[j]!;
  if (da.place[i] !== db.place[j]) return da.place[i]! < db.place[j]!;
  return a.index < b.index;
}

/** Files that have rows, the one with the first row on top. */
export class Merge {
  readonly #heap: RunSource[] = [];

  /** The file with the first row. */
  get top(): RunSource | undefined {
    return this.#heap[0];
  }

  /** Start over with those of `sources` that have rows. O(files). */
  refill(sources: readonly RunSource[]): void {
    const heap = this.#heap;
    heap.length = 0;
    for (const source of sources) if (source.decoder.head < source.decoder.count) heap.push(source);
    for (let i = (heap.length >> 1) - 1; i >= 0; i--) this.#sink(i);
  }

  /** The top's first row was taken. */
  advance(): void {
    const heap = this.#heap;
    const { decoder } = heap[0]!;
    decoder.head++;
    if (decoder.head === decoder.count) {
      const last = heap.pop()!;
      if (heap.length === 0) return;
      heap[0] = last;
    }
    this.#sink(0);
  }

  #sink(i: number): void {
    const heap = this.#heap;
    const n = heap.length;
    const source = heap[i]!;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= n) break;
      if (child + 1 < n && precedes(heap[child + 1]!, heap[child]!)) child++;
      if (!precedes(heap[child]!, source)) break;
      heap[i] = heap[child]!;
      i = child;
    }
    heap[i] = source;
  }
}
