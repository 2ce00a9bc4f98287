import { isModule } from "../../analysis/analyse.ts";
import type { EntryRule } from "../rule.ts";

/** Files are small enough. */
export const fileSize: EntryRule = {
  code: "fileSize",
  refuse({ path, size }, _before, { fileBytes, moduleBytes }) {
    const [most, what] = isModule(path) ? [moduleBytes, "module"] : [fileBytes, "file"];
    if (size <= most) return undefined;
    return `The ${what} "${path}" has ${size} bytes, and at most ${most} are allowed; leave it out or make it smaller`;
  },
};
