// Stable sort of nearly ordered rows by (hi, lo, place): insertion in short runs, then merges that touch only what
// overlaps. O(n) for rows in order, O(n log n) at worst; no allocation but growing scratch.

const RUN = 16;

/** The key columns: 64-bit time in two halves, and board and channel in one number. */
export interface Keys {
  readonly hi: Uint32Array;
  readonly lo: Uint32Array;
  readonly place: Uint32Array;
}

/** Whether row `a` comes strictly before row `b`. */
export function before(keys: Keys, a: number, b: number): boolean {
  const { hi, lo, place } = keys;
  if (hi[a] !== hi[b]) return hi[a]! < hi[b]!;
  if (lo[a] !== lo[b]) return lo[a]! < lo[b]!;
  return place[a]! < place[b]!;
}

/** Sort the row numbers `order[0 .. n)`; `scratch` holds at least `n / 2 + 1` numbers. */
export function sortRows(keys: Keys, order: Uint32Array, n: number, scratch: Uint32Array): void {
  for (let start = 0; start < n; start += RUN) insertionSort(keys, order, start, Math.min(start + RUN, n));
  for (let width = RUN; width < n; width *= 2) {
    for (let start = 0; start + width < n; start += 2 * width) {
      merge(keys, order, start, start + width, Math.min(start + 2 * width, n), scratch);
    }
  }
}

function insertionSort(keys: Keys, order: Uint32Array, start: number, end: number): void {
  for (let i = start + 1; i < end; i++) {
    const row = order[i]!;
    let k = i;
    while (k > start && before(keys, row, order[k - 1]!)) {
      order[k] = order[k - 1]!;
      k--;
    }
    order[k] = row;
  }
}

function merge(
  keys: Keys,
  order: Uint32Array,
  start: number,
  mid: number,
  end: number,
  scratch: Uint32Array,
): void {
  const right = order[mid]!, left = order[mid - 1]!;
  if (!before(keys, right, left)) return;
  // Rows of the left run that stay: those not behind the right run's first.
  let from = start;
  for (let to = mid; from < to;) {
    const m = (from + to) >>> 1;
    if (before(keys, right, order[m]!)) to = m;
    else from = m + 1;
  }
  // Rows of the right run that stay: those not before the left run's last.
  let until = end;
  for (let low = mid; low < until;) {
    const m = (low + until) >>> 1;
    if (before(keys, order[m]!, left)) low = m + 1;
    else until = m;
  }
  const n = mid - from;
  for (let i = 0; i < n; i++) scratch[i] = order[from + i]!;
  let a = 0, b = mid, out = from;
  while (a < n && b < until) {
    order[out++] = before(keys, order[b]!, scratch[a]!) ? order[b++]! : scratch[a++]!;
  }
  while (a < n) order[out++] = scratch[a++]!;
}

/** A column of numbers that a `Float64Array` holds exactly. */
export type NumberColumn = Uint32Array | Int32Array | Uint16Array | Int8Array | Float64Array;

/** Row `start + i` becomes what row `order[i]` was. */
export function permute(
  column: NumberColumn,
  order: Uint32Array,
  n: number,
  start: number,
  scratch: Float64Array,
): void {
  for (let i = 0; i < n; i++) scratch[i] = column[order[i]!]!;
  for (let i = 0; i < n; i++) column[start + i] = scratch[i]!;
}
