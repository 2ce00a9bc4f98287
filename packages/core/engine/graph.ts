// A run: the nodes of a plan, connected, and what drives them.
//
// Everything is pulled: a consumer steps the node it reads, which steps what it reads, down to the source. The source
// waits until half of the memory budget is free; the other half is for the work on what is there.

import { type Chunk, NO_COVER } from "../chunk/chunk.ts";
import type { BufferPool } from "../data/buffer_pool.ts";
import { Account } from "../data/buffer_pool.ts";
import { ALL, hull, inputRange } from "../context/pushdown.ts";
import { mergedSchema, type Plan, type PlanStep } from "../context/plan.ts";
import { defineMerge } from "../plugin/define.ts";
import type { TimeRange } from "../plugin/plugin.ts";
import type { Edge } from "./edge.ts";
import { PipelineError } from "./errors.ts";
import type { Executor } from "./executor.ts";
import { type GraphServices, Node, type PluginMetrics, type RunEvent } from "./node.ts";
import { type PieceSize, SourceNode } from "./source_node.ts";
import { type StageInput, StageNode } from "./stage_node.ts";
import { StoredNode } from "./stored_node.ts";

/** How a graph runs. */
export interface GraphOptions {
  readonly plan: Plan;
  readonly timeRange: TimeRange | undefined;
  readonly executor: Executor;
  readonly pool: BufferPool;
  /** Memory budget, bytes. */
  readonly memory: number;
  /** Rows a chunk, over what plugins say. */
  readonly chunkSize: number | undefined;
  readonly signal: AbortSignal | undefined;
  readonly event: (event: RunEvent) => void;
}

/** Something that takes all chunks of a data type while others are read. The chunk stays the graph's. */
export interface Tap {
  readonly dataType: string;
  readonly take: (chunk: Chunk) => Promise<void>;
}

interface Drain extends Tap {
  readonly edge: Edge;
}

const DEFAULT_ROWS = 50_000;

/** A plan at work. */
export class Graph {
  readonly account: Account;
  readonly #options: GraphOptions;
  readonly #nodes: Node[] = [];
  readonly #drains: Drain[] = [];
  readonly #abort = new AbortController();
  readonly #sinks = new Map<string, Edge>();
  readonly #forward = (): void => this.#abort.abort(this.#options.signal!.reason);

  /**
   * @param targets Data types that are read with {@linkcode Graph.pull}.
   * @param taps What else is done with chunks on the way.
   */
  constructor(options: GraphOptions, targets: readonly string[], taps: readonly Tap[]) {
    this.#options = options;
    this.account = new Account(options.memory);
    options.signal?.addEventListener("abort", this.#forward, { once: true });
    if (options.signal?.aborted) this.#abort.abort(options.signal.reason);
    const build = new Builder(options, this.#services(), targets, taps);
    this.#nodes.push(...build.nodes.reverse());
    for (const target of targets) this.#sinks.set(target, build.connect(target, options.timeRange));
    for (const tap of taps) this.#drains.push({ ...tap, edge: build.connect(tap.dataType, undefined) });
  }

  #services(): GraphServices {
    const { pool, executor, event, plan } = this.#options;
    return {
      runId: plan.runId,
      pool,
      account: this.account,
      executor,
      signal: this.#abort.signal,
      event,
      makeRoom: () => this.#makeRoom(),
    };
  }

  /** The next chunk of a target, undefined at its end. The caller owns it; the budget no longer counts it. */
  async pull(target: string): Promise<Chunk | undefined> {
    const edge = this.#sinks.get(target)!;
    while (!edge.ready && !edge.ended) {
      this.#abort.signal.throwIfAborted();
      await edge.producer.step();
      await this.#drain();
    }
    const chunk = edge.take();
    chunk?.table.uncharge();
    return chunk;
  }

  /** The target to pull next: one with chunks queued, else the one that is furthest behind; undefined at the end of all. */
  get behind(): string | undefined {
    let behind: string | undefined, least: bigint | undefined;
    for (const [target, edge] of this.#sinks) {
      if (edge.ready) return target;
      if (edge.ended) continue;
      if (behind !== undefined && (least === undefined || (edge.watermark ?? NO_COVER) >= least)) continue;
      [behind, least] = [target, edge.watermark];
    }
    return behind;
  }

  /** Let the taps have the rest of their streams. */
  async finish(): Promise<void> {
    for (const { edge } of this.#drains) {
      while (!edge.ended) {
        this.#abort.signal.throwIfAborted();
        if (!edge.ready) await edge.producer.step();
        await this.#drain();
      }
    }
  }

  async #drain(): Promise<void> {
    for (const { edge, take } of this.#drains) {
      for (let chunk = edge.take(); chunk; chunk = edge.take()) {
        try {
          await take(chunk);
        } finally {
          chunk.release();
        }
      }
    }
  }

