import type { PackageRule } from "../rule.ts";
import { isPath, resolveInside } from "../_resolve.ts";

/** What a path in an import means is in the package. */
export const importMissing: PackageRule = {
  code: "importMissing",
  *refuse({ facts, files }) {
    for (const [path, { imports }] of facts) {
      for (const { specifier, kind, line } of imports) {
        if (kind === "resolve" || !isPath(specifier)) continue;
        const target = resolveInside(path, specifier);
        if (target === undefined || files.has(target)) continue;
        yield `The module "${path}" imports "${specifier}" in line ${line}, and the package has no "${target}"; ` +
          `add the file, or leave out "${path}" with "publish.exclude"`;
      }
    }
  },
};
