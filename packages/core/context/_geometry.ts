// Whether what a plugin says of cuts, halo and reach makes sense.

import type { Boundaries, Boundary, Geometry, Halo, Plugin, Reach } from "../plugin/plugin.ts";

/**
 * Check a plugin's geometry for the options that it was given.
 *
 * @throws {RangeError} On a distance that is no whole number of ps, a name that is none of its inputs or outputs, or a
 * combination that there is not.
 */
export function checkGeometry(plugin: Plugin, { boundary, halo, reach }: Geometry): void {
  const fail = (what: string): never => {
    throw new RangeError(`Cannot plan plugin "${plugin.name}": ${what}`);
  };
  const distance = (name: string, value: number, least = 0) => {
    if (Number.isSafeInteger(value) && value >= least) return;
    fail(`its ${name} is ${value}; give a whole number of ps, at least ${least}`);
  };
  if (boundary !== undefined) checkBoundaries(plugin, boundary, fail, distance);
  if (halo) checkHalo(plugin, halo, fail, distance);
  if (reach) checkReach(plugin, reach as Readonly<Record<string, Reach>>, fail, distance);
  const breakInput = plugin.stateful?.breakInput;
  if (breakInput !== undefined && !plugin.dependsOn.includes(breakInput)) {
    fail(`its breakInput names "${breakInput}", it depends on ${plugin.dependsOn.join(", ")}`);
  }
}

type Fail = (what: string) => never;
type Distance = (name: string, value: number, least?: number) => void;

function checkBoundaries(plugin: Plugin, boundary: Boundaries, fail: Fail, distance: Distance): void {
  const check = (one: Boundary) => {
    if (one === "any" || one === "sealed") return;
    if (typeof one !== "object" || !("gap" in one)) {
      fail(`its boundary is ${JSON.stringify(one)}; it can be "any", "sealed" or { gap }`);
    }
    distance("boundary's gap", one.gap);
    if (one.maxSpan !== undefined) distance("boundary's maxSpan", one.maxSpan, 1);
  };
  if (typeof boundary === "object" && "union" in boundary) return check(boundary.union);
  if (typeof boundary === "string" || !("inputs" in boundary)) return check(boundary);
  for (const [type, one] of Object.entries(boundary.inputs)) {
    if (!plugin.dependsOn.includes(type)) {
      fail(`its boundary names "${type}", it depends on ${plugin.dependsOn.join(", ")}`);
    }
    check(one);
  }
}

function checkHalo(plugin: Plugin, halo: Halo, fail: Fail, distance: Distance): void {
  distance("halo.left", halo.left);
  distance("halo.right", halo.right);
  if (plugin.carryOver) fail("it has halo and carryOver; rows of a halo cannot be handed over again");
}

function checkReach(
  plugin: Plugin,
  reach: Readonly<Record<string, Reach>>,
  fail: Fail,
  distance: Distance,
): void {
  for (const [type, one] of Object.entries(reach)) {
    if (!plugin.provides.includes(type)) {
      fail(`its reach names "${type}", it provides ${plugin.provides.join(", ")}`);
    }
    if (one.left !== undefined) distance("reach.left", one.left);
    if (one.right !== undefined) distance("reach.right", one.right);
  }
}
