// What the host calls in a sandbox.

import { resolveOptions } from "@millrace/core/config";
import { optionData } from "@millrace/core/option-data";
import type { Geometry, Plugin } from "@millrace/core/plugin";
import { load } from "../stage/_plugins.ts";
import { runStage } from "../stage/_run_stage.ts";
import { memoryFor } from "../stage/_worker_buffers.ts";
import type { ChunkForm, StageTask } from "../stage/messages.ts";
import type { TaskContext } from "../task/task.ts";
import type { Bulk, BulkReader, BulkWriter } from "./_bulk.ts";

export { forgetStage } from "../stage/_run_stage.ts";

/** A task whose tables lie in a file. */
export type BulkTask = Omit<StageTask, "chunks"> & {
  readonly chunks: readonly (Omit<ChunkForm, "table"> & { readonly table: Bulk })[];
};

let input: BulkReader, output: BulkWriter;

/** Tables come from `reader` and go to `writer`. */
export function useFiles(reader: BulkReader, writer: BulkWriter): void {
  input = reader;
  output = writer;
}

/** Compute one stretch. */
export async function runStretch(task: BulkTask, context: TaskContext): Promise<unknown> {
  const chunks = task.chunks.map(({ table, ...chunk }): ChunkForm => {
    return { ...chunk, table: table instanceof Uint8Array ? table : input.take(table, memoryFor) };
  });
  const reply = await runStage({ ...task, chunks }, context);
  output.restart();
  return {
    outputs: reply.outputs.map(([type, form]) => [type, form && output.put(form as Uint8Array)]),
    consumedUntil: reply.consumedUntil,
    hold: reply.hold,
    notices: reply.notices.map(([, text]) => text),
  };
}

/** Where a plugin is in the sandbox. */
export interface PluginPlace {
  readonly module: string;
  readonly export: string;
}

/** What a plugin declares, as JSON. */
export async function describePlugin(place: PluginPlace): Promise<string> {
  const plugin = await found(place);
  const { kind, name, provides, dependsOn, requires, version, help, dataKinds, longestRow } = plugin;
  const { saveWhen, running, carryOver, stateful } = plugin;
  return JSON.stringify({
    kind,
    name,
    provides,
    dependsOn,
    requires,
    version,
    help,
    columnHelp: plugin.columnHelp,
    schemas: Object.fromEntries(Object.entries(plugin.schemas).map(([type, { types }]) => [type, types])),
    dataKinds,
    longestRow,
    options: Object.fromEntries(
      Object.entries(plugin.options).map(([name, spec]) => [name, optionData(spec)]),
    ),
    saveWhen,
    running,
    carryOver,
    stateful,
    hasFlush: plugin.flush !== undefined,
    ...geometryForDefaults(plugin),
  });
}

/** A plugin's geometry for some options, as JSON. */
export async function geometryOf(place: PluginPlace & { readonly options: object }): Promise<string> {
  const plugin = await found(place);
  const { values } = resolveOptions(plugin.name, plugin.options, { ...place.options });
  return JSON.stringify(plugin.geometry(values));
}

function found({ module, export: exported }: PluginPlace): Promise<Plugin> {
  return load({ name: undefined, module, export: exported, merges: undefined, options: {} });
}

/** The geometry, unless it depends on the options. */
function geometryForDefaults(plugin: Plugin): { geometry?: Geometry } {
  if (Object.values(plugin.options).some(({ required }) => required)) return {};
  const { values } = resolveOptions(plugin.name, plugin.options, {});
  let looked = false;
  const look = <T>(result: T): T => {
    looked = true;
    return result;
  };
  const geometry = plugin.geometry(
    new Proxy(values, {
      get: (target, key) => look(Reflect.get(target, key)),
      has: (target, key) => look(Reflect.has(target, key)),
      ownKeys: (target) => look(Reflect.ownKeys(target)),
      getOwnPropertyDescriptor: (target, key) => look(Reflect.getOwnPropertyDescriptor(target, key)),
    }),
  );
  return looked ? {} : { geometry };
}
