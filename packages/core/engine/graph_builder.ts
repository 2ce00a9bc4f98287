// The nodes of a plan, connected.

import { mergedSchema, type Plan, type PlanStep } from "../context/plan.ts";
import { ALL, hull, inputRange } from "../context/pushdown.ts";
import { defineMerge } from "../plugin/define.ts";
import type { TimeRange } from "../plugin/plugin.ts";
import type { ChunkSizer } from "./chunk_sizer.ts";
import type { Edge } from "./edge.ts";
import type { GraphServices, Node } from "./node.ts";
import { type PieceSize, SourceNode } from "./source_node.ts";
import { type StageInput, StageNode } from "./stage_node.ts";
import { StoredNode } from "./stored_node.ts";

/** What decides on the nodes. */
export interface BuilderOptions {
  readonly plan: Plan;
  readonly timeRange: TimeRange | undefined;
  /** Memory budget, bytes. */
  readonly memory: number;
  /** Rows a chunk, over what plugins say. */
  readonly chunkSize: number | undefined;
  /** Chooses the rows of chunks instead. */
  readonly sizer: ChunkSizer | undefined;
  /** Most stretches of a plugin that are computed at once, over what plugins say. */
  readonly maxWorkers: number | undefined;
  /** Data types that are read outside, for the time range. */
  readonly wanted: readonly string[];
}

const DEFAULT_ROWS = 50_000;
/** Of pieces that are divided into chunks afterwards. */
const MOST_ROWS = 500_000;

/** Makes the nodes of a plan, upstream first. */
export class Builder {
  readonly nodes: Node[] = [];
  readonly #options: BuilderOptions;
  readonly #services: GraphServices;
  readonly #byType = new Map<string, Node>();
  readonly #ranges = new Map<string, TimeRange>();

  constructor(options: BuilderOptions, services: GraphServices) {
    this.#options = options;
    this.#services = services;
    const { plan, timeRange, wanted } = options;
    for (const dataType of wanted) this.#want(dataType, timeRange ?? ALL);
    for (const step of plan.steps.toReversed()) {
      if (step.stored) continue;
      for (const type of step.plugin.dependsOn) this.#want(type, this.#inputRange(step, type));
    }
    for (const step of plan.steps) if (step.stored) this.#addStored(step);
    const stages = plan.stages.map((names) => names.map((name) => plan.step(name)));
    for (const stage of stages) {
      if (stage[0]!.plugin.kind === "source") this.#addSource(stage[0]!);
      else this.#addStage(stage);
    }
  }

  connect(type: string, range: TimeRange | undefined): Edge {
    return this.#byType.get(type)!.connect(type, range);
  }

