import type { EntryRule } from "../rule.ts";

/** A package has files only, no links. */
export const link: EntryRule = {
  code: "link",
  refuse({ path, type }) {
    if (type !== "symlink" && type !== "link") return undefined;
    return `The archive has "${path}" as a link; put a copy of the file there`;
  },
};
