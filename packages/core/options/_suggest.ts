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

/**
 * The end of a message on a name that there is not: `; did you mean "threshold"? There are ...`, or `; there are ...`
 * where no name is near. O(names).
 *
 * @param name What was given.
 * @param names What it may have meant.
 * @param rest What is said in any case, as part of a sentence.
 * @param known What it is called here, where that is known: said instead of what is near.
 */
export function didYouMean(
  name: string,
  names: Iterable<string>,
  rest: string,
  known: readonly string[] = [],
): string {
  const found = (known.length > 0 ? known : nearest(name, names)).map((other) => `"${other}"`);
  if (found.length === 0) return `; ${rest}`;
  return `; did you mean ${found.join(" or ")}? ${rest.charAt(0).toUpperCase()}${rest.slice(1)}`;
}

/** Names as a list for people, in order. */
export function listed(names: Iterable<string>): string {
  return [...new Set(names)].sort().join(", ") || "none";
}
