import type { PackageRule } from "../rule.ts";

/** Every module can be read. */
export const syntaxError: PackageRule = {
  code: "syntaxError",
  *refuse({ facts }) {
    for (const [path, { error }] of facts) {
      if (!error) continue;
      yield `The module "${path}" cannot be read at line ${error.line}, column ${error.column}: ${error.message}; ` +
        `correct it, or list the file under "publish.exclude"`;
    }
  },
};
