import type { PackageRule } from "../rule.ts";
import { parseRequirement } from "../_resolve.ts";

/** What a package needs of this registry is there. */
export const unknownDependency: PackageRule = {
  code: "unknownDependency",
  *refuse({ facts, unknown }) {
    for (const [path, { imports }] of facts) {
      for (const { specifier, line } of imports) {
        const requirement = parseRequirement(specifier);
        if (requirement?.kind !== "jsr" || !unknown.has(requirement.name)) continue;
        yield `The module "${path}" imports "${specifier}" in line ${line}, and this registry has no ${requirement.name} ` +
          `with a version in "${requirement.range}"; publish it first`;
      }
    }
  },
};
