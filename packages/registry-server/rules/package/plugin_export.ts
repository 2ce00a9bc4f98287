import { findExport } from "../../plugins/_find_export.ts";
import { parseSection, sectionProblems } from "../../plugins/section.ts";
import type { PackageRule } from "../rule.ts";

/** Every plugin of the section is exported by the package. */
export const pluginExport: PackageRule = {
  code: "pluginExport",
  *refuse({ config, configPath, facts }) {
    if (config.millrace === undefined || sectionProblems(config.millrace).length > 0) return;
    for (const [name, { module }] of Object.entries(parseSection(config.millrace).plugins)) {
      const target = config.exports[module];
      if (target === undefined) {
        yield `The plugin "${name}" in "${configPath}" is said to be in "${module}", which is no export; ` +
          `set its "module" to one of ${Object.keys(config.exports).join(", ")}`;
        continue;
      }
      const found = findExport(facts, target.slice(1), name);
      if (found.kind === "plugin") continue;
      const why = {
        missing: `does not export it; export it there`,
        other: `exports it and does not make it with definePlugin(), defineSource() or a plugin class; ` +
          `make it so that its declaration can be read`,
        foreign: `takes it from another package; declare plugins where they are made`,
      }[found.kind];
      yield `The plugin "${name}" in "${configPath}" is said to be in "${target}", which ${why}`;
    }
  },
};
