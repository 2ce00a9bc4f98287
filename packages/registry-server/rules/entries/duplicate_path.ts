import type { EntryRule } from "../rule.ts";

/** A path is there once. */
export const duplicatePath: EntryRule = {
  code: "duplicatePath",
  refuse({ path }, { paths }) {
    if (!paths.has(path)) return undefined;
    return `The archive has "${path}" twice; pack every file once`;
  },
};
