import type { PackageRule } from "../rule.ts";
import { validRange } from "../../_semver.ts";
import { parseRequirement } from "../_resolve.ts";

/** Dependencies say which versions they mean. */
export const missingRange: PackageRule = {
  code: "missingRange",
  *refuse({ facts }) {
    for (const [path, { imports }] of facts) {
      for (const { specifier, line } of imports) {
        const requirement = parseRequirement(specifier);
        if (!requirement) continue;
        const { kind, name, range } = requirement;
        if (range !== "" && range !== "*" && validRange(range) !== null) continue;
        yield `The module "${path}" imports "${specifier}" in line ${line} without a range of versions; ` +
          `write for example "${kind}:${name}@^1.0.0"`;
      }
    }
  },
};
