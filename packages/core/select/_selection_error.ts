// What is wrong with a selection, and where.

/** A place in a text: from its first character to behind its last. */
export interface Place {
  readonly at: number;
  readonly end: number;
}

/** Most characters of a selection that are shown. */
const SHOWN = 100;

/** An error with the line and a mark under the place. */
export function selectionError(text: string, { at, end }: Place, what: string): SyntaxError {
  const from = Math.max(0, Math.min(at - SHOWN / 2, text.length - SHOWN));
  const line = text.slice(from, from + SHOWN).replace(/\s/g, " ");
  const mark = "^".repeat(Math.max(1, Math.min(end, from + SHOWN) - at));
  return new SyntaxError(`Cannot read the selection: ${what}\n  ${line}\n  ${" ".repeat(at - from)}${mark}`);
}
