import type { EntryRule } from "../rule.ts";

/** Paths are relative to the package. */
export const absolutePath: EntryRule = {
  code: "absolutePath",
  refuse({ path }) {
    if (!/^([/\\]|[A-Za-z]:)/.test(path)) return undefined;
    return `The archive has the absolute path "${path}"; pack files by their path in the package`;
  },
};
