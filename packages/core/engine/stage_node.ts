// A node that computes a stage: it aligns its inputs, cuts them where the first plugin allows it, has the stretches
// computed, and gives the outputs in order.

import type { Schema } from "../data/schema.ts";
import type { Geometry, Halo, Plugin } from "../plugin/plugin.ts";
import { abortable } from "./abortable.ts";
import { Computation, releaseAll, type StretchResults } from "./computation.ts";
import { Cutter, haloOf } from "./cutter.ts";
import type { Edge } from "./edge.ts";
import { NoRoom } from "./_no_room.ts";
import { PipelineError } from "./errors.ts";
import { END, InputBuffer } from "./input_buffer.ts";
import { type GraphServices, Node, type PluginMetrics, type Waiting } from "./node.ts";
import { dropBefore, gatherRegion, type Region } from "./region.ts";
import { restartKind, Restarts } from "./restarts.ts";
import { type Stage, StepError } from "./stage.ts";
import { StageOutputs } from "./stage_outputs.ts";
import { stretchText, timeText } from "./_time_text.ts";

/** One input of a stage: an edge, and the data types that it is known by. */
export interface StageInput {
  readonly types: readonly string[];
  readonly edge: Edge;
  readonly schema: Schema;
  readonly dataKind: string;
}

/** How a stage node works. */
export interface StageNodeSpec {
  readonly stage: Stage;
  readonly inputs: readonly StageInput[];
  /** Geometry of the first plugin. */
  readonly geometry: Geometry;
  /** Whole run at once. */
  readonly whole: boolean;
  /** Target rows a stretch; undefined: as they come. */
  readonly chunkSize: number | undefined;
  /** Wait for that many rows; otherwise it only divides what came in larger pieces. */
  readonly waits: boolean;
  /** Most stretches that are computed at once. */
  readonly workers: number;
  /** Schemas by output. */
  readonly schemas: Readonly<Record<string, Schema>>;
  /** Longer stretches without rows reset state; undefined: never. */
  readonly breakThreshold: number | undefined;
  /** It is not known on which input before an output depends: places are noted where the input may start all the same. */
  readonly isOpen: boolean;
}

interface Input extends StageInput {
  readonly buffer: InputBuffer;
}

interface Task {
  readonly region: Region;
  readonly index: number;
  readonly results: Promise<StretchResults>;
  settled: boolean;
}

/** Results that may wait for an earlier one, times the stretches that are computed at once; their bytes are in the budget. */
const AHEAD = 8;

function letGo({ results }: StretchResults): void {
  releaseAll(results);
}

/** Computes a stage. */
export class StageNode extends Node {
  readonly #spec: StageNodeSpec;
  readonly #first: Plugin;
  readonly #inputs: readonly Input[];
  readonly #halo: Required<Halo> | undefined;
  readonly #outputs: StageOutputs;
  readonly #cutter: Cutter;
  readonly #computation: Computation;
  readonly #restarts: Restarts | undefined;
  /** Where a stretch starts is known only when the one before is done. */
  readonly #inOrder: boolean;
  readonly #depth: number;
  /** In order; some in the middle may have settled. */
  #tasks: Task[] = [];
  /** Tasks that have not settled. */
  #running = 0;
  /** Whoever waits for one of them. */
  #settled: PromiseWithResolvers<void> | undefined;
  #index = 0;
  /** The last stretch is on its way, or there is none. */
  #lastTaken = false;
  /** Why no more input comes. What came before is computed first. */
  #failure: { readonly cause: unknown } | undefined;

