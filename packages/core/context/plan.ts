/**
 * Plans: what is stored, what would be computed and how, before anything runs.
 * @module
 */
import type { Schema } from "../data/schema.ts";
import type { Config } from "../options/config.ts";
import type { OptionSource } from "../options/resolve.ts";
import { didYouMean } from "../options/_suggest.ts";
import { withOptions } from "../plugin/define.ts";
import type { Geometry, Plugin } from "../plugin/plugin.ts";
import type { Store, StoredResult } from "../store/types.ts";
import { fuse } from "./_fuse.ts";
import { makeStep } from "./_step.ts";
import type { Json, Lineage } from "./lineage.ts";

export { mergedSchema } from "./_step.ts";

/** One data type's plugin in a plan. */
export interface PlanStep {
  /** The plugin. */
  readonly plugin: Plugin;
  /** Its option values. */
  readonly options: Readonly<Record<string, unknown>>;
  /** The same as JSON. */
  readonly plain: Readonly<Record<string, Json>>;
  /** Where they come from. */
  readonly sources: Readonly<Record<string, OptionSource>>;
  /** The options in JSON that are in the lineage. */
  readonly tracked: Readonly<Record<string, Json>>;
  /** What it needs of its input. */
  readonly geometry: Geometry;
  /** Schema by data type (a merge's follows from its inputs). */
  readonly schemas: Readonly<Record<string, Schema>>;
  /** Kind by data type. */
  readonly dataKinds: Readonly<Record<string, string>>;
  /** Lineage by data type. */
  readonly lineages: Readonly<Record<string, Lineage>>;
  /** Hash of the lineage by data type. */
  readonly hashes: Readonly<Record<string, string>>;
  /** Its stored results by data type. */
  readonly results: Readonly<Record<string, StoredResult>>;
  /** The stored result, where it is read instead of computed: all data types of it that are needed are stored. */
  readonly stored: StoredResult | undefined;
  /** Name of the executor (or of its kind) that computes it; of what is stored: `store`. */
  readonly place: string;
}

/** What a plan is made from. */
export interface PlanInput {
  /** Plugins by data type. */
  readonly providers: ReadonlyMap<string, Plugin>;
  /** Option values. */
  readonly config: Config;
  /** Name of the run. */
  readonly runId: string;
  /** Data types that are wanted. */
  readonly targets: readonly string[];
  /** Where results may be stored already. */
  readonly store: Store | undefined;
  /** What identifies a source's input. */
  readonly fingerprint: (
    plugin: Plugin,
    options: Readonly<Record<string, unknown>>,
    runId: string,
  ) => Promise<Json>;
  /** Where a plugin is computed. */
  readonly placeOf: (plugin: Plugin) => string;
  /** Compute everything anew. */
  readonly fresh?: boolean;
  /** Data type of which no stored result is looked for. */
  readonly ignore?: string | undefined;
}

/** What would be done for some data types of a run. Print it with `toString()`. */
export class Plan {
  /** Name of the run. */
  readonly runId: string;
  /** Data types that are wanted. */
  readonly targets: readonly string[];
  /** What is read or computed, in order: nothing comes before what it depends on. */
  readonly steps: readonly PlanStep[];
  /** Data types of plugins that are computed together, by stage. */
  readonly stages: readonly (readonly string[])[];
  /** Where the plugins are computed, each place once. */
  readonly executor: string;

  /**
   * A plan of the steps, with its stages.
   *
   * @param steps In order of dependency.
   */
  constructor(runId: string, targets: readonly string[], steps: readonly PlanStep[]) {
    this.runId = runId;
    this.targets = targets;
    this.steps = steps;
    const places = new Set(steps.filter(({ stored }) => !stored).map(({ place }) => place));
    this.executor = [...places].join(", ") || "none";
    this.stages = fuse(steps);
  }

  /** The step that gives a data type. @throws {RangeError} When it is not in the plan. */
  step(dataType: string): PlanStep {
    const step = this.steps.find(({ plugin }) => plugin.provides.includes(dataType));
    if (step) return step;
    throw new RangeError(`"${dataType}" is not in the plan`);
  }

  /** The plan as JSON. */
  toJSON(): Json {
    return {
      runId: this.runId,
      targets: this.targets,
      executor: this.executor,
      steps: this.steps.map(({ plugin, stored, tracked, sources, hashes, place }) => ({
        plugin: plugin.name,
        version: plugin.version,
        provides: plugin.provides,
        dependsOn: plugin.dependsOn,
        action: stored ? "read" : "compute",
        ...(stored ? {} : { executor: place }),
        ...(stored ? { rows: stored.meta.rows, bytes: stored.meta.bytes, created: stored.meta.created } : {}),
        options: tracked,
        sources: Object.fromEntries(Object.entries(sources).map(([name, source]) => [name, source.source])),
        hashes,
      })),
      stages: this.stages,
    };
  }

