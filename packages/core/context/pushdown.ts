// Which input a plugin needs for the outputs that start in a time range.

import { keepsState } from "../engine/state_bytes.ts";
import type { TimeRange } from "../plugin/plugin.ts";
import type { Restart, SavedState } from "../store/types.ts";
import type { Plan, PlanStep } from "./plan.ts";

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
  const { halo } = geometry;
  if (goesOn(step)) return ALL;
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

/** Whether outputs depend on input arbitrarily far before: state, clusters, rows handed over again, the whole run. */
function goesOn({ plugin, geometry: { boundary = "any" } }: PlanStep): boolean {
  return plugin.kind === "static" ||
    (plugin.kind === "streaming" &&
      (plugin.stateful !== undefined || plugin.carryOver || boundary !== "any"));
}

/** What is wanted of a plan. */
export interface Demand {
  readonly dataType: string;
  readonly range: TimeRange;
  /**
   * Where the input of a plugin whose outputs depend on all input before may start all the same, for outputs from `from` on: at
   * a break, a gap, or the first row that it has not consumed. `undefined`: nowhere but at the run's start.
   */
  readonly restart?: ((plugin: string, from: bigint) => Restart | undefined) | undefined;
}

/** Which stretches of which data types some demands need, at every node and on every edge. */
export class Demands {
  readonly #plan: Plan;
  readonly #outputs = new Map<string, TimeRange>();
  readonly #inputs = new Map<PlanStep, Map<string, TimeRange>>();
  /** Where the input of a step may start for what is wanted of it. */
  readonly #restarts = new Map<PlanStep, Restart[]>();

  constructor(plan: Plan, demands: readonly Demand[]) {
    this.#plan = plan;
    for (const demand of demands) this.#add(demand);
  }

  /** The stretch of a data type that somebody wants. */
  of(dataType: string): TimeRange | undefined {
    return this.#outputs.get(dataType);
  }

  /** The stretch of an input that a step needs. */
  input(step: PlanStep, dataType: string): TimeRange {
    return this.#inputs.get(step)?.get(dataType) ?? ALL;
  }

  /**
   * Where the first stretch of a step starts, if its input starts earlier for the sake of its halo alone; undefined: where its
   * input does.
   */
  begin(step: PlanStep): bigint | undefined {
    const { plugin, geometry } = step;
    if (!geometry.halo || goesOn(step)) return undefined;
    const starts = plugin.provides.map((type) => this.#outputs.get(type)?.[0] ?? LATEST);
    const first = starts.reduce((a, b) => a < b ? a : b);
    return first === EARLIEST || first === LATEST ? undefined : first;
  }

  /** State that a step begins with, of an earlier run. */
  saved(step: PlanStep): SavedState | undefined {
    const starts = step.plugin.dependsOn.map((type) => this.input(step, type)[0]);
    return this.#restarts.get(step)?.find(({ at, saved }) => saved && starts.every((start) => start === at))
      ?.saved;
  }

  /** Whether it is not known from which input on a step must start for outputs from some time on. */
  isOpen(step: PlanStep): boolean {
    return step.plugin.dependsOn.some((type) => this.#input(step, type, [0n, 1n], undefined)[0] === EARLIEST);
  }

  /** Kind of a data type. */
  kindOf = (type: string): string => this.#plan.step(type).dataKinds[type] ?? type;

  #add({ dataType, range, restart }: Demand): void {
    const wanted = new Map([[dataType, range]]);
    for (const step of this.#plan.steps.toReversed()) {
      let own: TimeRange | undefined;
      for (const type of step.plugin.provides) {
        const part = wanted.get(type);
        if (part) own = hull(own, part);
      }
      if (!own) continue;
      if (step.stored) continue;
      for (const type of step.plugin.dependsOn) {
        const needed = this.#input(step, type, own, restart);
        wanted.set(type, hull(wanted.get(type), needed));
        let inputs = this.#inputs.get(step);
        if (!inputs) this.#inputs.set(step, inputs = new Map());
        inputs.set(type, hull(inputs.get(type), needed));
      }
    }
    for (const [type, part] of wanted) this.#outputs.set(type, hull(this.#outputs.get(type), part));
  }

  #input(step: PlanStep, type: string, own: TimeRange, restart: Demand["restart"]): TimeRange {
    const longest = (of: string): number | undefined => {
      const { plugin, stored } = this.#plan.step(of);
      return stored ? Number(stored.meta.longestRow) : plugin.longestRow[of];
    };
    // Types of one kind arrive merged: they must have the same rows, though only some may know their longest row.
    const kind = this.kindOf(type);
    const range = step.plugin.dependsOn.filter((other) => this.kindOf(other) === kind)
      .map((other) => inputRange(step, other, own, this.kindOf, longest))
      .reduce((a, b) => hull(a, b));
    if (range[0] !== EARLIEST || own[0] === EARLIEST) return range;
    const place = restart?.(step.plugin.name, own[0]);
    // What another executor kept may be of no use here: a state in a sandbox cannot be set.
    if (!place || (place.saved && !keepsState(step.plugin))) return range;
    const places = this.#restarts.get(step);
    if (places) places.push(place);
    else this.#restarts.set(step, [place]);
    return [place.at, range[1]];
  }
}
