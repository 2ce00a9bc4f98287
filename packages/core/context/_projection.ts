// Which columns of stored results must be read for what is asked for.

import { type ColumnType, hasColumn, schema } from "../data/schema.ts";
import { ROW_KEYS } from "../data/table.ts";
import { columnsFor, type SelectOptions } from "../select/select_chunks.ts";
import type { Plan } from "./plan.ts";

/**
 * Columns by data type, of the targets that are stored and that nothing is computed from; a type that is not named is read with all.
 * Keys stay where rows of several types are compared.
 */
export function columnsToRead(
  plan: Plan,
  targets: readonly string[],
  options: SelectOptions,
): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  if (!options.columns) return found;
  const types: Record<string, ColumnType> = {};
  for (const target of targets) {
    for (const { name, type } of plan.step(target).schemas[target]!.columns) {
      // Whoever merges them refuses it.
      if (Object.hasOwn(types, name) && !ROW_KEYS.includes(name)) return found;
      types[name] = type;
    }
  }
  const needed = new Set([
    ...columnsFor(schema(types as { time: "time" }), options)!,
    ...targets.length > 1 ? ROW_KEYS : [],
  ]);
  const inputs = new Set(plan.steps.flatMap(({ plugin, stored }) => stored ? [] : plugin.dependsOn));
  for (const target of targets) {
    const step = plan.step(target);
    if (!step.stored || inputs.has(target)) continue;
    found.set(target, [...needed].filter((name) => hasColumn(step.schemas[target]!, name)));
  }
  return found;
}
