// Places in a source's input from which an interrupted run goes on, so that nothing before is read again.
//
// note O(1) amortized; before O(log places); memory: at most MOST places.

import type { InputPlace } from "../store/types.ts";

/** Of more places than this, every second one is forgotten. */
const MOST = 512;
/** Longest text of a place that is kept. */
const LONGEST = 4096;

/** The places of one source. */
export class Places {
  #places: InputPlace[] = [];

  /** The next one. */
  note(place: InputPlace): void {
    if (place.cursor.length > LONGEST) return;
    this.#places.push(place);
    if (this.#places.length > MOST) this.#places = this.#places.filter((_, k) => k === 0 || k % 2 === 1);
  }

  /** The last one at or before a time. */
  before(time: bigint): InputPlace | undefined {
    let low = 0, high = this.#places.length;
    while (low < high) {
      const mid = (low + high) >>> 1;
      if (this.#places[mid]!.at <= time) low = mid + 1;
      else high = mid;
    }
    return this.#places[low - 1];
  }
}
