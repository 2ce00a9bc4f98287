// Names that a mistyped one may have meant.

/**
 * Edits (insert, delete, replace, swap of neighbours) between two texts. O(a x b).
 *
 * The restricted Damerau-Levenshtein distance: no part is edited twice.
 */
export function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let best = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + cost);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        best = Math.min(best, before[j - 2]! + 1);
      }
      row.push(best);
    }
    before = last;
    last = row;
  }
  return last[b.length]!;
}

/** The names nearest to `name`, at most a third of it (and at least two edits) away, up to three, best first. */
export function nearest(name: string, names: Iterable<string>): string[] {
  const wanted = name.toLowerCase();
  const most = Math.max(2, Math.floor(name.length / 3));
  return [...new Set(names)]
    .map((other) => ({ other, distance: editDistance(wanted, other.toLowerCase()) }))
    .filter(({ other, distance }) => distance <= most && distance < Math.max(name.length, other.length))
    .sort((a, b) => a.distance - b.distance || (a.other < b.other ? -1 : 1))
    .slice(0, 3)
    .map(({ other }) => other);
}

/** `; did you mean "threshold"?` or nothing. */
export function didYouMean(name: string, names: Iterable<string>): string {
  const found = nearest(name, names).map((other) => `"${other}"`);
  return found.length === 0 ? "" : `; did you mean ${found.join(" or ")}?`;
}

/** Names as a list for people, in order. */
export function listed(names: Iterable<string>): string {
  return [...new Set(names)].sort().join(", ") || "none";
}
