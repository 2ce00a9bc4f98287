import type { PackageRule } from "../rule.ts";
import { isPath, parseRequirement } from "../_resolve.ts";

/** Imports are paths, packages of an allowed registry, built-ins or data. */
export const importScheme: PackageRule = {
  code: "importScheme",
  *refuse({ facts }) {
    for (const [path, { imports }] of facts) {
      for (const { specifier, kind, line } of imports) {
        if (kind === "resolve" || isPath(specifier) || /^(https?|node|data):/i.test(specifier)) continue;
        if (/^(jsr|npm):/.test(specifier) && parseRequirement(specifier)) continue;
        yield `The module "${path}" imports "${specifier}" in line ${line}; allowed are paths, jsr:@scope/name@range, ` +
          `npm:name@range, node: and data:`;
      }
    }
  },
};
