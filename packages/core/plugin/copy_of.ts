/**
 * A plugin under another name, so that it may run twice with other options.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Context, copyOf, schema, Table, tableSource } from "@millrace/core";
 *
 * const hits = tableSource("hits", Table.from(schema({ time: "time" }), { time: [1n] }));
 * const other = copyOf(hits, "other_hits");
 * await using ctx = new Context();
 * ctx.register(hits, other);
 * assert.equal((await ctx.getData("run_1", "other_hits")).length, 1);
 * ```
 * @module
 */
import type { Geometry, Plugin } from "./plugin.ts";

/**
 * A copy of a plugin with one output: another data type with another kind of rows, configured by its own name.
 *
 * A worker makes the copy from the original's module.
 *
 * @throws {RangeError} On a plugin with several outputs.
 */
export function copyOf(plugin: Plugin, name: string): Plugin {
  const [old, ...more] = plugin.provides;
  if (old === undefined || more.length > 0) {
    throw new RangeError(
      `Cannot copy plugin "${plugin.name}" as "${name}": it provides ${plugin.provides.length} types`,
    );
  }
  const renamed = <T>(byType: Readonly<Record<string, T>>): Record<string, T> =>
    old in byType ? { [name]: byType[old]! } : {};
  return {
    ...plugin,
    name,
    provides: [name],
    knownAs: [],
    schemas: renamed(plugin.schemas),
    dataKinds: { [name]: name }, // other options may find other rows
    longestRow: renamed(plugin.longestRow),
    geometry: (options): Geometry => {
      const { reach, ...rest } = plugin.geometry(options);
      return reach === undefined ? rest : { ...rest, reach: renamed(reach as Record<string, object>) };
    },
  };
}
