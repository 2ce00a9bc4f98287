// Stable natural merge sort of row numbers by keys in typed arrays.

import { compareRest, type Keys, type NumberArray } from "./_keys.ts";

const SHORTEST_RUN = 24;

/**
 * Row numbers in order, equal rows in the order they were in; `undefined` where the rows are in order already.
 *
 * O(rows log runs): rows that are k ordered stretches cost O(rows log k), ordered rows O(rows) and no memory.
 */
export function sortPermutation({ primary, rest, count }: Keys): Uint32Array | undefined {
  if (runEnd(primary, rest, 0, count) === count) return undefined;
  let keys = primary.slice(0, count), index = new Uint32Array(count);
  for (let i = 0; i < count; i++) index[i] = i;
  const runs = new Uint32Array(Math.ceil(count / SHORTEST_RUN) + 2);
  let n = 0;
  for (let from = 0; from < count;) {
    let to = runEnd(primary, rest, from, count);
    if (to - from < SHORTEST_RUN) {
      const least = Math.min(from + SHORTEST_RUN, count);
      insert(keys, index, rest, from, to, least);
      to = least;
    }
    runs[n++] = from;
    from = to;
  }
  runs[n] = count;
  let otherKeys = new Float64Array(count), otherIndex = new Uint32Array(count);
  while (n > 1) {
    let k = 0;
    for (let r = 0; r < n; r += 2) {
      const from = runs[r]!, mid = runs[r + 1]!, to = r + 1 < n ? runs[r + 2]! : mid;
      merge(keys, index, otherKeys, otherIndex, rest, from, mid, to);
      runs[k++] = from;
    }
    runs[k] = count;
    n = k;
    [keys, otherKeys] = [otherKeys, keys];
    [index, otherIndex] = [otherIndex, index];
  }
  return index;
}

/** End of the ordered stretch that begins at `from`. */
function runEnd(keys: Float64Array, rest: readonly NumberArray[], from: number, count: number): number {
  let i = from + 1;
  while (i < count) {
    const a = keys[i - 1]!, b = keys[i]!;
    if (a > b || (a === b && compareRest(rest, i - 1, i) > 0)) break;
    i++;
  }
  return Math.min(i, count);
}

/** Insertion sort of `[from, to)` where `[from, sorted)` is in order. */
function insert(
  keys: Float64Array,
  index: Uint32Array,
  rest: readonly NumberArray[],
  from: number,
  sorted: number,
  to: number,
): void {
  for (let i = sorted; i < to; i++) {
    const key = keys[i]!, row = index[i]!;
    let j = i;
    while (j > from) {
      const before = keys[j - 1]!;
      if (before < key || (before === key && compareRest(rest, index[j - 1]!, row) <= 0)) break;
      keys[j] = before;
      index[j] = index[j - 1]!;
      j--;
    }
    keys[j] = key;
    index[j] = row;
  }
}

/** Merge `[from, mid)` and `[mid, to)` into the other arrays; equal rows of the first come first. */
function merge(
  keys: Float64Array,
  index: Uint32Array,
  outKeys: Float64Array,
  outIndex: Uint32Array,
  rest: readonly NumberArray[],
  from: number,
  mid: number,
  to: number,
): void {
  let i = from, j = mid, k = from;
  while (i < mid && j < to) {
    const a = keys[i]!, b = keys[j]!;
    if (b < a || (a === b && compareRest(rest, index[j]!, index[i]!) < 0)) {
      outKeys[k] = b;
      outIndex[k++] = index[j++]!;
    } else {
      outKeys[k] = a;
      outIndex[k++] = index[i++]!;
    }
  }
  for (; i < mid; k++, i++) {
    outKeys[k] = keys[i]!;
    outIndex[k] = index[i]!;
  }
  for (; j < to; k++, j++) {
    outKeys[k] = keys[j]!;
    outIndex[k] = index[j]!;
  }
}
