// Regions of a memory: which parts of it are in use.

/** Regions begin at multiples of it. */
const ALIGN = 64;

/**
 * Divides addresses into regions: each is taken at the lowest address where it fits, so that what was used last is used again
 * and little is touched. `take` and `give` are O(holes).
 */
export class Regions {
  /** Starts and ends of what is free, ascending. */
  readonly #holes: [start: number, end: number][] = [];
  readonly #ends = new Map<number, number>();

  /** Regions in use. */
  get count(): number {
    return this.#ends.size;
  }

  /** Addresses that may be taken. O(holes). */
  get free(): number {
    return this.#holes.reduce((sum, [start, end]) => sum + end - start, 0);
  }

  /** Addresses `start` to `end`, which are whole multiples of 64, may be taken too from now on. Gives the hole that they are in. */
  add(start: number, end: number): readonly [start: number, end: number] {
    const holes = this.#holes;
    let k = 0;
    while (k < holes.length && holes[k]![0] < start) k++;
    const before = holes[k - 1], after = holes[k];
    const joinsBefore = before?.[1] === start, joinsAfter = after?.[0] === end;
    if (joinsBefore && joinsAfter) {
      before[1] = after[1];
      holes.splice(k, 1);
    } else if (joinsBefore) before[1] = end;
    else if (joinsAfter) after[0] = start;
    else holes.splice(k, 0, [start, end]);
    return joinsBefore ? before : holes[k]!;
  }

  /** Addresses `start` to `end`, which must be free, may no longer be taken. */
  remove(start: number, end: number): void {
    const k = this.#holes.findIndex(([from, to]) => from <= start && end <= to);
    if (k < 0) throw new Error(`Addresses ${start} to ${end} are not free`);
    const [from, to] = this.#holes[k]!;
    const left: [number, number][] = [];
    if (from < start) left.push([from, start]);
    if (end < to) left.push([end, to]);
    this.#holes.splice(k, 1, ...left);
  }

  /** Address of a region of `bytes`; undefined where none fits. */
  take(bytes: number): number | undefined {
    const size = sizeOf(bytes);
    for (let k = 0; k < this.#holes.length; k++) {
      const hole = this.#holes[k]!, [start, end] = hole, next = start + size;
      if (next > end) continue;
      if (next === end) this.#holes.splice(k, 1);
      else hole[0] = next;
      this.#ends.set(start, next);
      return start;
    }
    return undefined;
  }

  /** The region at an address is free again. Gives the hole that it is in. @throws {Error} When there is none. */
  give(start: number): readonly [start: number, end: number] {
    const end = this.#ends.get(start);
    if (end === undefined) throw new Error(`There is no region at ${start}`);
    this.#ends.delete(start);
    return this.add(start, end);
  }
}

/** Bytes of addresses that a region takes. */
export function sizeOf(bytes: number): number {
  return Math.ceil(Math.max(bytes, 1) / ALIGN) * ALIGN;
}
