import type { EntryRule } from "../rule.ts";

/** No path leaves the package. */
export const pathTraversal: EntryRule = {
  code: "pathTraversal",
  refuse({ path }) {
    if (!path.split(/[/\\]/).includes("..")) return undefined;
    return `The archive has the path "${path}", which leads out of the package; pack only files below its folder`;
  },
};
