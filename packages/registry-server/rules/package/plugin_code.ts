import { findExport } from "../../plugins/_find_export.ts";
import { parseSection, type PluginDeclaration, sectionProblems } from "../../plugins/section.ts";
import type { Declared } from "../../analysis/facts.ts";
import type { PackageRule } from "../rule.ts";
import { optionDifferences } from "./_option_differences.ts";

/** The section says of plugins what the code says of them. */
export const pluginCode: PackageRule = {
  code: "pluginCode",
  *refuse({ config, configPath, facts }) {
    if (config.millrace === undefined || sectionProblems(config.millrace).length > 0) return;
    for (const [name, declaration] of Object.entries(parseSection(config.millrace).plugins)) {
      const found = findExport(facts, config.exports[declaration.module]?.slice(1) ?? "", name);
      if (found.kind !== "plugin") continue;
      for (const difference of differences(declaration, found.declared)) {
        yield `The plugin "${name}" in "${configPath}" differs from its code in "${found.path}": ${difference}; make them equal`;
      }
    }
  },
};

function* differences(section: PluginDeclaration, code: Declared): Generator<string> {
  const names = (list: readonly string[]) => list.length === 0 ? "nothing" : list.toSorted().join(", ");
  const compare = (field: string, said: readonly string[], written: readonly string[] | undefined) => {
    if (written === undefined) {
      return `"${field}" is computed in the code, and must be written out there as text`;
    }
    return names(said) === names(written)
      ? undefined
      : `"${field}" is ${names(said)} here and ${names(written)} there`;
  };
  const found = [
    compare("provides", section.provides, code.provides),
    compare("dependsOn", section.dependsOn, code.dependsOn ?? (isSource(code) ? [] : undefined)),
    // Options of a class and columns made by a function are not always written out: what is, must agree.
    code.options && compare("options", Object.keys(section.options), Object.keys(code.options)),
  ];
  yield* found.filter((difference) => difference !== undefined);
  for (const type of Object.keys(section.schema)) {
    if (!section.provides.includes(type)) yield `"schema" has "${type}", which it does not provide`;
  }
  const text = (schema: object) => Object.entries(schema).map(([name, type]) => `${name}: ${type}`);
  for (const [type, columns] of Object.entries(code.schema)) {
    const field = section.provides.length > 1 ? `schema.${type}` : "schema";
    const difference = compare(field, text(section.schema[type] ?? {}), text(columns));
    if (difference) yield difference;
  }
  for (const [name, schema] of Object.entries(section.options)) {
    const written = code.options?.[name];
    if (written) yield* optionDifferences(name, schema, written);
  }
}

function isSource({ by }: Declared): boolean {
  return /Source/.test(by);
}
