// Which input a plugin needs for the outputs that start in a time range.

import type { TimeRange } from "../plugin/plugin.ts";
import type { PlanStep } from "./plan.ts";

/** Open ends of a time range. */
export const EARLIEST: bigint = -(2n ** 63n);
export const LATEST: bigint = 2n ** 63n - 1n;

/** All of a run. */
export const ALL: TimeRange = [EARLIEST, LATEST];

/** The smallest range that holds both. */
export function hull(a: TimeRange | undefined, b: TimeRange): TimeRange {
  if (!a) return b;
  return [a[0] < b[0] ? a[0] : b[0], a[1] > b[1] ? a[1] : b[1]];
}

const minus = (time: bigint, ps: number | undefined): bigint =>
  ps === undefined || !Number.isFinite(ps) || time === EARLIEST ? EARLIEST : time - BigInt(ps);
const plus = (time: bigint, ps: number | undefined): bigint =>
  ps === undefined || !Number.isFinite(ps) || time === LATEST ? LATEST : time + BigInt(ps);
const sum = (...parts: (number | undefined)[]): number | undefined =>
  parts.reduce<number | undefined>(
    (total, part) => total === undefined || part === undefined ? undefined : total + part,
    0,
  );

/**
 * The range of starts that input `type` must have for outputs that start in `wanted`. An open end means that it is not
 * known how far: the work stops as soon as the wanted outputs are complete.
 */
export function inputRange(
  step: PlanStep,
  type: string,
  wanted: TimeRange,
  kindOf: (type: string) => string,
  longestRow: (type: string) => number | undefined,
): TimeRange {
  const { plugin, geometry, dataKinds } = step;
  const [from, to] = wanted;
  if (plugin.kind === "merge") return wanted;
  const { halo, boundary = "any" } = geometry;
  if (plugin.kind !== "streaming" || plugin.stateful || plugin.carryOver || boundary !== "any") return ALL;
  const base = plugin.dependsOn[0]!;
  if (halo) {
    if (halo.by === "start") return [minus(from, halo.left), plus(to, halo.right)];
    return [minus(from, sum(halo.left, longestRow(type))), plus(to, sum(halo.right, longestRow(base)))];
  }
  let left: number | undefined = 0, right: number | undefined = 0;
  const kinds = plugin.dependsOn.map(kindOf);
  for (const dataType of plugin.provides) {
    if (kinds.includes(dataKinds[dataType] ?? dataType)) continue;
    const reach = (geometry.reach as Readonly<Record<string, { left?: number; right?: number }>> | undefined)
      ?.[dataType];
    left = Math.max(left ?? 0, reach?.left ?? 0);
    right = reach?.right === undefined || right === undefined ? undefined : Math.max(right, reach.right);
  }
  // Left and right change places: an output up to `right` after its row comes from a row up to `right` before it.
  return [minus(from, right), plus(to, left)];
}
