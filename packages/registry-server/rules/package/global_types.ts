import type { PackageRule } from "../rule.ts";

/** A package adds no types to the programs that use it. */
export const globalTypes: PackageRule = {
  code: "globalTypes",
  *refuse({ facts }) {
    for (const [path, { globalTypes }] of facts) {
      if (globalTypes === undefined) continue;
      yield `The module "${path}" changes global types or those of other modules in line ${globalTypes}; export types instead`;
    }
  },
};
