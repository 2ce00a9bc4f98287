import type { EntryRule } from "../rule.ts";

/** Files are few enough. */
export const fileCount: EntryRule = {
  code: "fileCount",
  refuse(_entry, { paths }, { files }) {
    if (paths.size < files) return undefined;
    return `The archive has more than ${files} files; leave some out with "publish.exclude" in deno.json`;
  },
};
