import type { PackageRule } from "../rule.ts";

/** The configuration speaks of the package and version that is published. */
export const configIdentity: PackageRule = {
  code: "configIdentity",
  *refuse({ scope, name, version, config, configPath }) {
    const expected = `@${scope}/${name}`;
    if (config.name !== expected) {
      yield `The file "${configPath}" names the package "${config.name}", and it is published as "${expected}"; make them equal`;
    }
    // `deno publish --set-version` leaves the file as it is.
    if (config.version !== undefined && typeof config.version !== "string") {
      yield `The file "${configPath}" has a version that is no text; write it like "${version}"`;
    }
  },
};
