// Rows of each channel.

/** Row numbers by channel, ascending; those that `isUsed` refuses are left out. O(rows). */
export function rowsByChannel(
  channel: Uint16Array,
  isUsed: (row: number) => boolean = () => true,
): Map<number, number[]> {
  const rows = new Map<number, number[]>();
  for (let i = 0; i < channel.length; i++) {
    if (!isUsed(i)) continue;
    const list = rows.get(channel[i]!);
    if (list) list.push(i);
    else rows.set(channel[i]!, [i]);
  }
  return rows;
}

/** Position in `rows` of the first whose value is above `value`, of ascending values. O(log rows). */
export function firstAbove(rows: readonly number[], values: Float64Array, value: number): number {
  let from = 0, to = rows.length;
  while (from < to) {
    const mid = (from + to) >>> 1;
    if (values[rows[mid]!]! > value) to = mid;
    else from = mid + 1;
  }
  return from;
}
