// The end of a message on a name that there is not.

/** `; did you mean "x"? There are ...`, or `; there are ...` where no name is near. */
export function suggestion(name: string, names: Iterable<string>): string {
  const all = [...names];
  const distances = all.map((other) => ({
    other,
    edits: editDistance(name.toLowerCase(), other.toLowerCase()),
  }));
  const [best] = distances.sort((a, b) => a.edits - b.edits);
  const list = `are ${all.sort().join(", ") || "none"}`;
  if (best === undefined || best.edits > Math.max(2, name.length / 3)) return `; there ${list}`;
  return `; did you mean "${best.other}"? There ${list}`;
}

/** Letters to insert, delete or replace. */
function editDistance(a: string, b: string): number {
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      row.push(Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    last = row;
  }
  return last[b.length]!;
}