  #want(type: string, range: TimeRange): void {
    this.#ranges.set(type, hull(this.#ranges.get(type), range));
  }

  #kindOf = (type: string): string => this.#options.plan.step(type).dataKinds[type] ?? type;

  #wanted(step: PlanStep): TimeRange {
    return step.plugin.provides.reduce<TimeRange | undefined>((range, type) => {
      const own = this.#ranges.get(type);
      return own ? hull(range, own) : range;
    }, undefined) ?? ALL;
  }

  #inputRange(step: PlanStep, type: string): TimeRange {
    const longest = (of: string) => this.#options.plan.step(of).plugin.longestRow[of];
    const wanted = this.#wanted(step);
    // Types of one kind arrive merged: they must have the same rows, though only some may know their longest row.
    const kind = this.#kindOf(type);
    return step.plugin.dependsOn.filter((other) => this.#kindOf(other) === kind)
      .map((other) => inputRange(step, other, wanted, this.#kindOf, longest))
      .reduce((a, b) => hull(a, b));
  }

  #add(node: Node, types: readonly string[]): void {
    this.nodes.push(node);
    for (const type of types) this.#byType.set(type, node);
  }

  #addStored(step: PlanStep): void {
    const type = step.plugin.name;
    const range = this.#ranges.get(type) ?? ALL;
    const { pool, account } = this.#services;
    const options = range === ALL ? { pool, account } : { pool, account, timeRange: range };
    this.#add(new StoredNode(this.#services, type, () => step.stored!.read(options)), [type]);
  }

  #addSource(step: PlanStep): void {
    const { memory, chunkSize, sizer } = this.#options;
    // Half of the budget must do for what several workers have in hand.
    const parts = Math.max(16, 8 * (this.#services.executor.concurrency + 1));
    const size: PieceSize = {
      maxRows: sizer ? MOST_ROWS : chunkSize ?? step.plugin.running.chunkSize ?? DEFAULT_ROWS,
      maxBytes: Math.max(2 ** 16, Math.min(2 ** 25, Math.floor(memory / parts))),
    };
    const node = new SourceNode(this.#services, step, size, this.#wanted(step), sizer);
    this.#add(node, [step.plugin.name]);
  }

  #edge(step: PlanStep, type: string): Edge {
    const range = this.#inputRange(step, type);
    return this.connect(type, range === ALL ? undefined : range);
  }

  #inputs(step: PlanStep): StageInput[] {
    const { plan } = this.#options;
    const { plugin } = step;
    const single = (type: string): StageInput => ({
      types: [type],
      edge: this.#edge(step, type),
      schema: plan.step(type).schemas[type]!,
      dataKind: this.#kindOf(type),
    });
    if (plugin.kind === "merge") return plugin.dependsOn.map(single);
    const kinds = [...new Set(plugin.dependsOn.map(this.#kindOf))];
    return kinds.map((kind) => {
      const types = plugin.dependsOn.filter((type) => this.#kindOf(type) === kind);
      return types.length === 1 ? single(types[0]!) : this.#merged(step, types, kind);
    });
  }

  /** Types of one kind arrive merged: a merge stands between. */
  #merged(step: PlanStep, types: readonly string[], dataKind: string): StageInput {
    const { plan } = this.#options;
    const provides = `${step.plugin.name}_inputs_${types.join("_")}`;
    const plugin = defineMerge({ provides, dependsOn: types });
    const parents = Object.fromEntries(types.map((type) => [type, plan.step(type)]));
    const { schemas } = mergedSchema({ ...plugin, name: step.plugin.name }, parents);
    const schema = schemas[step.plugin.name]!;
    const node = new StageNode(this.#services, {
      stage: { id: provides, steps: [{ plugin, options: {}, plain: {} }], outputs: [provides] },
      inputs: types.map((type): StageInput => ({
        types: [type],
        edge: this.#edge(step, type),
        schema: plan.step(type).schemas[type]!,
        dataKind,
      })),
      geometry: {},
      whole: false,
      chunkSize: undefined,
      waits: false,
      workers: 1,
      schemas: { [provides]: schema },
      breakThreshold: undefined,
    });
    this.#add(node, [provides]);
    return { types, edge: node.connect(provides), schema, dataKind };
  }

  #addStage(stage: readonly PlanStep[]): void {
    const first = stage[0]!, { plan, chunkSize, sizer, wanted, maxWorkers } = this.#options;
    const types = stage.flatMap(({ plugin }) => plugin.provides);
    const inside = new Set(stage.slice(1).flatMap(({ plugin }) => plugin.dependsOn));
    const outside = new Set([
      ...wanted,
      ...plan.steps.filter((step) => !stage.includes(step) && !step.stored).flatMap(({ plugin }) =>
        plugin.dependsOn
      ),
    ]);
    const outputs = types.filter((type) => outside.has(type) || !inside.has(type));
    const { plugin, geometry, options } = first;
    const threshold = options.breakThresholdPs;
    const resets = plugin.stateful && plugin.stateful.resetOnBreak !== false;
    const node = new StageNode(this.#services, {
      stage: {
        id: types.join("+"),
        steps: stage.map(({ plugin, options, plain }) => ({ plugin, options, plain })),
        outputs,
      },
      inputs: this.#inputs(first),
      geometry,
      whole: plugin.kind === "static",
      chunkSize: sizer ? undefined : chunkSize ?? plugin.running.chunkSize,
      waits: chunkSize === undefined,
      workers: plugin.running.parallel === false ? 1 : Math.max(
        1,
        Math.min(this.#services.executor.concurrency, maxWorkers ?? plugin.running.maxWorkers ?? Infinity),
      ),
      schemas: Object.assign({}, ...stage.map((step) => step.schemas)),
      breakThreshold: resets && typeof threshold === "number" ? threshold : undefined,
    });
    this.#add(node, types);
  }
}
