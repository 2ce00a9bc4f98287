// What all nodes of a graph have in common: edges out, and the services of the graph they are part of.

import { Chunk } from "../chunk/chunk.ts";
import type { Account, BufferPool } from "../data/buffer_pool.ts";
import type { TimeRange } from "../plugin/plugin.ts";
import type { Restart } from "../store/types.ts";
import { NoRoom } from "./_no_room.ts";
import { Edge, type Producer } from "./edge.ts";
import type { Executor } from "./executor.ts";
import type { TaskEvent } from "./task_event.ts";

/** What a run tells whoever watches it. */
export type RunEvent =
  | {
    /** A chunk was made. */
    readonly type: "chunk";
    readonly plugin: string;
    readonly dataType: string;
    readonly rows: number;
    readonly bytes: number;
    readonly start: bigint;
    readonly end: bigint;
  }
  | {
    /** Input was read: up to byte `done` of `total` (0: not known). */
    readonly type: "input";
    readonly plugin: string;
    readonly done: number;
    readonly total: number;
    /** Bytes of these that were passed over. */
    readonly skipped: number;
    /** All rows that start before it are in them, ps; undefined within a piece. */
    readonly until: bigint | undefined;
  }
  | {
    /** A plugin says something. */
    readonly type: "notice";
    readonly plugin: string;
    readonly text: string;
  }
  | {
    /** How things stand now: every `metricsEvery` milliseconds. */
    readonly type: "metrics";
    /** Milliseconds since the run began. */
    readonly elapsedMs: number;
    /** Counts by plugin, in the order of the work. */
    readonly plugins: ReadonlyMap<string, Readonly<PluginMetrics>>;
    /** Bytes charged to the run's budget. */
    readonly heldBytes: number;
  }
  | {
    /** Another process writes a result that this run wants: it waits until that has ended. */
    readonly type: "waiting";
    /** Data type. */
    readonly dataType: string;
    /** Who writes it. */
    readonly owner: string;
  }
  | {
    /** What an interrupted run left complete is not made again. */
    readonly type: "resumed";
    /** Data type. */
    readonly dataType: string;
    /** Rows from there on are made, ps. */
    readonly from: bigint;
    /** Rows that were there. */
    readonly rows: number;
  }
  | {
    /** The run ended before its end: what was complete is kept, and the next run goes on from there. */
    readonly type: "kept";
    /** Data type. */
    readonly dataType: string;
    /** Where the next run goes on, ps. */
    readonly until: bigint;
    /** Rows that are kept. */
    readonly rows: number;
  }
  | {
    /** The run ended before its end: nothing is kept of it, the complete result of before is still there. */
    readonly type: "unchanged";
    /** Data type. */
    readonly dataType: string;
  }
  | TaskEvent;

/** What the nodes of one run share. */
export interface GraphServices {
  readonly runId: string;
  readonly pool: BufferPool;
  readonly account: Account;
  readonly executor: Executor;
  readonly signal: AbortSignal;
  readonly event: (event: RunEvent) => void;
  /** Told of each chunk that is given. */
  readonly seen: (chunk: Chunk) => void;
  /** Told of each task; undefined where nobody listens. */
  readonly task: ((event: TaskEvent) => void) | undefined;
  /** Wait until the budget has room for more input. @throws When no node can go on. */
  readonly makeRoom: () => Promise<void>;
  /**
   * Now and then a promise that lets the event loop turn, so that signals, timers and aborts are heard while plugins
   * compute. @throws The reason, when the run is aborted.
   */
  readonly breathe: () => Promise<void> | undefined;
}

/** What a node waits for, for a message. */
export interface Waiting {
  readonly plugin: string;
  readonly module: string | undefined;
  /** Stretches given to the plugin so far. */
  readonly chunkIndex: number;
  /** The stretch that it has rows of, ps; `end` is undefined where the input has ended. */
  readonly start: bigint;
  readonly end: bigint | undefined;
  /** What must come, in words. */
  readonly missing: string;
  /** It holds rows that it cannot compute for a reason of its own, not because another input is behind. */
  readonly blocked: boolean;
}

/** Counts of one plugin. Those of a stage of several plugins as a whole are its first plugin's. */
export interface PluginMetrics {
  /** Rows made, over all outputs. */
  rows: number;
  /** Bytes made. */
  bytes: number;
  /** Chunks made. */
  chunks: number;
  /** Milliseconds of running, wherever that was, added up over all workers. */
  busyMs: number;
  /** Milliseconds between the submitting of its tasks and their begin, added up. */
  waitMs: number;
  /** Milliseconds that a source waited for room in the memory budget. */
  backpressureMs: number;
  /** Bytes that wait before it now: chunks on their way to it, and rows that cannot be cut yet. */
  queueBytes: number;
  /** Tasks under way now, whether they have begun or not. */
  tasks: number;
}

/** The counts of a plugin that has done nothing. */
export function noMetrics(): PluginMetrics {
  return {
    rows: 0,
    bytes: 0,
    chunks: 0,
    busyMs: 0,
    waitMs: 0,
    backpressureMs: 0,
    queueBytes: 0,
    tasks: 0,
  };
}

