// What users write.

/** Read `@scope/name@version`. @throws {SyntaxError} When it is not that. */
export function parseVersion(text: string): { scope: string; name: string; version: string; path: string } {
  const match = /^@([^/@]+)\/([^/@]+)@([^/@]+)$/.exec(text);
  if (!match) throw new SyntaxError(`Cannot read "${text}": write @scope/name@version`);
  const [scope, name, version] = match.slice(1) as [string, string, string];
  const parts = [scope, name, version].map(encodeURIComponent);
  return { scope, name, version, path: `/scopes/${parts[0]}/packages/${parts[1]}/versions/${parts[2]}` };
}

/** A scope with or without its `@`. */
export function parseScope(text: string): string {
  return text.replace(/^@/, "");
}

/** Read a time from now, like `90d`. @throws {SyntaxError} When it is not that. */
export function parseExpiry(text: string, now: Date): Date {
  const match = /^(\d{1,5})([hd])$/.exec(text);
  if (!match) {
    throw new SyntaxError(`Cannot read "${text}": write a number of hours or days, like 12h or 90d`);
  }
  return new Date(now.getTime() + Number(match[1]) * (match[2] === "h" ? 3600_000 : 86_400_000));
}

/** Read a whole number. @throws {RangeError} When it is none, or not within the bounds. */
export function parseWhole(text: string, what: string, least: number, most: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : NaN;
  if (value >= least && value <= most) return value;
  throw new RangeError(`Cannot use "${text}" as ${what}: give a whole number from ${least} to ${most}`);
}

/** Rows as text, columns aligned. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows];
  const widths = head.map((_, k) => Math.max(...all.map((row) => row[k]!.length)));
  return all.map((row) => `${row.map((cell, k) => cell.padEnd(widths[k]!)).join("  ").trimEnd()}\n`).join("");
}