  /** The plan as text: a line a plugin, in order, with what is stored and what is fused. */
  toString(): string {
    const several = this.executor.includes(", ");
    const lines = this.steps.map(({ plugin, stored, options: values, tracked, sources, hashes, place }) => {
      const stage = this.stages.findIndex((types) => types.includes(plugin.name));
      const fused = this.stages[stage]?.length ?? 0;
      const how = stored
        ? `read: stored ${stored.meta.created}, ${stored.meta.rows} rows`
        : `compute: stage ${stage + 1}${fused > 1 ? ` (fused: ${this.stages[stage]!.join(" > ")})` : ""}${
          several ? `, ${place}` : ""
        }`;
      const set = Object.entries(sources).filter(([, { source }]) => source !== "default");
      const options = set.map(([name, { source }]) => {
        const value = Object.hasOwn(tracked, name) ? tracked[name] : values[name];
        return `${name} = ${JSON.stringify(value)} (${source})`;
      });
      const from = plugin.dependsOn.length > 0 ? ` from ${plugin.dependsOn.join(", ")}` : " (source)";
      return [
        `  ${plugin.provides.join(", ")}${from}`,
        `    ${plugin.name} ${plugin.version}, lineage ${hashes[plugin.name]?.slice(0, 12)}`,
        `    ${how}`,
        ...(options.length > 0 ? [`    options: ${options.join(", ")}`] : []),
      ].join("\n");
    });
    return [
      `Run "${this.runId}": ${this.targets.join(", ")} (executor: ${this.executor})`,
      ...lines,
    ].join("\n");
  }
}

/**
 * Resolve what some data types depend on.
 *
 * @throws {RangeError} On a data type that nothing provides, a circle, columns that are missing, or options that are not
 * allowed: says which plugin asked.
 */
export async function makePlan(input: PlanInput): Promise<Plan> {
  const { providers, targets } = input;
  if (targets.length === 0) throw new RangeError("Cannot plan a run without data types: name at least one");
  const done = new Map<Plugin, PlanStep>();
  const steps: PlanStep[] = [];
  const visit = async (dataType: string, path: readonly string[]): Promise<PlanStep> => {
    const provider = providers.get(dataType);
    if (!provider) throw new RangeError(missing(dataType, path, providers));
    const known = done.get(provider);
    if (known) return known;
    const plugin = provider.reads || provider.stateless
      ? withOptions(provider, input.config.resolve(provider).values as Readonly<Record<string, unknown>>)
      : provider;
    if (path.includes(plugin.name)) {
      const circle = [...path.slice(path.indexOf(plugin.name)), plugin.name];
      throw new RangeError(
        `Cannot plan "${dataType}": plugins depend on each other: ${circle.join(" needs ")}`,
      );
    }
    const parents: Record<string, PlanStep> = {};
    for (const dependency of plugin.dependsOn) {
      parents[dependency] = await visit(dependency, [...path, plugin.name]);
    }
    const step = await makeStep(plugin, parents, input);
    done.set(provider, step);
    steps.push(step);
    return step;
  };
  for (const target of targets) await visit(target, []);
  const kept = needed(steps, targets);
  return new Plan(
    input.runId,
    targets,
    kept.map((step) => step.stored ? step : { ...step, place: input.placeOf(step.plugin) }),
  );
}

/** Without what only stored results depend on. */
function needed(steps: readonly PlanStep[], targets: readonly string[]): PlanStep[] {
  const wanted = new Set(targets);
  const kept: PlanStep[] = [];
  for (const step of steps.toReversed()) {
    const types = step.plugin.provides.filter((type) => wanted.has(type));
    if (types.length === 0) continue;
    const stored = types.every((type) => step.results[type]) ? step.results[types[0]!] : undefined;
    kept.push({ ...step, stored });
    if (!stored) { for (const type of step.plugin.dependsOn) wanted.add(type); }
  }
  return kept.reverse();
}

function missing(dataType: string, path: readonly string[], providers: ReadonlyMap<string, Plugin>): string {
  const by = path.length > 0 ? `, which "${path.at(-1)}" needs` : "";
  const there = [...providers.keys()].sort();
  const all = there.length > 0 ? `there are ${there.join(", ")}` : "no plugin is registered";
  const known = [...new Set(providers.values())].filter(({ knownAs }) => knownAs?.includes(dataType))
    .flatMap(({ provides }) => provides);
  return `No plugin provides "${dataType}"${by}${didYouMean(dataType, there, all, known)}`;
}
