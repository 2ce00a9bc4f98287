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
    const joins = last && dependency !== undefined && !plugin.sandboxed && !last.plugin.sandboxed &&
      plugin.kind === "streaming" &&
      plugin.dependsOn.length === 1 &&
      !plugin.stateful && !plugin.carryOver && !geometry.halo && (geometry.boundary ?? "any") === "any" &&
      noReachLeft(geometry) && step.place === last.place && plugin.running.chunkSize === undefined &&
      plugin.running.parallel !== false && !plugin.running.timeout && !last.plugin.running.timeout &&
      inStretch(last, dependency, last.plugin.dependsOn.map(kindOf));
    if (joins) before!.push(step);
    else stages.push([step]);
  }
  return stages.map((stage) => stage.map(({ plugin }) => plugin.name));
}

function noReachLeft({ reach }: Geometry): boolean {
  if (!reach) return true;
  return Object.values(reach as Readonly<Record<string, { left?: number }>>).every((r) =>
    (r?.left ?? 0) === 0
  );
}