  async #makeRoom(): Promise<void> {
    const half = this.account.limit / 2;
    while (this.account.used > half) {
      await this.#drain();
      let progress = false;
      for (const node of this.#nodes) if (await node.stepLocal()) progress = true;
      if (this.account.used <= half) return;
      if (!progress) throw this.#stuck();
    }
  }

  #stuck(): Error {
    const { account } = this;
    const node = this.#nodes.filter((n) => n.waitsFor() !== undefined).sort((a, b) => b.bytes - a.bytes)[0];
    const mib = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
    const cause = new RangeError(
      `more than half of the memory budget of ${mib(account.limit)} is waiting and nothing can go on: ` +
        `${node?.waitsFor() ?? "the results are not taken"}, ${
          mib(node?.bytes ?? account.used)
        } wait there; ` +
        "give a larger budget or smaller chunks, or let the plugin declare maxSpan",
    );
    const { runId } = this.#options.plan;
    return new PipelineError(
      {
        plugin: node?.plugins[0] ?? "",
        module: undefined,
        runId,
        chunkIndex: 0,
        start: undefined,
        end: undefined,
      },
      cause,
    );
  }

  /** Counts by plugin. */
  get metrics(): Map<string, PluginMetrics> {
    return new Map(this.#nodes.toReversed().flatMap((node) => [...node.metrics]));
  }

  /** End the run, whether it was complete or not: sources are closed, buffers handed back. */
  async close(): Promise<void> {
    this.#options.signal?.removeEventListener("abort", this.#forward);
    this.#abort.abort(new DOMException("The run was closed", "AbortError"));
    for (const edge of [...this.#sinks.values(), ...this.#drains.map((drain) => drain.edge)]) edge.abandon();
    for (const node of this.#nodes) node.end();
    for (const node of this.#nodes) {
      if (node instanceof SourceNode || node instanceof StoredNode) await node.closing;
    }
  }
}

/** Makes the nodes of a plan, upstream first. */
class Builder {
  readonly nodes: Node[] = [];
  readonly #options: GraphOptions;
  readonly #services: GraphServices;
  readonly #byType = new Map<string, Node>();
  readonly #ranges = new Map<string, TimeRange>();

  constructor(
    options: GraphOptions,
    services: GraphServices,
    targets: readonly string[],
    taps: readonly Tap[],
  ) {
    this.#options = options;
    this.#services = services;
    const { plan, timeRange } = options;
    for (const target of targets) this.#want(target, timeRange ?? ALL);
    for (const { dataType } of taps) this.#want(dataType, ALL);
    for (const step of plan.steps.toReversed()) {
      if (step.stored) continue;
      for (const type of step.plugin.dependsOn) this.#want(type, this.#inputRange(step, type));
    }
    for (const step of plan.steps) if (step.stored) this.#addStored(step);
    const stages = plan.stages.map((names) => names.map((name) => plan.step(name)));
    for (const stage of stages) {
      if (stage[0]!.plugin.kind === "source") this.#addSource(stage[0]!);
      else this.#addStage(stage, [...targets, ...taps.map((tap) => tap.dataType)]);
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
    return inputRange(step, type, this.#wanted(step), this.#kindOf, longest);
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
    const { memory, chunkSize } = this.#options;
    const size: PieceSize = {
      maxRows: chunkSize ?? step.plugin.running.chunkSize ?? DEFAULT_ROWS,
      maxBytes: Math.max(2 ** 16, Math.min(2 ** 25, Math.floor(memory / 32))),
    };
    const node = new SourceNode(this.#services, step.plugin, step.options, size, this.#wanted(step));
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
      stage: { id: provides, steps: [{ plugin, options: {} }], outputs: [provides] },
      inputs: types.map((type): StageInput => ({
        types: [type],
        edge: this.#edge(step, type),
        schema: plan.step(type).schemas[type]!,
        dataKind,
      })),
      geometry: {},
      whole: false,
      chunkSize: undefined,
      schemas: { [provides]: schema },
      breakThreshold: undefined,
    });
    this.#add(node, [provides]);
    return { types, edge: node.connect(provides), schema, dataKind };
  }

  #addStage(stage: readonly PlanStep[], wanted: readonly string[]): void {
    const first = stage[0]!, { plan, chunkSize } = this.#options;
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
        steps: stage.map((step) => ({ plugin: step.plugin, options: step.options })),
        outputs,
      },
      inputs: this.#inputs(first),
      geometry,
      whole: plugin.kind === "static",
      chunkSize: chunkSize === undefined ? plugin.running.chunkSize : undefined,
      schemas: Object.assign({}, ...stage.map((step) => step.schemas)),
      breakThreshold: resets && typeof threshold === "number" ? threshold : undefined,
    });
    this.#add(node, types);
  }
}
