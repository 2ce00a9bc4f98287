import type { EntryRule } from "../rule.ts";

const utf8 = new TextEncoder();

/** Paths are short enough for every system. */
export const pathLength: EntryRule = {
  code: "pathLength",
  refuse({ path }, _before, { pathLength: most }) {
    const length = utf8.encode(path).length;
    if (length <= most) return undefined;
    return `The path "${path}" has ${length} bytes, and at most ${most} are allowed; use shorter names`;
  },
};
