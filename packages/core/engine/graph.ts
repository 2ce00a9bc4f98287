// A run: the nodes of a plan, connected, and what drives them.
//
// Everything is pulled: a consumer steps the node it reads, which steps what it reads, down to the source. The source
// waits until half of the memory budget is free; the other half is for the work on what is there.

import { setImmediate } from "node:timers";
import { type Chunk, NO_COVER } from "../chunk/chunk.ts";
import type { Plan, PlanStep } from "../context/plan.ts";
import { ALL, type Demand, Demands, LATEST } from "../context/pushdown.ts";
import { Account, type BufferPool } from "../data/buffer_pool.ts";
import { formatBytes } from "../data/units.ts";
import type { TimeRange } from "../plugin/plugin.ts";
import type { InputPlace, Restart } from "../store/types.ts";
import { abortable } from "./abortable.ts";
import { NoRoom } from "./_no_room.ts";
import { ChunkSizer } from "./chunk_sizer.ts";
import type { Edge } from "./edge.ts";
import { PipelineError } from "./errors.ts";
import type { Executor } from "./executor.ts";
import { Builder } from "./graph_builder.ts";
import type { GraphServices, Node, PluginMetrics, RunEvent } from "./node.ts";
import { SourceNode } from "./source_node.ts";
import { StoredNode } from "./stored_node.ts";
import { ChannelWatch } from "./channel_watch.ts";
import type { TaskEvent } from "./task_event.ts";
import { stretchText } from "./_time_text.ts";

/** How a graph runs. */
export interface GraphOptions {
  readonly plan: Plan;
  readonly timeRange: TimeRange | undefined;
  readonly executor: Executor;
  readonly pool: BufferPool;
  /** Memory budget, bytes. */
  readonly memory: number;
  /** Rows a chunk, over what plugins say; `"auto"`: found out on the way. */
  readonly chunkSize: number | "auto" | undefined;
  /** Most stretches of a plugin that are computed at once, over what plugins say. */
  readonly maxWorkers?: number | undefined;
  readonly signal: AbortSignal | undefined;
  readonly event: (event: RunEvent) => void;
  /** Told of each task; undefined where nobody listens. */
  readonly task?: ((event: TaskEvent) => void) | undefined;
  /** Tell how things stand every so many milliseconds; undefined: never. */
  readonly metricsEvery?: number | undefined;
  /** Data types whose chunks somebody outside gets or looks at; those of others may lie in the kernels' memory. Default: the targets. */
  readonly seen?: readonly string[] | undefined;
  /** Columns that are read of stored data types. Default: all. */
  readonly columns?: ReadonlyMap<string, readonly string[]> | undefined;
  /** The last place in a source's input that is known to be before a time: it is read from there. Default: from its start. */
  readonly placeBefore?: ((source: string, time: bigint) => InputPlace | undefined) | undefined;
}

/** Something that takes all chunks of a data type while others are read. The chunk stays the graph's. */
export interface Tap {
  readonly dataType: string;
  readonly take: (chunk: Chunk) => Promise<void>;
  /** Only rows that start at or after it, ps. Default: all. */
  readonly from?: bigint | undefined;
  /** Where plugins that need what was before may start again, for rows from there on; see `Demand`. */
  readonly restart?: ((plugin: string, from: bigint) => Restart | undefined) | undefined;
  /** The run goes on while a chunk is taken. */
  readonly aside?: boolean;
}

interface Drain extends Tap {
  readonly edge: Edge;
}

/** How long a source that does not answer is waited for when a run ends, ms. */
const PATIENCE = 500;

/** The event loop turns at least this often between chunks, ms. */
const BREATH = 30;

/** A plan at work. */
export class Graph {
  readonly account: Account;
  readonly #options: GraphOptions;
  readonly #nodes: Node[] = [];
  readonly #drains: Drain[] = [];
  readonly #abort = new AbortController();
  readonly #channels: ChannelWatch;
  readonly #sinks = new Map<string, Edge>();
  /** Chunks that are being taken aside. */
  readonly #taking = new Set<Promise<void>>();
  readonly #started = performance.now();
  #breath = this.#started;
  #timer: ReturnType<typeof setInterval> | undefined;
  #failure: { readonly cause: unknown } | undefined;
  readonly #forward = (): void => this.#abort.abort(this.#options.signal!.reason);

