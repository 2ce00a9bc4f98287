/**
 * Columns of a data type as rows of a table, for people and for documentation.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { definePlugin, describeColumns } from "@millrace/core";
 *
 * const hits = definePlugin({
 *   provides: "hits",
 *   dependsOn: ["records"],
 *   version: "1",
 *   schema: { time: "time", height: "f32" },
 *   columnHelp: { height: ["ADC", "highest sample"] },
 *   computeChunk: () => null,
 * });
 * const [, height] = describeColumns(hits, "hits");
 * assert.deepEqual(height, { name: "height", type: "f32", unit: "ADC", help: "highest sample" });
 * ```
 * @module
 */
import type { ColumnType } from "../data/schema.ts";
import type { Plugin } from "./plugin.ts";

/** One column, JSON-ready. */
export interface ColumnRow {
  /** Its name. */
  readonly name: string;
  /** Its type. */
  readonly type: ColumnType;
  /** Unit of its values; empty where they have none, or the plugin does not say. */
  readonly unit: string;
  /** What they are; empty where the plugin does not say. */
  readonly help: string;
}

/** A row for each column of a data type, in order; none for a merge, whose columns follow from its inputs. */
export function describeColumns(plugin: Plugin, dataType: string): ColumnRow[] {
  if (plugin.kind === "merge") return [];
  return (plugin.schemas[dataType]?.columns ?? []).map(({ name, type }) => ({
    name,
    type,
    unit: plugin.columnHelp?.[name]?.unit ?? "",
    help: plugin.columnHelp?.[name]?.help ?? "",
  }));
}
