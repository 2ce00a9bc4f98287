import type { PackageRule } from "../rule.ts";

/** It is said under which conditions the package may be used. */
export const missingLicense: PackageRule = {
  code: "missingLicense",
  *refuse({ config, configPath, files }) {
    if (config.license || [...files.keys()].some((path) => /^\/(un)?licen[cs]e(\.[a-z]+)?$/i.test(path))) {
      return;
    }
    yield `The package has no licence; add "license" to "${configPath}" or a file LICENSE`;
  },
};