  /**
   * @param targets Data types that are read with {@linkcode Graph.pull}.
   * @param taps What else is done with chunks on the way.
   */
  constructor(options: GraphOptions, targets: readonly string[], taps: readonly Tap[]) {
    this.#options = options;
    this.account = options.executor.memory?.account ?? new Account(options.memory);
    const { steps } = options.plan;
    const isRead = ({ stored, plugin }: PlanStep) => stored !== undefined || plugin.kind === "source";
    this.#channels = new ChannelWatch(
      steps.filter(({ stored }) => stored === undefined),
      steps.filter(isRead).flatMap(({ plugin }) => plugin.provides),
    );
    options.signal?.addEventListener("abort", this.#forward, { once: true });
    if (options.signal?.aborted) this.#abort.abort(options.signal.reason);
    const { maxWorkers, timeRange } = options;
    const range = timeRange ?? ALL;
    const wanted: Demand[] = [
      ...targets.map((dataType) => ({ dataType, range })),
      ...taps.map(({ dataType, from, restart }): Demand =>
        from === undefined ? { dataType, range } : { dataType, range: [from, LATEST], restart }
      ),
    ];
    const auto = options.chunkSize === "auto";
    const chunkSize = options.chunkSize === "auto" ? undefined : options.chunkSize;
    const stored = taps.some(({ aside }) => aside !== undefined);
    const sizer = auto
      ? new ChunkSizer(() => this.#busyMs(), stored, options.executor.concurrency)
      : undefined;
    // Options that name channels are compared with the channels of all rows.
    const placeBefore = this.#channels.isIdle ? options.placeBefore : undefined;
    const build = new Builder(
      { ...options, chunkSize, sizer, maxWorkers, wanted, placeBefore },
      this.#services(),
    );
    this.#nodes.push(...build.nodes.reverse());
    for (const target of targets) this.#sinks.set(target, build.connect(target, timeRange));
    for (const tap of taps) {
      const part: TimeRange | undefined = tap.from === undefined ? timeRange : [tap.from, LATEST];
      this.#drains.push({ ...tap, edge: build.connect(tap.dataType, part) });
    }
    const { metricsEvery } = options;
    if (metricsEvery !== undefined) this.#timer = setInterval(() => this.#tellMetrics(), metricsEvery);
  }

  #tellMetrics(): void {
    const { event } = this.#options;
    const elapsedMs = performance.now() - this.#started;
    try {
      event({ type: "metrics", elapsedMs, plugins: this.metrics, heldBytes: this.account.used });
    } catch (cause) {
      this.#failure ??= { cause }; // the run ends with what its listener throws
    }
  }

