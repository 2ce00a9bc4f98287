// The order of values as `numpy.argsort` (1.24, kind "quicksort") gives it.
//
// The sort isn't stable, and scipy's rule of distance lets the order of equal peaks decide which of them stays. Integer
// samples have many equal peaks; to find the same ones, the same steps are taken: median of three, insertion sort of up to
// 16 values, the larger part later, heap sort when parts stay large (numpy/core/src/npysort).

const SMALL = 15;
// The smaller part is sorted first, so that no more parts wait than a length has bits.
const parts = new Int32Array(2 * 32), depths = new Int32Array(32);

/** Fill `order` with `0 .. count - 1`, sorted by `values` from low to high. */
export function argsort(values: Float64Array, count: number, order: Int32Array): void {
  for (let i = 0; i < count; i++) order[i] = i;
  if (count < 2) return;
  let low = 0, high = count - 1, depth = 2 * (31 - Math.clz32(count)), waiting = 0;
  for (;;) {
    let heaped = false;
    if (depth < 0) {
      heapSort(values, order, low, high - low + 1);
      heaped = true;
    }
    while (!heaped && high - low > SMALL) {
      const at = partition(values, order, low, high);
      if (at - low < high - at) {
        parts[2 * waiting] = at + 1;
        parts[2 * waiting + 1] = high;
        high = at - 1;
      } else {
        parts[2 * waiting] = low;
        parts[2 * waiting + 1] = at - 1;
        low = at + 1;
      }
      depths[waiting++] = --depth;
    }
    if (!heaped) insertionSort(values, order, low, high);
    if (waiting === 0) return;
    waiting--;
    low = parts[2 * waiting]!;
    high = parts[2 * waiting + 1]!;
    depth = depths[waiting]!;
  }
}

/** NaN is behind all numbers. */
function less(a: number, b: number): boolean {
  return a < b || (b !== b && a === a);
}

function swap(order: Int32Array, a: number, b: number): void {
  const kept = order[a]!;
  order[a] = order[b]!;
  order[b] = kept;
}

function partition(values: Float64Array, order: Int32Array, low: number, high: number): number {
  const middle = low + ((high - low) >> 1);
  if (less(values[order[middle]!]!, values[order[low]!]!)) swap(order, middle, low);
  if (less(values[order[high]!]!, values[order[middle]!]!)) swap(order, high, middle);
  if (less(values[order[middle]!]!, values[order[low]!]!)) swap(order, middle, low);
  const pivot = values[order[middle]!]!;
  let i = low, j = high - 1;
  swap(order, middle, j);
  for (;;) {
    do i++; while (less(values[order[i]!]!, pivot));
    do j--; while (less(pivot, values[order[j]!]!));
    if (i >= j) break;
    swap(order, i, j);
  }
  swap(order, i, high - 1);
  return i;
}

function insertionSort(values: Float64Array, order: Int32Array, low: number, high: number): void {
  for (let i = low + 1; i <= high; i++) {
    const moved = order[i]!, value = values[moved]!;
    let j = i;
    while (j > low && less(value, values[order[j - 1]!]!)) {
      order[j] = order[j - 1]!;
      j--;
    }
    order[j] = moved;
  }
}

function heapSort(values: Float64Array, order: Int32Array, low: number, count: number): void {
  const at = low - 1; // positions count from 1
  for (let root = count >> 1; root > 0; root--) sift(values, order, at, root, count, order[at + root]!);
  for (let end = count; end > 1;) {
    const moved = order[at + end]!;
    order[at + end] = order[at + 1]!;
    end--;
    sift(values, order, at, 1, end, moved);
  }
}

function sift(
  values: Float64Array,
  order: Int32Array,
  at: number,
  root: number,
  end: number,
  moved: number,
): void {
  let i = root, j = 2 * root;
  while (j <= end) {
    if (j < end && less(values[order[at + j]!]!, values[order[at + j + 1]!]!)) j++;
    if (!less(values[moved]!, values[order[at + j]!]!)) break;
    order[at + i] = order[at + j]!;
    i = j;
    j += j;
  }
  order[at + i] = moved;
}
