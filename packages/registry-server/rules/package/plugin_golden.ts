import { parseSection, sectionProblems } from "../../plugins/section.ts";
import type { PackageRule } from "../rule.ts";

/** A plugin's sample is in the package. */
export const pluginGolden: PackageRule = {
  code: "pluginGolden",
  *refuse({ config, configPath, files }) {
    if (config.millrace === undefined || sectionProblems(config.millrace).length > 0) return;
    for (const [name, { golden }] of Object.entries(parseSection(config.millrace).plugins)) {
      for (const [part, path] of Object.entries(golden ?? {})) {
        if (files.has(path.slice(1))) continue;
        yield `The plugin "${name}" in "${configPath}" has "${path}" as the ${part} of its sample, which is not in the package; ` +
          `add the file`;
      }
    }
  },
};
