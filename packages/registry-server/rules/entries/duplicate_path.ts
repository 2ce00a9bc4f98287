import { type EntryRule, foldersOf } from "../rule.ts";

/** A path is there once, as a file or as a folder. */
export const duplicatePath: EntryRule = {
  code: "duplicatePath",
  refuse({ path }, { paths, folders }) {
    const above = foldersOf(path).find((folder) => paths.has(folder));
    const both = above ?? (folders.has(path) ? path : undefined);
    if (both !== undefined) return `The archive has "${both}" as a file and as a folder; rename one of them`;
    if (!paths.has(path)) return undefined;
    return `The archive has "${path}" twice; pack every file once`;
  },
};
