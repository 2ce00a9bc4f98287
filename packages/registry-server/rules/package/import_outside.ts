import type { PackageRule } from "../rule.ts";
import { isPath, resolveInside } from "../_resolve.ts";

/** Paths in imports stay in the package. */
export const importOutside: PackageRule = {
  code: "importOutside",
  *refuse({ facts }) {
    for (const [path, { imports }] of facts) {
      for (const { specifier, line } of imports) {
        if (!isPath(specifier) || resolveInside(path, specifier) !== undefined) continue;
        yield `The module "${path}" imports "${specifier}" in line ${line}, which is outside of the package; ` +
          `import it as a package`;
      }
    }
  },
};
