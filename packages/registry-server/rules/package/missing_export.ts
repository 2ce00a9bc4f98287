import type { PackageRule } from "../rule.ts";

/** There are exports, and each is a module of the package. */
export const missingExport: PackageRule = {
  code: "missingExport",
  *refuse({ config, configPath, files }) {
    const exports = Object.entries(config.exports);
    if (exports.length === 0) {
      yield `The file "${configPath}" has no "exports"; add for example { "exports": "./mod.ts" }`;
    }
    for (const [name, target] of exports) {
      if (name !== "." && !/^\.\/[\w@.+-]+(\/[\w@.+-]+)*$/.test(name)) {
        yield `The export "${name}" in "${configPath}" is no subpath; write "." or "./name"`;
      }
      if (!target.startsWith("./")) {
        yield `The export "${name}" in "${configPath}" is "${target}"; write it as a path that begins with "./"`;
      } else if (!files.has(target.slice(1))) {
        yield `The export "${name}" in "${configPath}" is "${target}", which is not in the package; add the file or correct the path`;
      }
    }
  },
};
