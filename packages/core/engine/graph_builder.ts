// The nodes of a plan, connected.

import { mergedSchema, type Plan, type PlanStep } from "../context/plan.ts";
import { gapBehind } from "../context/_fuse.ts";
import { ALL, type Demand, Demands } from "../context/pushdown.ts";
import { defineMerge } from "../plugin/define.ts";
import type { TimeRange } from "../plugin/plugin.ts";
import type { InputPlace } from "../store/types.ts";
import type { ChunkSizer } from "./chunk_sizer.ts";
import type { Edge } from "./edge.ts";
import type { GraphServices, Node } from "./node.ts";
import { type PieceSize, SourceNode } from "./source_node.ts";
import { type StageInput, StageNode } from "./stage_node.ts";
import { StoredNode } from "./stored_node.ts";

/** What decides on the nodes. */
export interface BuilderOptions {
  readonly plan: Plan;
  /** Memory budget, bytes. */
  readonly memory: number;
  /** Rows a chunk, over what plugins say. */
  readonly chunkSize: number | undefined;
  /** Chooses the rows of chunks instead. */
  readonly sizer: ChunkSizer | undefined;
  /** Most stretches of a plugin that are computed at once, over what plugins say. */
  readonly maxWorkers: number | undefined;
  /** Data types that are read outside. */
  readonly wanted: readonly Demand[];
  /** Data types whose chunks somebody outside sees. Default: the targets. */
  readonly seen?: readonly string[] | undefined;
  /** Columns that are read of stored data types. Default: all. */
  readonly columns?: ReadonlyMap<string, readonly string[]> | undefined;
  /** The last place in a source's input that is known to be before a time. */
  readonly placeBefore?: ((source: string, time: bigint) => InputPlace | undefined) | undefined;
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
  readonly #demands: Demands;

  constructor(options: BuilderOptions, services: GraphServices) {
    this.#options = options;
    this.#services = services;
    const { plan, wanted } = options;
    this.#demands = new Demands(plan, wanted);
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

  #add(node: Node, types: readonly string[]): void {
    this.nodes.push(node);
    for (const type of types) this.#byType.set(type, node);
  }

  #addStored(step: PlanStep): void {
    const { pool, account } = this.#services;
    for (const [type, result] of Object.entries(step.results)) {
      const range = this.#demands.of(type);
      if (!range) continue;
      const all = range[0] === ALL[0] && range[1] === ALL[1];
      const columns = this.#options.columns?.get(type);
      const options = {
        pool,
        account,
        ...(all ? {} : { timeRange: range }),
        ...(columns ? { columns } : {}),
      };
      const isInside = this.#options.wanted.every(({ dataType }) => dataType !== type);
      const open: ConstructorParameters<typeof StoredNode>[3] = (how) => result.read({ ...options, ...how });
      this.#add(new StoredNode(this.#services, type, isInside, open), [type]);
    }
  }

  #addSource(step: PlanStep): void {
    const { memory, chunkSize, sizer } = this.#options;
    // Half of the budget must do for what several workers have in hand.
    const parts = Math.max(16, 8 * (this.#services.executor.concurrency + 1));
    const size: PieceSize = {
      maxRows: sizer ? MOST_ROWS : chunkSize ?? step.plugin.running.chunkSize ?? DEFAULT_ROWS,
      maxBytes: Math.max(2 ** 16, Math.min(2 ** 25, Math.floor(memory / parts))),
    };
    const { name } = step.plugin, range = this.#demands.of(name) ?? ALL;
    const resume = this.#options.placeBefore?.(name, range[0]);
    this.#add(new SourceNode(this.#services, step, size, range, sizer, resume), [name]);
  }

  #edge(step: PlanStep, type: string): Edge {
    const range = this.#demands.input(step, type);
    const all = range[0] === ALL[0] && range[1] === ALL[1];
    return this.connect(type, all ? undefined : range);
  }

  #inputs(step: PlanStep): StageInput[] {
    const { plan } = this.#options;
    const { plugin } = step;
    const single = (type: string): StageInput => ({
      types: [type],
      edge: this.#edge(step, type),
      schema: plan.step(type).schemas[type]!,
      dataKind: this.#demands.kindOf(type),
    });
    if (plugin.kind === "merge") return plugin.dependsOn.map(single);
    const kinds = [...new Set(plugin.dependsOn.map(this.#demands.kindOf))];
    return kinds.map((kind) => {
      const types = plugin.dependsOn.filter((type) => this.#demands.kindOf(type) === kind);
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
      stage: {
        id: provides,
        steps: [{ plugin, options: {}, plain: {} }],
        outputs: [provides],
        inside: [provides],
      },
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
      isOpen: false,
    });
    this.#add(node, [provides]);
    return { types, edge: node.connect(provides), schema, dataKind };
  }

  #addStage(stage: readonly PlanStep[]): void {
    const first = stage[0]!, { plan, chunkSize, sizer, wanted, maxWorkers } = this.#options;
    const { seen = plan.targets } = this.#options;
    const types = stage.flatMap(({ plugin }) => plugin.provides);
    const inside = new Set(stage.slice(1).flatMap(({ plugin }) => plugin.dependsOn));
    const outside = new Set([
      ...wanted.map(({ dataType }) => dataType),
      ...plan.steps.filter((step) => !stage.includes(step) && !step.stored).flatMap(({ plugin }) =>
        plugin.dependsOn
      ),
    ]);
    const outputs = types.filter((type) => outside.has(type) || !inside.has(type));
    const taken = new Set(wanted.map(({ dataType }) => dataType));
    const { plugin, geometry, options } = first;
    const threshold = options.breakThresholdPs;
    const resets = plugin.stateful && plugin.stateful.resetOnBreak !== false;
    const node = new StageNode(this.#services, {
      stage: {
        id: types.join("+"),
        steps: stage.map(({ plugin, options, plain }) => ({ plugin, options, plain })),
        outputs,
        inside: outputs.filter((type) => !taken.has(type)),
        lent: outputs.filter((type) => !seen.includes(type)),
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
      isOpen: stage.some((step) => this.#demands.isOpen(step)),
      begins: this.#demands.begin(first),
      saved: this.#demands.saved(first),
    });
    this.#add(node, types);
    if (chunkSize === undefined) this.#follow(first, node);
  }

  /** Let a stage's stretches be computed with those of the stage before, where that is possible. */
  #follow(first: PlanStep, node: StageNode): void {
    const { plan, wanted } = this.#options;
    const type = first.plugin.dependsOn[0]!, before = this.#byType.get(type);
    const isLast = plan.stages.some((names) => names.at(-1) === plan.step(type).plugin.name);
    if (!(before instanceof StageNode) || !isLast) return;
    const gap = gapBehind(plan.step(type), first);
    if (gap === undefined || this.#demands.input(first, type)[0] !== ALL[0]) return;
    const readers = plan.steps.filter(({ plugin, stored }) => !stored && plugin.dependsOn.includes(type));
    node.follow(before, gap, readers.length > 1 || wanted.some(({ dataType }) => dataType === type));
  }
}
