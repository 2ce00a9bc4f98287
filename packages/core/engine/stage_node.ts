// A node that computes a stage: it aligns its inputs, cuts them where the first plugin allows it, has the stretches
// computed, and gives the outputs in order.

import { Chunk } from "../chunk/chunk.ts";
import type { Schema } from "../data/schema.ts";
import type { Table } from "../data/table.ts";
import type { Geometry, Halo, Plugin } from "../plugin/plugin.ts";
import { abortable } from "./abortable.ts";
import { Computation, releaseAll, type StretchResults } from "./computation.ts";
import { Cutter, haloOf } from "./cutter.ts";
import type { Edge } from "./edge.ts";
import { NoRoom } from "./_no_room.ts";
import { PipelineError } from "./errors.ts";
import { type Ahead, joined, letGoAhead, rowsAgain } from "./follower.ts";
import { HandingOn } from "./hand_on.ts";
import { END, InputBuffer } from "./input_buffer.ts";
import { type GraphServices, Node, type PluginMetrics, type Waiting } from "./node.ts";
import {
  dropBefore,
  gatherRegion,
  inputStart,
  isBetweenGaps,
  type Region,
  releaseRegion,
  sameRegion,
} from "./region.ts";
import { Restarts } from "./restarts.ts";
import type { Restart, SavedState } from "../store/types.ts";
import { type Stage, StepError } from "./stage.ts";
import { StageOutputs } from "./stage_outputs.ts";
import { keepsState } from "./state_bytes.ts";
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
  /** State of an earlier run that the first plugin goes on with. */
  readonly saved?: SavedState | undefined;
  /** Where the first stretch starts, ps: what is before it in the input is its halo. Default: where the input does. */
  readonly begins?: bigint | undefined;
}

interface Input extends StageInput {
  readonly buffer: InputBuffer;
}

interface Task {
  readonly region: Region;
  /** Where its input starts, ps. */
  readonly input: bigint;
  readonly index: number;
  readonly results: Promise<StretchResults>;
  settled: boolean;
  /** Where the stage behind was computed too: the stretch once more. */
  readonly kept?: Region | undefined;
}

/** Results that may wait for an earlier one, times the stretches that are computed at once; their bytes are in the budget. */
const AHEAD = 8;

