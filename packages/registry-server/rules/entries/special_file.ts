import type { EntryRule } from "../rule.ts";

/** A package has plain files only: no devices, no pipes. */
export const specialFile: EntryRule = {
  code: "specialFile",
  refuse({ path, type }) {
    if (["file", "symlink", "link"].includes(type)) return undefined;
    return `The archive has "${path}" as a ${type}; a package holds plain files only`;
  },
};
