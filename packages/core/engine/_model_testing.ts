// Rows of the model as plain objects, and plugins that work on them.

import type { Chunk } from "../chunk/chunk.ts";
import type { Table } from "../data/table.ts";
import { definePlugin } from "../plugin/define.ts";
import type { ComputeContext, Plugin } from "../plugin/plugin.ts";

/** A row of the model: start, end, channel, value. */
export interface Row {
  t: number;
  e: number;
  c: number;
  v: number;
}

/** Total order. */
export const byOrder = (a: Row, b: Row): number => a.t - b.t || a.c - b.c || a.e - b.e;

/** A value that stays small. */
export const small = (value: number): number => ((value % 997) + 997) % 997;
/** The sum of the rows' values, small. */
export const sum = (rows: readonly Row[]): number => small(rows.reduce((total, { v }) => total + v, 0));

/** What a compute function of the model sees: times are offsets from the first chunk's `t0`. */
export interface View {
  /** The plugin's own rows of its first input. */
  readonly own: Row[];
  /** All rows that it is handed of an input, those of the halo too. */
  readonly rows: (input: number) => Row[];
  readonly t0: bigint;
  readonly start: number;
  readonly end: number;
  readonly context: ComputeContext;
}

/** The rows of a chunk. */
export function readRows(chunk: Chunk, type: string, t0: bigint): Row[] {
  const { table } = chunk;
  const shift = Number(chunk.t0 - t0);
  const time = table.get("time", "time"), endtime = table.get("endtime", "time");
  const channel = table.get("channel", "i16"), value = table.get(`v_${type}`, "f64");
  return Array.from(time, (t, i) => ({ t: t + shift, e: endtime[i]! + shift, c: channel[i]!, v: value[i]! }));
}

/** Rows into a table; their keys are there already where `emit` gave them. */
export function writeRows(table: Table, rows: readonly Row[], type: string, hasKeys: boolean): Table {
  const columns = table.columns as Record<string, Float64Array>;
  rows.forEach(({ t, e, c, v }, i) => {
    columns[`v_${type}`]![i] = v;
    if (hasKeys) return; // by emit
    columns.time![i] = t;
    columns.endtime![i] = e;
    columns.channel![i] = c;
  });
  return table;
}

/** Columns of the type `name`. */
export const columnsOf = (name: string): Record<string, "time" | "i16" | "f64"> => ({
  time: "time",
  endtime: "time",
  channel: "i16",
  [`v_${name}`]: "f64",
});

type Given = Row[] | null | Record<string, Row[] | null>;

/** A plugin of the model. */
export function buildPlugin(
  name: string | readonly string[],
  types: readonly string[],
  more: Record<string, unknown>,
  compute: (view: View) => Given,
  flush?: (view: View) => Given,
): Plugin {
  const provides = typeof name === "string" ? [name] : name;
  const kinds = more.dataKind as string | Record<string, string> | undefined;
  const run = (of: (view: View) => Given, flushing: boolean) => (chunk: Chunk, context: ComputeContext) => {
    const { t0 } = chunk;
    const rows = (k: number) => readRows(context.inputs[types[k]!]!, types[k]!, t0);
    const own = rows(0).slice(context.own.from, context.own.to);
    const view = { own, rows, t0, start: Number(chunk.start - t0), end: Number(chunk.end - t0), context };
    const given = of(view);
    const table = (type: string, list: Row[] | null): Table | null => {
      const kind = typeof kinds === "string" ? kinds : kinds?.[type];
      const hasKeys = !flushing && Object.values(context.inputs).some(({ dataKind }) => dataKind === kind);
      return list && writeRows(context.emitTo(type, list.length), list, type, hasKeys);
    };
    if (given === null) return null;
    if (Array.isArray(given)) return table(provides[0]!, given);
    return Object.fromEntries(Object.entries(given).map(([type, list]) => [type, table(type, list)]));
  };
  const spec = {
    ...more,
    provides: name,
    dependsOn: types,
    version: "1",
    schema: typeof name === "string"
      ? columnsOf(name)
      : Object.fromEntries(name.map((n) => [n, columnsOf(n)])),
    computeChunk: run(compute, false),
    ...(flush
      ? { flush: (context: ComputeContext) => run(flush, true)(context.inputs[types[0]!]!, context) }
      : {}),
  };
  return definePlugin(spec as unknown as Parameters<typeof definePlugin>[0]);
}