/** A node of a graph. */
export abstract class Node implements Producer {
  readonly #byType = new Map<string, Edge[]>();
  /** All edges. */
  readonly edges: Edge[] = [];
  protected readonly services: GraphServices;
  /** Nothing comes any more. */
  done = false;
  /** A step is under way. */
  busy = false;
  /** Chunks given. */
  protected given = 0;
  #failure: { readonly cause: unknown } | undefined;
  readonly #metrics = new Map<string, PluginMetrics>();

  constructor(services: GraphServices) {
    this.services = services;
  }

  /** Names of the plugins that run here. */
  abstract get plugins(): readonly string[];

  /** Bytes that the node keeps alive. */
  abstract get bytes(): number;

  /** Bytes that wait before it. */
  get queueBytes(): number {
    return 0;
  }

  /** Tasks under way. */
  get taskCount(): number {
    return 0;
  }

  /** A copy of the counts by plugin. */
  get metrics(): [plugin: string, PluginMetrics][] {
    return this.plugins.map((name, k) => {
      const metrics = { ...this.metricsOf(name) };
      if (k === 0) Object.assign(metrics, { queueBytes: this.queueBytes, tasks: this.taskCount });
      return [name, metrics];
    });
  }

  /** What it waits for; undefined when it waits for nothing in particular. */
  get waiting(): Waiting | undefined {
    return undefined;
  }

  /**
   * Where the input of one of its plugins may start to make all outputs that start at or after `from`, if such a place was
   * noted.
   */
  restartFor(_plugin: string, _from: bigint): Restart | undefined {
    return undefined;
  }

  /** Make progress with what is at hand, or with `pull` also with what upstream gives. True if something was done. */
  protected abstract advance(pull: boolean): Promise<boolean>;

  /** Let go of everything. */
  protected abstract clear(): void;

  /** A new edge for one output. */
  connect(type: string, range?: TimeRange): Edge {
    const edge = new Edge(this, type, range);
    this.edges.push(edge);
    const list = this.#byType.get(type);
    if (list) list.push(edge);
    else this.#byType.set(type, [edge]);
    return edge;
  }

  /**
   * At least one more chunk on some edge, or the end.
   *
   * @throws What failed here or upstream; the same for every consumer, so that none takes the failure for the end.
   */
  async step(): Promise<void> {
    const before = this.given;
    while (!this.done && this.given === before) {
      await this.#guarded(true);
      await this.services.breathe();
    }
  }

  /** Go on with what is at hand. True if something was done. */
  async stepLocal(): Promise<boolean> {
    if (this.done || this.busy || this.#failure) return false;
    return await this.#guarded(false);
  }

  async #guarded(pull: boolean): Promise<boolean> {
    if (this.#failure) throw this.#failure.cause;
    this.busy = true;
    try {
      return await this.advance(pull);
    } catch (cause) {
      if (!(cause instanceof NoRoom)) this.#failure = { cause };
      throw cause;
    } finally {
      this.busy = false;
    }
  }

  /** Count, if it is of a type that somebody asked for, and hand out a chunk; the edges own it from now on. */
  protected give(plugin: string, chunk: Chunk): void {
    const metrics = this.metricsOf(plugin);
    const bytes = chunk.table.nbytes;
    if (this.#byType.has(chunk.dataType)) {
      metrics.rows += chunk.length;
      metrics.bytes += bytes;
      metrics.chunks++;
    }
    const { dataType, length: rows, start, end } = chunk;
    try {
      this.services.seen(chunk);
      this.services.event({ type: "chunk", plugin, dataType, rows, bytes, start, end });
    } catch (error) {
      chunk.release();
      throw error;
    }
    this.hand(chunk);
  }

  /** Hand out a chunk that nobody is told of; the edges own it from now on. */
  protected hand(chunk: Chunk): void {
    this.given++;
    const edges = this.#byType.get(chunk.dataType)?.filter((edge) => !edge.closed) ?? [];
    edges.forEach((edge, i) => {
      edge.push(i === edges.length - 1 ? chunk : sameChunk(chunk));
    });
    if (edges.length === 0) chunk.release();
    if (this.#wantedNoMore()) this.end();
  }

  protected metricsOf(plugin: string): PluginMetrics {
    let metrics = this.#metrics.get(plugin);
    if (!metrics) this.#metrics.set(plugin, metrics = noMetrics());
    return metrics;
  }

  /** Wait until the budget has room for more input, which counts as waiting of a plugin. */
  protected async makeRoom(plugin: string): Promise<void> {
    const before = performance.now();
    await this.services.makeRoom();
    this.metricsOf(plugin).backpressureMs += performance.now() - before;
  }

  #wantedNoMore(): boolean {
    return this.edges.every((edge) => edge.closed);
  }

  /** An edge wants no more: when none does, the node ends. */
  abandoned(): void {
    if (this.#wantedNoMore()) this.end();
  }

  /** The node ends: its edges are closed, what it holds is let go. */
  end(): void {
    if (this.done) return;
    this.done = true;
    for (const edge of this.edges) edge.close();
    this.clear();
  }
}

/** One more chunk object over the same rows. */
export function sameChunk(chunk: Chunk): Chunk {
  const { start, end, coverEnd, coverBefore, runId, dataType, dataKind } = chunk;
  return new Chunk(chunk.table.share(), { start, end, coverEnd, coverBefore, runId, dataType, dataKind });
}
