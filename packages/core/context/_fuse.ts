// Which plugins are computed together.

import type { Geometry } from "../plugin/plugin.ts";
import type { PlanStep } from "./plan.ts";

/** Whether the outputs of a step all start in the stretch that it was given, so that the next one can go on at once. */
function inStretch(
  { plugin, geometry, dataKinds }: PlanStep,
  dataType: string,
  inputKinds: readonly string[],
): boolean {
  if (plugin.kind === "source" || plugin.kind === "static" || plugin.stateful || plugin.carryOver) {
    return false;
  }
  if (plugin.kind === "merge") return true;
  // With a halo, only the first input's rows of the stretch are told apart from those around it.
  const sameAs = geometry.halo ? inputKinds.slice(0, 1) : inputKinds;
  if (sameAs.includes(dataKinds[dataType] ?? dataType)) return true;
  if (geometry.halo) return false;
  const reach = (geometry.reach as Readonly<Record<string, { left?: number; right?: number }>> | undefined)
    ?.[dataType];
  return reach !== undefined && (reach.left ?? 0) === 0 && reach.right === 0;
}

/** Linear chains of steps whose boundary is `any`, without halo or reach: what is computed as one task. */
export function fuse(steps: readonly PlanStep[]): string[][] {
  const stages: PlanStep[][] = [];
  const kindOf = (type: string) => {
    const step = steps.find(({ plugin }) => plugin.provides.includes(type))!;
    return step.dataKinds[type] ?? type;
  };
  for (const step of steps) {
    const { plugin, geometry, stored } = step;
    if (stored) continue;
    const dependency = plugin.dependsOn[0];
    const before = stages.find((stage) =>
      dependency !== undefined && stage.at(-1)!.plugin.provides.includes(dependency)
    );
    const last = before?.at(-1);
    const joins = last && dependency !== undefined && (geometry.boundary ?? "any") === "any" &&
      noReachLeft(geometry) && isAlike(last, step) && plugin.dependsOn.length === 1 &&
      inStretch(last, dependency, last.plugin.dependsOn.map(kindOf));
    if (joins) before!.push(step);
    else stages.push([step]);
  }
  return stages.map((stage) => stage.map(({ plugin }) => plugin.name));
}

/** Whether a step is computed in the same way and place as the one before: stretch by stretch, in any order. */
function isAlike({ plugin: last, place: before }: PlanStep, { plugin, geometry, place }: PlanStep): boolean {
  const { parallel, timeout, chunkSize } = plugin.running;
  return !plugin.sandboxed && !last.sandboxed && plugin.kind === "streaming" &&
    !plugin.stateful && !plugin.carryOver && !geometry.halo && place === before &&
    chunkSize === undefined && parallel !== false && !timeout && !last.running.timeout;
}

/**
 * The gap that a stage needs around its stretches, ps, where they may be computed with those of the stage before; undefined where
 * they may not.
 *
 * @param last The last step of the stage before, which makes what it reads.
 * @param step Its first step.
 */
export function gapBehind(last: PlanStep, step: PlanStep): number | undefined {
  const { boundary = "any" } = step.geometry, { kind, stateful, carryOver } = last.plugin;
  if (step.plugin.dependsOn.length !== 1 || !isAlike(last, step)) return undefined;
  if (kind !== "streaming" || stateful || carryOver || !noReachLeft(last.geometry)) return undefined;
  if (step.plugin.running.maxWorkers !== undefined) return undefined;
  if (boundary === "sealed") return 0;
  return typeof boundary === "object" && "gap" in boundary ? boundary.gap : undefined;
}

function noReachLeft({ reach }: Geometry): boolean {
  if (!reach) return true;
  return Object.values(reach as Readonly<Record<string, { left?: number }>>).every((r) =>
    (r?.left ?? 0) === 0
  );
}