  constructor(services: GraphServices, spec: StageNodeSpec) {
    super(services);
    const { stage, geometry, whole, chunkSize, waits, breakThreshold } = spec;
    this.#spec = spec;
    this.#first = stage.steps[0]!.plugin;
    this.#halo = haloOf(geometry);
    this.#inputs = spec.inputs.map((input) => ({ ...input, buffer: new InputBuffer(input.schema) }));
    this.#cutter = new Cutter({ inputs: this.#inputs, geometry, whole, chunkSize, waits });
    this.#inOrder = this.#first.stateful !== undefined || this.#first.carryOver;
    this.#depth = this.#inOrder ? 1 : spec.workers;
    const inputTypes = spec.inputs.map(({ types }) => types);
    this.#computation = new Computation(
      { stage, inputTypes, inOrder: this.#inOrder, breakThreshold },
      services,
    );
    if (spec.isOpen) this.#restarts = new Restarts(restartKind(this.#first, geometry));
    const inputKinds = spec.inputs.map(({ dataKind }) => dataKind);
    this.#outputs = new StageOutputs(
      { ...spec, inputKinds },
      services,
      (plugin, chunk) => this.done ? chunk.release() : this.give(plugin, chunk),
    );
  }

  get plugins(): readonly string[] {
    return this.#spec.stage.steps.map(({ plugin }) => plugin.name);
  }

  get bytes(): number {
    return this.queueBytes + this.#outputs.bytes;
  }

  override get queueBytes(): number {
    let bytes = 0;
    for (const { buffer, edge } of this.#inputs) bytes += buffer.bytes + edge.bytes;
    return bytes;
  }

  override get taskCount(): number {
    return this.#computation.running;
  }

  override get metrics(): [plugin: string, PluginMetrics][] {
    this.metricsOf(this.#first.name).waitMs = this.#computation.waitMs;
    return super.metrics;
  }

  override get waiting(): Waiting | undefined {
    const { at, frontier, missing, blocked } = this.#cutter;
    if (at === undefined || this.done) return undefined;
    const { name: plugin, module } = this.#first;
    const end = frontier === undefined || frontier === END ? undefined : frontier;
    return { plugin, module, chunkIndex: this.#index, start: at, end, missing, blocked };
  }

  protected async advance(pull: boolean): Promise<boolean> {
    const before = this.given;
    while (!this.#tasks[0]?.settled && this.#tasks.length < this.#depth * AHEAD) {
      if (this.#running >= this.#depth) {
        // Whoever is free before the first one has ended goes on with what comes later.
        if (this.#depth === 1) break;
        await this.#nextSettled();
        if (this.done) return this.given > before;
        continue;
      }
      const region = this.#lastTaken ? undefined : this.#nextRegion();
      if (region) {
        this.#submit(region);
        continue;
      }
      if (this.#lastTaken || this.#takeQueued()) {
        if (this.#lastTaken) break;
        continue;
      }
      if (!pull || this.#failure) break;
      try {
        await this.#lowest().edge.producer.step();
      } catch (cause) {
        if (!(cause instanceof NoRoom)) this.#failure = { cause };
        else if (this.#tasks.length > 0) break;
        else throw cause;
      }
      if (this.done) return this.given > before;
    }
    const task = this.#tasks.shift();
    if (task) {
      await this.#collect(task);
      return true;
    }
    if (this.#lastTaken) { if (!this.done) this.#finish(); }
    else if (this.#failure && pull) throw this.#failure.cause;
    return this.given > before;
  }

  #lowest(): Input {
    let lowest: Input | undefined;
    for (const input of this.#inputs) {
      if (input.buffer.ended) continue;
      const { frontier } = input.buffer;
      if (frontier === undefined) return input;
      if (!lowest || frontier < lowest.buffer.frontier!) lowest = input;
    }
    return lowest!;
  }

  /** Take in one chunk (or the end) of the input that is furthest behind; false if there is nothing to take. */
  #takeQueued(): boolean {
    if (this.#inputs.every(({ buffer }) => buffer.ended)) {
      this.#lastTaken = true; // nothing ever came
      return true;
    }
    const { edge, buffer } = this.#lowest();
    const chunk = edge.take();
    if (chunk) buffer.append(chunk);
    else if (edge.ended) buffer.ended = true;
    else return false;
    return true;
  }

  #nextRegion(): Region | undefined {
    if (this.#inOrder && this.#tasks.length > 0) return undefined;
    const { account } = this.services;
    const cutter = this.#cutter;
    try {
      // A target size is not worth waiting for when the budget is short.
      const cut = cutter.next(account.used * 2 > account.limit);
      if (cut === undefined) return undefined;
      const start = cutter.at!;
      const last = cut === END;
      let end = last ? cutter.lastEnd(start) : cut;
      if (last) this.#lastTaken = true;
      if (end <= start) {
        // Nothing is left at the end of the input. A halo plugin still gives what starts later, a stateful one what it
        // held back.
        if (!this.#halo && !this.#first.stateful) return undefined;
        end = start + 1n;
      }
      const region = gatherRegion(this.#inputs, this.#halo, { start, end, last }, this.services);
      cutter.take(end);
      if (!this.#inOrder) this.#moveTo(end);
      return region;
    } catch (cause) {
      const { frontier } = cutter;
      throw this.#fail(cause, cutter.at, frontier === END ? undefined : frontier);
    }
  }

  /** The next stretch starts at `time`: rows that are no longer needed are let go. */
  #moveTo(time: bigint): void {
    dropBefore(this.#inputs, this.#halo, time);
    this.#cutter.moveTo(time);
  }

  #submit(region: Region): void {
    const results = this.#computation.run(region);
    const task: Task = { region, index: this.#index++, results, settled: false };
    // A failure is reported in its turn, when the task is collected.
    const settle = () => {
      task.settled = true;
      this.#running--;
      this.#settled?.resolve();
      this.#settled = undefined;
    };
    this.#running++;
    results.then(settle, settle);
    this.#tasks.push(task);
  }

  /** Resolves when a task settles. */
  async #nextSettled(): Promise<void> {
    const { promise } = this.#settled ??= Promise.withResolvers<void>();
    const { signal } = this.services;
    try {
      await abortable(promise, signal, () => {});
    } catch (cause) {
      throw this.#fail(cause, undefined, undefined);
    }
  }

  async #collect(task: Task): Promise<void> {
    const { region, index } = task;
    try {
      const { results, breaks } = await this.#resultsOf(task);
      this.#restarts?.add(region.start, results, breaks);
      let consumed = region.end, hold = END;
      for (const result of results) {
        // Of several segments, only the last one is not over.
        consumed = result.consumedUntil ?? region.end;
        hold = result.hold ?? END;
        for (const [plugin, ms] of Object.entries(result.busy)) this.metricsOf(plugin).busyMs += ms;
        for (const [plugin, { rows, bytes }] of Object.entries(result.passed)) {
          const metrics = this.metricsOf(plugin);
          metrics.rows += rows;
          metrics.bytes += bytes;
          metrics.chunks++;
        }
      }
      if (consumed > region.end) consumed = region.end;
      if (this.done) return releaseAll(results);
      if (consumed < region.start || (region.last && consumed < region.end)) {
        releaseAll(results);
        throw new RangeError(
          `consumedUntil is ${timeText(consumed)} in the stretch ${stretchText(region.start, region.end)}` +
            (region.last ? ", the last one: everything must be consumed there" : ""),
        );
      }
      this.#outputs.add(region, results, consumed < hold ? consumed : hold);
      if (this.done) return;
      if (this.#inOrder) this.#moveTo(consumed);
      if (region.last) this.#finish();
    } catch (cause) {
      throw this.#fail(cause, region.start, region.end, index);
    }
  }

  override restartFor(from: bigint): bigint | undefined {
    return this.#restarts?.before(from);
  }

  async #resultsOf(task: Task): Promise<StretchResults> {
    await undefined; // what was computed at once is settled by then, and needs no listener for aborts
    return await (task.settled ? task.results : abortable(task.results, this.services.signal, letGo));
  }

  #finish(): void {
    let end: bigint | undefined;
    for (const { buffer: { frontier } } of this.#inputs) {
      if (frontier !== undefined && (end === undefined || frontier > end)) end = frontier;
    }
    if (end !== undefined) this.#outputs.finish(end);
    this.end();
  }

  #fail(cause: unknown, start: bigint | undefined, end: bigint | undefined, index = this.#index): unknown {
    const { signal, runId } = this.services;
    // Whatever fails after an abort fails because of it.
    if (signal.aborted) return signal.reason;
    if (cause instanceof PipelineError) return cause;
    const { plugin, error } = cause instanceof StepError
      ? { plugin: cause.plugin, error: cause.cause }
      : { plugin: this.#first, error: cause };
    return new PipelineError(
      { plugin: plugin.name, module: plugin.module, runId, chunkIndex: index, start, end },
      error,
    );
  }

  protected clear(): void {
    for (const { buffer, edge } of this.#inputs) {
      buffer.clear();
      edge.abandon();
    }
    this.#outputs.clear();
    this.services.executor.forget(this.#spec.stage);
    for (const { results } of this.#tasks) {
      void results.then(letGo, () => {}); // the run has ended: nobody is left to be told
    }
    this.#tasks = [];
  }
}
