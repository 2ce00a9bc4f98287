// What a plugin gave, checked against what it declares.

import type { Column } from "../data/schema.ts";
import { Table } from "../data/table.ts";
import type { Outputs, Plugin } from "../plugin/plugin.ts";
import { checkSameRows } from "./_same_rows.ts";
import { baseOf, type StepContext, type StepInput } from "./_step_context.ts";
import type { Interval } from "./stage.ts";

/**
 * The outputs by data type. O(1) a table, O(rows) where one has the rows of an input in arrays of its own.
 *
 * @throws {TypeError} On something that is no table, or has another schema.
 * @throws {RangeError} On an output with the kind of an input that has other rows.
 */
export function checkOutputs(
  plugin: Plugin,
  given: Outputs,
  input: StepInput,
  interval: Interval,
  context: StepContext,
): Record<string, Table | null> {
  if (given === null || given instanceof Table) {
    if (given && plugin.provides.length > 1) {
      throw new TypeError(`computeChunk gave one table; it provides ${plugin.provides.join(", ")}`);
    }
    const outputs: Record<string, Table | null> = {};
    for (const type of plugin.provides) {
      outputs[type] = checkOutput(plugin, type, given, input, interval, context);
    }
    return outputs;
  }
  if (typeof given !== "object") {
    throw new TypeError(`computeChunk gave ${typeof given}, not a table or null`);
  }
  for (const type of Object.keys(given)) {
    if (plugin.provides.includes(type)) continue;
    throw new TypeError(`computeChunk gave "${type}"; it provides ${plugin.provides.join(", ")}`);
  }
  const outputs: Record<string, Table | null> = {};
  for (const type of plugin.provides) {
    const made = given[type];
    if (made === undefined) {
      throw new TypeError(`computeChunk gave nothing for "${type}", not a table or null`);
    }
    // One table for two outputs is one reference each.
    const shared = made instanceof Table && !made.released && Object.values(outputs).includes(made);
    outputs[type] = checkOutput(plugin, type, shared ? made.share() : made, input, interval, context);
  }
  return outputs;
}

function checkOutput(
  plugin: Plugin,
  type: string,
  given: Table | null,
  { chunks, own }: StepInput,
  interval: Interval,
  context: StepContext,
): Table | null {
  if (given !== null && !(given instanceof Table)) {
    throw new TypeError(`computeChunk gave ${typeof given} for "${type}", not a table or null`);
  }
  let table = given;
  if (table) {
    if (table.released) throw new TypeError(`computeChunk gave a released table for "${type}"`);
    // An input given back as it is stays the caller's: the output is one more reference.
    for (const name in chunks) if (chunks[name]!.table === given) table = given!.share();
    if (plugin.kind !== "merge") checkSchema(plugin, type, table);
  }
  const base = interval.call === "compute" ? baseOf(plugin, type, chunks) : undefined;
  if (!base) return table;
  const first = base === chunks[plugin.dependsOn[0]!];
  const from = first ? own.from : 0, to = first ? own.to : base.length;
  if (table) {
    checkSameRows(base.table, from, to, table, type);
    return table;
  }
  if (to === from) return context.emitTo(type, 0);
  throw new RangeError(`"${type}" has no rows for ${to - from} of its kind; a kind has the same rows`);
}

/** @throws {TypeError} Unless the table has the columns that the plugin declares. */
export function checkSchema(plugin: Plugin, type: string, table: Table): void {
  const declared = plugin.schemas[type]!;
  if (table.schema === declared || table.schema.text === declared.text) return;
  for (const column of declared.columns) {
    const found: Column | undefined = table.schema.columns.find((c) => c.name === column.name);
    if (found?.type === column.type) continue;
    throw new TypeError(
      `"${type}" does not fit its schema: column "${column.name}" is ${
        found?.type ?? "missing"
      }, not ${column.type}`,
    );
  }
  const names = (columns: readonly Column[]) => columns.map((column) => column.name).join(", ");
  throw new TypeError(
    `"${type}" does not fit its schema: its columns are ${names(table.schema.columns)}, not ${
      names(declared.columns)
    }`,
  );
}
