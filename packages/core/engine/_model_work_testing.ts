// What the plugins of the model do, over rows as plain objects.

import { clusterStarts } from "../chunk/clusters.ts";
import type { ComputeContext } from "../plugin/plugin.ts";
import { byOrder, type Row, small, sum } from "./_model_testing.ts";

const touches = (row: Row, from: number, to: number): boolean =>
  row.t < to && (row.e > from || row.t >= from);

/** Lengths of clusters' rows from a list in time order. */
export function clusters(rows: readonly Row[], gap: number, maxSpan?: number): Row[][] {
  const time = Float64Array.from(rows, ({ t }) => t), end = Float64Array.from(rows, ({ e }) => e);
  const starts = [...clusterStarts(time, end, maxSpan === undefined ? { gap } : { gap, maxSpan })];
  return starts.map((from, k) => rows.slice(from, starts[k + 1]));
}

/** The same, written as the definition says. */
export function clustersByDefinition(rows: readonly Row[], gap: number, maxSpan = Infinity): Row[][] {
  const groups: Row[][] = [];
  for (const row of rows) {
    const group = groups.at(-1);
    const cover = group ? Math.max(...group.map(({ e }) => e)) : -Infinity;
    const opens = !group ||
      (row.t > group.at(-1)!.t && (row.t - cover >= gap || row.t >= group[0]!.t + maxSpan));
    if (opens) groups.push([row]);
    else group.push(row);
  }
  return groups;
}

export const asOne = (rows: readonly Row[]): Row => ({
  t: rows[0]!.t,
  e: Math.max(...rows.map(({ e }) => e)),
  c: rows.length,
  v: sum(rows),
});

export const sorted = (rows: readonly Row[]): Row[] => [...rows].sort(byOrder);
export const together = (a: readonly Row[], b: readonly Row[]): Row[] => [...a, ...b].sort(byOrder);

/** A stateful plugin's segments: rows between breaks. */
export function segments(rows: readonly Row[], threshold: number, breaking: readonly Row[] = rows): Row[][] {
  const breaks: number[] = [];
  let cover: number | undefined;
  for (const { t, e } of breaking) {
    if (cover !== undefined && t - cover > threshold) breaks.push(t);
    cover = Math.max(cover ?? -Infinity, e);
  }
  const edges = [-Infinity, ...breaks, Infinity];
  return edges.slice(1).map((to, k) => rows.filter(({ t }) => edges[k]! <= t && t < to));
}

/** Per channel: the first row opens a window of `width`, which all rows that start in it belong to. */
export function windows(rows: readonly Row[], width: number): Row[] {
  const open = new Map<number, Row>(), done: Row[] = [];
  for (const { t, c, v } of rows) {
    const window = open.get(c);
    if (window && t < window.t + width) window.v = small(window.v + v);
    else {
      if (window) done.push(window);
      open.set(c, { t, e: t + width, c, v });
    }
  }
  return sorted([...done, ...open.values()]);
}

export function inside({ t, e, c, v }: Row): Row[] {
  return Array.from(
    { length: Math.min(9, e - t) },
    (_, k) => ({ t: t + k, e: t + k + (v & 1), c, v: small(v + k) }),
  )
    .filter((row) => row.v % 2 === 0);
}

export function around({ t, e, c, v }: Row): Row[] {
  return [{ t: t - 2, e: t, c, v }, { t: t + 1, e: Math.max(e, t + 1), c, v: small(v + 1) }];
}

export function near(own: readonly Row[], others: readonly Row[], margin: number): Row[] {
  return own.map((row) => ({
    ...row,
    v: sum(others.filter((other) => touches(other, row.t - margin, row.e + margin))),
  }));
}

export function nearStart(own: readonly Row[], others: readonly Row[], distance: number): Row[] {
  return own.map((row) => ({
    ...row,
    v: sum(others.filter(({ t }) => row.t - distance <= t && t < row.t + distance)),
  }));
}

export function shifted(rows: readonly Row[], shift: number, distance: number): Row[] {
  return rows.map(({ t, c, v }) => ({
    t: t + shift,
    e: t + shift + 1,
    c,
    v: small(v + sum(rows.filter((row) => Math.abs(row.t - t) <= distance))),
  }));
}

export function bins(rows: readonly Row[], phase: number): Row[] {
  const byBin = new Map<number, Row[]>();
  for (const row of rows) {
    const bin = Math.floor((row.t + phase) / 5) * 5 - phase;
    byBin.set(bin, [...byBin.get(bin) ?? [], row]);
  }
  return [...byBin].map(([t, list]) => ({ t, e: t + 5, c: 0, v: sum(list) }));
}

export function held(own: readonly Row[], others: readonly Row[]): Row[] {
  return own.map((row) => ({ ...row, v: sum(others.filter(({ t }) => row.t <= t && t < row.e)) }));
}

/** The first row opens an event of width 5; events are given when they are complete. */
export function events(rows: readonly Row[], end: number, context: ComputeContext | undefined): Row[] {
  const made: Row[] = [];
  for (let k = 0; k < rows.length;) {
    const { t } = rows[k]!;
    if (t + 5 > end && context && !context.last) {
      context.consumedUntil(t);
      break;
    }
    const members = rows.filter((row) => t <= row.t && row.t < t + 5);
    made.push({ t, e: t + 5, c: members.length, v: sum(members) });
    k = rows.findIndex((row) => row.t >= t + 5);
    if (k < 0) break;
  }
  return made;
}

/** Rows with more than the mean value: known only with all of them. */
export function middle(rows: readonly Row[]): Row[] {
  const mean = rows.reduce((total, { v }) => total + v, 0) / rows.length;
  return rows.filter(({ v }) => v >= mean);
}
