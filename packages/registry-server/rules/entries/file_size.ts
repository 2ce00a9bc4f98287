import type { EntryRule } from "../rule.ts";

/** Files are small enough. */
export const fileSize: EntryRule = {
  code: "fileSize",
  refuse({ path, size }, _before, { fileBytes }) {
    if (size <= fileBytes) return undefined;
    return `The file "${path}" has ${size} bytes, and at most ${fileBytes} are allowed; leave it out or make it smaller`;
  },
};
