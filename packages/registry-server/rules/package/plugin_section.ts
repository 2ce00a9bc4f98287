import { sectionProblems } from "../../plugins/section.ts";
import type { PackageRule } from "../rule.ts";

/** The section on plugins has its shape; permissions have reasons. */
export const pluginSection: PackageRule = {
  code: "pluginSection",
  *refuse({ config, configPath }) {
    if (config.millrace === undefined) return;
    for (const problem of sectionProblems(config.millrace)) {
      yield `In "${configPath}", ${problem}; correct it`;
    }
  },
};