/** State of more bytes is kept every so many ms. */
const SMALL_STATE = 4096, SAVE_STATE = 500;

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
  /** State of an earlier run, until the first stretch was computed. */
  #saved: SavedState | undefined;
  /** When the state was asked for last, and how many bytes it had. */
  #savedAt = 0;
  #savedBytes = 0;
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
  /** Where the stage behind this one may be computed too. */
  #handingOn: HandingOn | undefined;
  /** Results of this stage that came with what is queued, by start. */
  readonly #ahead = new Map<bigint, Ahead>();

  constructor(services: GraphServices, spec: StageNodeSpec) {
    super(services);
    const { stage, geometry, whole, chunkSize, waits, breakThreshold, saved, begins } = spec;
    this.#spec = spec;
    this.#first = stage.steps[0]!.plugin;
    this.#halo = haloOf(geometry);
    this.#inputs = spec.inputs.map((input) => ({ ...input, buffer: new InputBuffer(input.schema) }));
    this.#cutter = new Cutter({ inputs: this.#inputs, geometry, whole, chunkSize, waits, begins });
    this.#inOrder = this.#first.stateful !== undefined || this.#first.carryOver;
    this.#depth = this.#inOrder ? 1 : spec.workers;
    const inputTypes = spec.inputs.map(({ types }) => types);
    this.#computation = new Computation(
      { stage, inputTypes, inOrder: this.#inOrder, breakThreshold, saved },
      services,
    );
    if (spec.isOpen) this.#restarts = new Restarts(this.#first, geometry);
    this.#saved = saved;
    const inputKinds = spec.inputs.map(({ dataKind }) => dataKind);
    this.#outputs = new StageOutputs(
      { ...spec, inputKinds },
      services,
      (plugin, chunk) => {
        if (this.done) chunk.release();
        else if (this.#handingOn?.hasPassed(chunk)) this.hand(chunk);
        else this.give(plugin, chunk);
      },
    );
  }

  /**
   * Stretches of this stage may be computed with those of `before`, whose output it reads.
   *
   * @param gap Time without rows that they need before and behind them, ps.
   * @param isShared Others read that output too.
   */
  follow(before: StageNode, gap: number, isShared: boolean): void {
    const [{ edge }] = this.#inputs as [Input], { stage } = this.#spec;
    before.#cutter.prefersGap = gap;
    before.#handingOn = new HandingOn(
      {
        type: edge.type,
        gap,
        second: stage,
        stage: joined(before.#spec.stage, stage, edge.type, gap, isShared),
        take: (start, ahead) => {
          if (edge.closed) letGoAhead(ahead);
          else this.#ahead.set(start, ahead);
        },
      },
      before.#spec,
      before.#computation,
      before.#outputs,
      before.services,
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
      const next = this.#lastTaken ? undefined : this.#nextRegion();
      if (next) {
        this.#submit(next);
        continue;
      }
      if (this.#lastTaken || await this.#takeQueued()) {
        if (this.done) return this.given > before;
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
  async #takeQueued(): Promise<boolean> {
    if (this.#inputs.every(({ buffer }) => buffer.ended)) {
      this.#lastTaken = true; // nothing ever came
      return true;
    }
    const { edge, buffer } = this.#lowest();
    const chunk = edge.take();
    const ahead = chunk && this.#ahead.get(chunk.start);
    if (ahead) await this.#takeAhead(chunk, ahead);
    else if (chunk) buffer.append(chunk);
    else if (edge.ended) buffer.ended = true;
    else return false;
    return true;
  }

  /** A chunk whose results are there, if its stretch starts where one of this stage may. */
  async #takeAhead(chunk: Chunk, ahead: Ahead): Promise<void> {
    const [{ buffer }] = this.#inputs as [Input], { start, end, coverEnd } = chunk;
    this.#ahead.delete(start);
    if (buffer.rows === 0 && end === ahead.end && this.#cutter.mayStartAt(start)) {
      ahead.release();
      for (const [plugin, text] of ahead.result.notices ?? []) {
        this.services.event({ type: "notice", plugin, text });
      }
      buffer.skip(chunk);
      this.#cutter.skip(start, end, coverEnd);
      this.#moveTo(end);
      const region = { start, end, last: false, goesOn: false, chunks: [], own: { from: 0, to: 0 } };
      const results = Promise.resolve({ results: [ahead.result], breaks: [] });
      this.#tasks.push({ region, input: start, index: this.#index++, results, settled: true });
      return;
    }
    if (!ahead.again) {
      letGoAhead(ahead);
      return buffer.append(chunk);
    }
    chunk.release();
    let table: Table;
    try {
      table = await rowsAgain(ahead);
    } catch (cause) {
      throw this.#fail(cause, start, end);
    }
    if (this.done) return table.release();
    const { runId, dataType, dataKind } = chunk;
    buffer.append(new Chunk(table, { start, end, coverEnd, runId, dataType, dataKind }));
  }

  #nextRegion(): { readonly region: Region; readonly kept: Region | undefined } | undefined {
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
      const { goesOn } = cutter;
      const region = gatherRegion(this.#inputs, this.#halo, { start, end, last, goesOn }, this.services);
      const follower = last || goesOn ? undefined : this.#handingOn?.follower;
      const kept = follower && isBetweenGaps(this.#inputs, region, follower.gap)
        ? sameRegion(region)
        : undefined;
      cutter.take(end);
      if (!this.#inOrder) this.#moveTo(end);
      return { region, kept };
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

  #submit({ region, kept }: { readonly region: Region; readonly kept: Region | undefined }): void {
    const input = inputStart(region);
    const results = this.#computation.run(
      region,
      kept && this.#handingOn!.follower.stage,
      this.#savesState(),
    );
    const task: Task = { region, input, index: this.#index++, results, settled: false, kept };
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

  /** Whether the state behind the next stretch is wanted: of each stretch where it is small, else now and then. */
  #savesState(): boolean {
    if (!this.#restarts?.takesStates || !keepsState(this.#first)) return false;
    const now = performance.now();
    if (this.#savedBytes > SMALL_STATE && now - this.#savedAt < SAVE_STATE) return false;
    this.#savedAt = now;
    return true;
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
    const { region, input, index } = task;
    try {
      const { results: all, breaks, saved } = await this.#resultsOf(task);
      const results = task.kept ? [await this.#handingOn!.handOn(task.kept, all[0]!)] : all;
      this.#restarts?.add(region.start, input, results, breaks, this.#saved);
      this.#saved = undefined;
      if (saved) this.#savedBytes = saved.bytes.length;
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
      if (!region.last) this.#restarts?.next(consumed, saved);
      this.#outputs.add(region, results, consumed < hold ? consumed : hold);
      this.#handingOn?.given();
      if (this.done) return;
      if (this.#inOrder) this.#moveTo(consumed);
      if (region.last) this.#finish();
    } catch (cause) {
      throw this.#fail(cause, region.start, region.end, index);
    }
  }

  override restartFor(plugin: string, from: bigint): Restart | undefined {
    return this.#restarts?.before(from, plugin === this.#first.name);
  }

  async #resultsOf(task: Task): Promise<StretchResults> {
    try {
      await undefined; // what was computed at once is settled by then, and needs no listener for aborts
      return await (task.settled ? task.results : abortable(task.results, this.services.signal, letGo));
    } catch (cause) {
      releaseRegion(task.kept);
      throw cause;
    }
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
    for (const { results, kept } of this.#tasks) {
      releaseRegion(kept);
      void results.then(letGo, () => {}); // the run has ended: nobody is left to be told
    }
    for (const ahead of this.#ahead.values()) letGoAhead(ahead);
    this.#ahead.clear();
    if (this.#handingOn) this.services.executor.forget(this.#handingOn.follower.stage);
    this.#tasks = [];
  }
}
