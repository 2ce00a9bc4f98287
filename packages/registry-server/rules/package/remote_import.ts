import type { PackageRule } from "../rule.ts";

/** No code from places that may change or vanish. */
export const remoteImport: PackageRule = {
  code: "remoteImport",
  *refuse({ facts }) {
    for (const [path, { imports }] of facts) {
      for (const { specifier, kind, line } of imports) {
        if (kind === "resolve" || !/^https?:/i.test(specifier)) continue;
        yield `The module "${path}" imports "${specifier}" in line ${line}; import a package (jsr: or npm:) instead of a URL`;
      }
    }
  },
};
