import type { EntryRule } from "../rule.ts";

/** Paths differ in more than capital letters, which some systems do not tell apart. */
export const caseCollision: EntryRule = {
  code: "caseCollision",
  refuse({ path }, { folded }) {
    const other = folded.get(path.toLowerCase());
    if (other === undefined || other === path) return undefined;
    return `The paths "${other}" and "${path}" differ only in capital letters; rename one of them`;
  },
};
