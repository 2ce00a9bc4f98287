// Regions of a memory: which parts of it are in use.

/** Regions begin at multiples of it. */
const ALIGN = 64;

/**
 * Divides addresses from a first one on into regions: each is taken at the lowest address where it fits, so that what was used
 * last is used again and little is touched. `take` and `give` are O(holes).
 */
export class Regions {
  /** Starts and ends of what is free, ascending; the last hole has no end. */
  readonly #holes: [start: number, end: number][];
  readonly #ends = new Map<number, number>();

  /** All is free from `first` on. */
  constructor(first: number) {
    this.#holes = [[align(first), Infinity]];
  }

  /** Regions in use. */
  get count(): number {
    return this.#ends.size;
  }

  /** Address of a region of `bytes` that ends at or before `limit`; undefined where none fits. */
  take(bytes: number, limit = Infinity): number | undefined {
    const size = align(Math.max(bytes, 1));
    for (let k = 0; k < this.#holes.length; k++) {
      const hole = this.#holes[k]!, [start, end] = hole, next = start + size;
      if (next > limit) return undefined;
      if (next > end) continue;
      if (next === end) this.#holes.splice(k, 1);
      else hole[0] = next;
      this.#ends.set(start, next);
      return start;
    }
    return undefined;
  }

  /** The region at an address is free again. @throws {Error} When there is none. */
  give(start: number): void {
    const end = this.#ends.get(start);
    if (end === undefined) throw new Error(`There is no region at ${start}`);
    this.#ends.delete(start);
    const holes = this.#holes;
    let k = 0;
    while (holes[k]![0] < start) k++; // the last hole begins behind all regions
    const before = holes[k - 1], after = holes[k]!;
    const joinsBefore = before?.[1] === start, joinsAfter = after[0] === end;
    if (joinsBefore && joinsAfter) {
      before[1] = after[1];
      holes.splice(k, 1);
    } else if (joinsBefore) before[1] = end;
    else if (joinsAfter) after[0] = start;
    else holes.splice(k, 0, [start, end]);
  }
}

function align(bytes: number): number {
  return Math.ceil(bytes / ALIGN) * ALIGN;
}