  #services(): GraphServices {
    const { pool, executor, event, task, plan } = this.#options;
    return {
      runId: plan.runId,
      pool: executor.memory?.pool ?? pool,
      account: this.account,
      executor,
      signal: this.#abort.signal,
      event,
      seen: (chunk) => this.#channels.see(chunk),
      task,
      makeRoom: () => this.#makeRoom(),
      breathe: () => this.#breathe(),
    };
  }

  #breathe(): Promise<void> | undefined {
    this.#abort.signal.throwIfAborted();
    const now = performance.now();
    if (now - this.#breath < BREATH) return undefined;
    this.#breath = now;
    return new Promise((resolve) => setImmediate(resolve));
  }

  /**
   * The next chunk of a target, undefined at its end. The caller owns it; the budget no longer counts it.
   *
   * @throws What the run fails with, when all chunks before it were taken.
   */
  async pull(target: string): Promise<Chunk | undefined> {
    const edge = this.#sinks.get(target)!;
    // Before anything else: the streams of a run that was ended look as if they were complete.
    this.#abort.signal.throwIfAborted();
    while (!edge.ready && !edge.ended) {
      await this.#step(edge);
      this.#abort.signal.throwIfAborted();
    }
    const chunk = edge.take();
    chunk?.table.uncharge();
    return chunk;
  }

  async #step(edge: Edge): Promise<void> {
    if (this.#failure) throw this.#failure.cause;
    try {
      if (!edge.ready && !edge.ended) await edge.producer.step();
      await this.#drain();
    } catch (error) {
      const cause = error instanceof NoRoom ? error.stuck : error;
      this.#failure = { cause };
      if (!edge.ready) throw cause;
    }
  }

  /** Let the taps have the rest of their streams, the one that is furthest behind first. */
  async finish(): Promise<void> {
    this.#abort.signal.throwIfAborted();
    for (let edge = this.#behind(); edge; edge = this.#behind()) {
      await this.#step(edge);
      this.#abort.signal.throwIfAborted();
    }
    if (this.#taking.size > 0) await abortable(Promise.all(this.#taking), this.#abort.signal, () => {});
    if (this.#failure) throw this.#failure.cause;
    if (this.#options.timeRange) return; // a channel that has no rows there may have some elsewhere
    for (const { plugin, text } of this.#channels.notices()) {
      this.#options.event({ type: "notice", plugin, text });
    }
  }

  #behind(): Edge | undefined {
    let behind: Edge | undefined, least: bigint | undefined;
    for (const { edge } of this.#drains) {
      if (edge.ended) continue;
      const { watermark = NO_COVER } = edge;
      if (least === undefined || watermark < least) [behind, least] = [edge, watermark];
    }
    return behind;
  }

  async #drain(): Promise<void> {
    for (const { edge, take, aside } of this.#drains) {
      for (let chunk = edge.take(); chunk; chunk = edge.take()) {
        if (aside) {
          this.#takeAside(chunk, take);
          continue;
        }
        try {
          await take(chunk);
        } finally {
          chunk.release();
        }
      }
    }
  }

  #takeAside(chunk: Chunk, take: Tap["take"]): void {
    const taking = take(chunk).catch((cause) => {
      this.#failure ??= { cause };
    }).finally(() => {
      chunk.release();
      this.#taking.delete(taking);
    });
    this.#taking.add(taking);
  }

  async #makeRoom(): Promise<void> {
    const half = this.account.limit / 2;
    while (this.account.used > half) {
      await this.#drain();
      let progress = false;
      for (const node of this.#nodes) if (await node.stepLocal()) progress = true;
      if (this.account.used <= half) return;
      if (this.#failure) throw this.#failure.cause;
      if (progress) continue;
      if (this.#taking.size === 0) throw new NoRoom(this.#stuck());
      await abortable(Promise.race(this.#taking), this.#abort.signal, () => {});
    }
  }

  #stuck(): Error {
    const { account } = this;
    const waiting = this.#nodes.flatMap(({ waiting, bytes }) => waiting ? [{ ...waiting, bytes }] : []);
    // A node that is blocked for a reason of its own is the cause; others wait for it.
    waiting.sort((a, b) => Number(b.blocked) - Number(a.blocked) || b.bytes - a.bytes);
    const [first] = waiting;
    const known = this.#nodes.reduce((sum, { bytes }) => sum + bytes, 0);
    const sources = this.#nodes.filter((node) => node instanceof SourceNode).flatMap(({ plugins }) =>
      plugins
    );
    const ahead = known < account.used / 2 && sources.length > 0
      ? `; ${formatBytes(account.used - known)} are held by what "${sources.join('", "')}" read ahead`
      : "";
    const remedy = first?.blocked ? ", or let the plugin declare maxSpan" : "";
    const what = first
      ? `it waits in ${stretchText(first.start, first.end)} for ${first.missing} and holds ${
        formatBytes(first.bytes)
      }`
      : "the results are not taken";
    const cause = new RangeError(
      `more than half of the memory budget of ${
        formatBytes(account.limit)
      } is in use and nothing can go on: ${what}${ahead}; ` +
        `give a larger budget or smaller chunks${remedy}`,
    );
    const { plugin = "", module, chunkIndex = 0, start, end } = first ??
      { module: undefined, start: undefined, end: undefined };
    return new PipelineError(
      { plugin, module, runId: this.#options.plan.runId, chunkIndex, start, end },
      cause,
    );
  }

  /**
   * Where plugins whose outputs depend on all input before may start again to go on with a data type from `end` on, by
   * plugin; those that may not are left out. O(plugins).
   */
  restartsAt(dataType: string, end: bigint): Record<string, Restart> {
    const restarts: Record<string, Restart> = {};
    const restart = (plugin: string, from: bigint): Restart | undefined => {
      const place = this.#nodes.find(({ plugins }) => plugins.includes(plugin))?.restartFor(plugin, from);
      if (place) restarts[plugin] = place;
      return place;
    };
    new Demands(this.#options.plan, [{ dataType, range: [end, LATEST], restart }]);
    return restarts;
  }

  /** Places in the inputs of the sources of a data type from which its rows from `end` on may be read, by source. */
  placesAt(dataType: string, end: bigint): Record<string, InputPlace> {
    const demands = new Demands(this.#options.plan, [{ dataType, range: [end, LATEST] }]);
    const places: Record<string, InputPlace> = {};
    for (const node of this.#nodes) {
      if (!(node instanceof SourceNode)) continue;
      const [source] = node.plugins as [string];
      const place = demands.of(source) && node.placeBefore(end);
      if (place) places[source] = place;
    }
    return places;
  }

  /** Counts by plugin. */
  get metrics(): Map<string, PluginMetrics> {
    return new Map(this.#nodes.toReversed().flatMap((node) => node.metrics));
  }

  /** Milliseconds that all plugins but the sources have been running. */
  #busyMs(): number {
    let busy = 0;
    for (const node of this.#nodes) {
      if (node instanceof SourceNode) continue;
      for (const [, { busyMs }] of node.metrics) busy += busyMs;
    }
    return busy;
  }

  /** End the run, whether it was complete or not: sources are closed, buffers handed back. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#options.signal?.removeEventListener("abort", this.#forward);
    this.#abort.abort(new DOMException("The run was closed", "AbortError"));
    for (const edge of [...this.#sinks.values(), ...this.#drains.map((drain) => drain.edge)]) edge.abandon();
    for (const node of this.#nodes) node.end();
    const closing = this.#nodes.flatMap((node) =>
      (node instanceof SourceNode || node instanceof StoredNode) && node.closing ? [node.closing] : []
    );
    if (closing.length > 0) await atMost(PATIENCE, Promise.all(closing));
  }
}

/** Wait for something, but not for ever: a source may be stuck in a read that nothing ends. */
async function atMost(ms: number, promise: Promise<unknown>): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  try {
    await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
