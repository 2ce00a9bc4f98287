// For the tests of the rules of stream semantics: rows and cuts in short, run and compared.

import assert from "node:assert/strict";
import type { Table } from "../data/table.ts";
import type { Plugin } from "../plugin/plugin.ts";
import { type Outcome, runTrial } from "../testing/_trial.ts";
import { uncut } from "../testing/_cutting.ts";
import { model, modelOf, tableOf } from "./_harness_testing.ts";
import { buildPlugin, type Row } from "./_model_testing.ts";
import { SHAPES } from "./_shapes_testing.ts";

export type Rows = readonly (readonly [t: number, e: number, c?: number])[];

export interface Input {
  readonly rows: Rows;
  readonly cuts: readonly number[];
  readonly extent?: readonly [number, number];
}

interface Setting {
  readonly a: Input;
  readonly b?: Input;
  readonly plugins: readonly Plugin[];
  readonly targets?: readonly string[];
  readonly timeRange?: readonly [number, number];
  readonly sameKind?: boolean;
}

export async function run(
  { a, b, plugins, targets = ["out"], timeRange, sameKind }: Setting,
): Promise<Record<string, Outcome>> {
  const tables: Record<string, Table> = {
    a: tableOf("a", a.rows),
    ...(b ? { b: tableOf("b", b.rows) } : {}),
  };
  const whole = uncut(tables);
  const cutting = (input: Input, name: string) => ({
    extent: input.extent ? [BigInt(input.extent[0]), BigInt(input.extent[1])] as const : whole[name]!.extent,
    cuts: input.cuts.map(BigInt),
  });
  return await runTrial({
    plugins,
    tables,
    cuttings: { a: cutting(a, "a"), ...(b ? { b: cutting(b, "b") } : {}) },
    targets,
    ordered: () => !sameKind,
    ...(timeRange ? { timeRange: [BigInt(timeRange[0]), BigInt(timeRange[1])] } : {}),
  });
}

export async function outOf(setting: Setting): Promise<Row[]> {
  return model("out", (await run(setting)).out!.rows);
}

/** The same rows with the given cuts and without any. */
export async function agrees(setting: Setting): Promise<Row[]> {
  const cut = await outOf(setting);
  const whole = await outOf({
    ...setting,
    a: { ...setting.a, cuts: [] },
    ...(setting.b ? { b: { ...setting.b, cuts: [] } } : {}),
  });
  assert.deepEqual(cut, whole);
  return cut;
}

export const shape = (name: string) => SHAPES.find((s) => s.name === name)!;
export const make = (name: string, types: readonly string[] = ["a"]): Plugin =>
  shape(name).make("out", types, (type) => type);
export const oracle = (name: string, ...lists: Rows[]): Row[] =>
  shape(name).oracle(
    ...lists.map((rows, k) => modelOf(k === 0 ? "a" : "b", tableOf(k === 0 ? "a" : "b", rows))),
  );

/** Clusters of the first input with any gap and relation. */
export const clustersOf = (gap: number, splits: (distance: number) => boolean): Plugin =>
  buildPlugin("out", ["a"], { boundary: { gap } }, ({ own }) => {
    const groups: Row[] = [];
    for (const row of own) {
      const group = groups.at(-1);
      if (!group || splits(row.t - group.e)) groups.push({ ...row, c: 1, v: 0 });
      else Object.assign(group, { e: Math.max(group.e, row.e), c: group.c + 1 });
    }
    return groups;
  });
export const gapClusters = (gap: number): Plugin => clustersOf(gap, (distance) => distance >= gap);
export const sizes = (rows: Row[]): number[] => rows.map(({ c }) => c);
