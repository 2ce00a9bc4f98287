import type { PackageRule } from "../rule.ts";

/** Modules are ECMAScript modules. */
export const commonJs: PackageRule = {
  code: "commonJs",
  *refuse({ facts }) {
    for (const [path, { commonJs }] of facts) {
      const where = /\.c[jt]s$/.test(path) ? "by its name" : commonJs !== undefined && `in line ${commonJs}`;
      if (where) yield `The module "${path}" is CommonJS ${where}; use import and export`;
    }
  },
};
