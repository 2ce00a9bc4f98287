import type { EntryRule } from "../rule.ts";

/** Folders are nested within reason. */
export const pathDepth: EntryRule = {
  code: "pathDepth",
  refuse({ path }, _before, { pathDepth: most }) {
    const depth = path.split("/").length - 1;
    if (depth <= most) return undefined;
    return `The path "${path}" lies ${depth} folders deep, and at most ${most} are allowed; use fewer folders`;
  },
};
