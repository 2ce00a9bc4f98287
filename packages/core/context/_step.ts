// One step of a plan: a plugin with its options, schemas and lineage, and what of it is stored already.

import { type ColumnType, type ColumnTypes, type Schema, schema } from "../data/schema.ts";
import { ROW_KEYS, sameType } from "../data/table.ts";
import type { Plugin } from "../plugin/plugin.ts";
import type { StoredResult } from "../store/types.ts";
import { checkGeometry } from "./_geometry.ts";
import { type Json, type Lineage, lineageHash } from "./lineage.ts";
import type { PlanInput, PlanStep } from "./plan.ts";

/**
 * A plugin in a plan: its options, its lineage, and what of it is stored.
 *
 * @param parents Steps of what it depends on, by data type.
 * @throws {RangeError} On options that contradict each other, and columns that are missing.
 */
export async function makeStep(
  plugin: Plugin,
  parents: Readonly<Record<string, PlanStep>>,
  input: PlanInput,
): Promise<PlanStep> {
  const { config, store, runId } = input;
  const resolved = config.resolve(plugin);
  const options = resolved.values as Readonly<Record<string, unknown>>;
  const contradiction = plugin.checkOptions?.(options);
  if (contradiction !== undefined) {
    const set = Object.values(resolved.sources).filter(({ source }) => source !== "default");
    const where = [...new Set(set.map(({ key, source }) => `"${key}" (${source})`))].join(", ");
    throw new RangeError(
      `Cannot run "${plugin.name}": its options contradict each other: ${contradiction}` +
        (where === "" ? "" : `; set are ${where}`),
    );
  }
  const tracked = resolved.tracked as Readonly<Record<string, Json>>;
  for (const [type, columns] of Object.entries(plugin.requires)) {
    checkColumns(plugin, type, columns, parents[type]);
  }
  const info = Object.fromEntries(
    Object.entries(parents).map(([type, { dataKinds, lineages }]) => [
      type,
      { dataKind: dataKinds[type]!, lineage: lineages[type]! },
    ]),
  );
  const problem = plugin.checkInputs?.(info, tracked);
  if (problem !== undefined) throw new RangeError(`Cannot run "${plugin.name}": ${problem}`);
  const { schemas, dataKinds } = plugin.kind === "merge"
    ? mergedSchema(plugin, parents)
    : { schemas: plugin.schemas, dataKinds: plugin.dataKinds };
  const fingerprint = plugin.kind === "source" ? await input.fingerprint(plugin, options, runId) : null;
  const lineages: Record<string, Lineage> = {}, hashes: Record<string, string> = {};
  for (const dataType of plugin.provides) {
    const dependsOn: Record<string, Json> = {};
    for (const [type, parent] of Object.entries(parents)) dependsOn[type] = parent.lineages[type]!;
    lineages[dataType] = {
      dataType,
      plugin: plugin.name,
      version: plugin.version,
      options: tracked,
      input: fingerprint,
      dependsOn,
      ...(plugin.sandboxed && { manifest: plugin.sandboxed.manifestHash }),
    };
    hashes[dataType] = lineageHash(lineages[dataType]);
  }
  const results: Record<string, StoredResult> = {};
  for (const dataType of store && !input.fresh ? plugin.provides : []) {
    if (dataType === input.ignore) continue;
    const found = await store!.open({ runId, dataType, lineageHash: hashes[dataType]! });
    if (found?.meta.lineageHash === hashes[dataType]) results[dataType] = found!;
  }
  await plugin.sandboxed?.prepare(options);
  const geometry = plugin.geometry(options);
  checkGeometry(plugin, geometry);
  return {
    plugin,
    options,
    plain: resolved.plain as Readonly<Record<string, Json>>,
    sources: resolved.sources,
    tracked,
    geometry,
    schemas,
    dataKinds,
    lineages,
    hashes,
    results,
    stored: undefined,
    place: "store",
  };
}

function checkColumns(
  plugin: Plugin,
  type: string,
  columns: ColumnTypes,
  parent: PlanStep | undefined,
): void {
  if (!parent) {
    throw new RangeError(`Plugin "${plugin.name}" needs columns of "${type}" but does not depend on it`);
  }
  const there = parent.schemas[type]!;
  for (const [name, wanted] of Object.entries(columns)) {
    const column = there.columns.find((c) => c.name === name);
    if (column && sameType(column, wanted)) continue;
    throw new RangeError(
      `Plugin "${plugin.name}" needs column "${name}" (${wanted}) of "${type}": ` +
        (column ? `it is ${column.type}` : `there are only ${there.columns.map((c) => c.name).join(", ")}`),
    );
  }
}

/** The schema of types of one kind side by side. @throws {RangeError} On different kinds or a column that two have. */
export function mergedSchema(
  plugin: Pick<Plugin, "name" | "dependsOn">,
  parents: Readonly<Record<string, Pick<PlanStep, "schemas" | "dataKinds">>>,
): { schemas: Record<string, Schema>; dataKinds: Record<string, string> } {
  const types: Record<string, ColumnType> = {};
  const kinds = plugin.dependsOn.map((type) => parents[type]!.dataKinds[type] ?? type);
  if (new Set(kinds).size > 1) {
    const list = plugin.dependsOn.map((type, k) => `"${type}" is of kind "${kinds[k]}"`).join(", ");
    throw new RangeError(`Plugin "${plugin.name}" cannot merge types of different kinds: ${list}`);
  }
  const owner: Record<string, string> = {};
  for (const type of plugin.dependsOn) {
    for (const column of parents[type]!.schemas[type]!.columns) {
      if (Object.hasOwn(types, column.name) && !ROW_KEYS.includes(column.name)) {
        throw new RangeError(
          `Plugin "${plugin.name}" cannot merge "${
            owner[column.name]
          }" and "${type}": both have a column "${column.name}"`,
        );
      }
      types[column.name] ??= column.type;
      owner[column.name] ??= type;
    }
  }
  return { schemas: { [plugin.name]: schema(types) }, dataKinds: { [plugin.name]: kinds[0]! } };
}
