import type { EntryRule } from "../rule.ts";

const RESERVED = /(^|\/)(\.git|\.hg|\.svn|node_modules|\.DS_Store|\.env(\.[^/]*)?|\.npmrc)(\/|$)/i;

/** Nothing that was packed by mistake: histories, installed packages, secrets. */
export const reservedPath: EntryRule = {
  code: "reservedPath",
  refuse({ path }) {
    const found = RESERVED.exec(path)?.[2];
    return found &&
      `The archive has "${path}", and ${found} is never part of a package; list it under "publish.exclude" in deno.json`;
  },
};
