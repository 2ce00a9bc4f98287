/**
 * Runs in workers: computes stages, reads sources, reads and writes chunk files through pools.
 *
 * Failure contract: a plugin that throws rejects with a `StepError` whose cause has its message and stack. A worker that dies
 * is replaced; stateless work is done once more elsewhere, a stage with state fails, naming how the worker ended. After the run is
 * aborted nothing new starts; what a thread has in hand is finished and thrown away, a process is ended.
 * @module
 */
import { type BufferHandle, type BufferPool, type Memory, SharedAccount } from "@millrace/core/buffers";
import type { Chunk } from "@millrace/core/chunk";
import { InlineExecutor, type RunExecutor, type SubmitOptions } from "@millrace/core/executor";
import { tableOf, type TableParts } from "@millrace/core/handoff";
import { acquireRegion } from "@millrace/core/kernel-memory";
import type { ExecutorType, Plugin, SourceContext, SourcePiece } from "@millrace/core/plugin";
import type { LoadedChunk, LoadRequest } from "@millrace/core/load-chunk";
import { type ChunkRows, type SavedChunk, type SaveRequest, saveThenSync } from "@millrace/core/save-chunk";
import { type Interval, type Stage, type StageResult, type StageStep, StepError } from "@millrace/core/stage";
import type { Ran } from "@millrace/core/task-event";
import { TaskTimeoutError, WorkerLostError } from "../task/errors.ts";
import type { TaskFunction, TaskOptions } from "../task/task.ts";
import { trySubmit } from "../pool/_try_submit.ts";
import type { WorkerPool } from "../pool/worker_pool.ts";
import { clearSlot, handOver, isBudgetError, newCounts, SLOTS } from "./_budget.ts";
import { abandon, adopt, Lent, Outbound } from "./_forms.ts";
import { specOf } from "./_plugins.ts";
import { type Spare, spareFor, StageState } from "./_stage_state.ts";
import { Admission } from "./admission.ts";
import type {
  LoadReply,
  LoadTask,
  RanForm,
  ReadReply,
  ReadTask,
  SaveReply,
  SaveTask,
  SourceSpec,
  StageReply,
  StageTask,
} from "./messages.ts";

/** What a run is computed with. */
export interface StageExecutorOptions {
  /** Name of the run. */
  readonly runId: string;
  /** Memory budget, bytes. */
  readonly memory: number;
  /** Where each plugin is computed. */
  readonly placeOf: (plugin: Plugin) => ExecutorType;
  /** Pools by kind, as far as plugins are placed there. */
  readonly pools: Readonly<Partial<Record<ExecutorType, WorkerPool>>>;
  /** Workers of all pools. */
  readonly workers: number;
  /** Where buffers come from: shared ones, where there are threads. Kept by the caller, so that runs use them again. */
  readonly buffers: BufferPool;
  /** Modules that threads load ahead of their first task. */
  readonly ahead: readonly string[];
  /** Called when the run has ended. */
  readonly done: () => Promise<void>;
}

const WORKER = new URL("./stage_worker.ts", import.meta.url).href;
const CALLS = {
  run: { module: WORKER, export: "runStage" },
  forget: { module: WORKER, export: "forgetStage" },
  read: { module: WORKER, export: "readPiece" },
  close: { module: WORKER, export: "closeSource" },
  loadChunk: { module: WORKER, export: "loadChunk" },
  save: { module: WORKER, export: "saveChunk" },
  load: { module: WORKER, export: "loadModules" },
} as const satisfies Record<string, TaskFunction>;

/**
 * Pieces of sources and what is written go before what is computed: the others wait for them. Stored chunks are read ahead, so they are
 * for workers that have nothing to compute: what is computed asks for the next ones.
 */
const READ_PRIORITY = 2, SAVE_PRIORITY = 1, STORED_PRIORITY = -1;
/** Loading goes first; so many threads are started ahead of their first task. */
const LOAD_PRIORITY = 3, MOST_WARM = 8;

let runs = 0;

/** Computes the stages of one run in workers. */
export class StageExecutor implements RunExecutor {
  /** Name. */
  readonly name: string;
  /** How many tasks of a stage are worth submitting at once: one in hand and one waiting for each worker. */
  readonly concurrency: number;
  /** Shared with the workers, where those are threads. */
  readonly memory: Memory;
  /** Reads chunk files in threads. */
  readonly loadChunk?: NonNullable<RunExecutor["loadChunk"]>;
  /** Writes chunk files in threads. */
  readonly saveChunk?: NonNullable<RunExecutor["saveChunk"]>;
  readonly #options: StageExecutorOptions;
  readonly #counts = newCounts();
  readonly #slots = Array.from({ length: SLOTS }, (_, k) => SLOTS - 1 - k);
  readonly #inline = new InlineExecutor();
  readonly #admission: Admission;
  readonly #kinds = new Map<WorkerPool, string>();
  readonly #stages = new Map<Stage, StageState>();
  readonly #affine = new Map<string, { readonly pool: WorkerPool; readonly slot: number }>();
  readonly #run = ++runs;
  #closing: Promise<unknown>[] = [];

  /** An executor for one run. */
  constructor(options: StageExecutorOptions) {
    this.#options = options;
    const kinds = Object.keys(options.pools);
    this.name = kinds.join(", ") || "inline";
    this.concurrency = Math.max(1, Math.min(2 * options.workers, SLOTS / 4));
    const { thread } = options.pools;
    this.memory = {
      pool: options.buffers,
      account: new SharedAccount(options.memory, this.#counts),
    };
    // Shared buffers that are let go of stay until all threads have collected: rather keep and use them again.
    options.buffers.keepIdle(options.memory / 2);
    this.#admission = new Admission(options.memory);
    if (thread) {
      this.saveChunk = (rows, request, ran) =>
        saveThenSync((request) => this.#save(thread, rows, request, ran), request);
      this.loadChunk = (request, signal, ran) => this.#load(thread, request, signal, ran);
    }
    for (const [kind, pool] of Object.entries(options.pools)) this.#kinds.set(pool, kind);
    if (thread && options.ahead.length > 0) this.#warm(thread, options.ahead);
  }

  /** Start threads and load modules while the first rows are read. */
  #warm(pool: WorkerPool, modules: readonly string[]): void {
    for (let k = 0; k < Math.min(pool.max, MOST_WARM); k++) {
      const key = `${this.#run}/load ${k}`;
      const loaded = this.#call(pool, CALLS.load, modules, {
        affinity: key,
        priority: LOAD_PRIORITY,
        batch: false,
      });
      // A worker that was lost meanwhile is missed by whoever needs it.
      this.#closing.push(loaded.catch(() => {}).finally(() => pool.release(key)));
    }
  }

  /** Compute one stretch. */
  submit(
    stage: Stage,
    inputs: Readonly<Record<string, Chunk>>,
    interval: Interval,
    options: SubmitOptions,
  ): StageResult | Promise<StageResult> {
    const place = this.#options.placeOf(stage.steps[0]!.plugin);
    if (place === "inline") return this.#inline.submit(stage, inputs, interval, options);
    return this.#compute(stage, place, inputs, interval, options);
  }

  #poolOf(place: ExecutorType): WorkerPool {
    const pool = this.#options.pools[place];
    if (!pool) throw new Error(`Cannot compute in a ${place}: the run was opened without such workers`);
    return pool;
  }

  #stateOf(stage: Stage): StageState {
    let state = this.#stages.get(stage);
    if (!state) {
      const key = `${this.#run}/${this.#stages.size}/${stage.id}`;
      this.#stages.set(stage, state = new StageState(key, this.#options.runId, stage, this.memory.pool));
    }
    return state;
  }

  async #compute(
    stage: Stage,
    place: ExecutorType,
    inputs: Readonly<Record<string, Chunk>>,
    interval: Interval,
    options: SubmitOptions,
  ): Promise<StageResult> {
    const state = this.#stateOf(stage);
    const { signal, affinity, bytes } = options;
    const attempt = async (needed: number): Promise<StageResult> => {
      const leave = await this.#admission.enter(needed, signal);
      try {
        return await this.#attempt(stage, state, place, inputs, interval, options);
      } finally {
        leave();
      }
    };
    try {
      return await attempt(state.guess(bytes));
    } catch (error) {
      // With the whole budget it may fit; state was changed by the first try.
      if (affinity !== undefined || !isBudgetError(error)) throw error;
      return await attempt(Infinity);
    }
  }

  async #attempt(
    stage: Stage,
    state: StageState,
    place: ExecutorType,
    inputs: Readonly<Record<string, Chunk>>,
    interval: Interval,
    { signal, affinity, bytes, environment, ran }: SubmitOptions,
  ): Promise<StageResult> {
    const pool = this.#poolOf(place), shared = place === "thread";
    const out = new Outbound(shared, this.memory);
    const slot = affinity === undefined ? this.#takeSlot() : this.#affineSlot(state.key, pool);
    const lent = new Lent();
    if (shared && affinity === undefined) this.#lend(state, bytes, lent);
    try {
      const chunks = [...new Set(Object.values(inputs))];
      const task: StageTask = {
        key: state.key,
        spec: state.spec,
        chunks: chunks.map((chunk) => out.chunk(chunk)),
        inputs: Object.entries(inputs).map(([type, chunk]) => [type, chunks.indexOf(chunk)]),
        interval,
        buffers: out.forms,
        spare: shared ? state.spare.take(bytes) : [],
        places: lent.forms,
        budget: this.#budget(shared, slot),
      };
      const timeout = timeoutOf(stage);
      const reply = await this.#call<StageReply>(pool, CALLS.run, task, {
        signal,
        bytes,
        batch: false,
        ...(affinity === undefined ? { retries: 1 } : { affinity: state.key }),
        ...(timeout === undefined ? {} : { timeout }),
      }, (runsOn) => runsOn && lent.abandon());
      ran?.(this.#ran(pool, reply.ran));
      return this.#result(reply, state, bytes, slot, { out, lent }, environment);
    } catch (error) {
      throw stepError(stage, error);
    } finally {
      out.release();
      lent.release();
      if (affinity === undefined) this.#giveSlot(slot);
    }
  }

  /** Parts of the kernels' memory for outputs, as far as there is room. */
  #lend(state: StageState, bytes: number, lent: Lent): void {
    const { account } = this.memory;
    for (const [type, size] of state.placesFor(bytes)) {
      const room = account.used + size <= account.limit / 2;
      const handle = room ? acquireRegion(size, account.limit / 4, account) : undefined;
      if (handle) lent.add(type, handle);
    }
  }

  #result(
    reply: StageReply,
    state: StageState,
    bytes: number,
    slot: number,
    { out, lent }: { readonly out: Outbound; readonly lent: Lent },
    environment: SubmitOptions["environment"],
  ): StageResult {
    state.needed(bytes, reply.peak + lent.bytes);
    const buffers = reply.buffers.filter((form) => !Array.isArray(form)) as ArrayBufferLike[];
    state.spare.seen(bytes, buffers);
    state.placed(bytes, reply.wanted);
    this.#handedOver(buffers, slot);
    const tables = adopt(reply.outputs.map(([, form]) => form), reply.buffers, out, this.memory, lent);
    for (const [plugin, text] of reply.notices) environment.notice(plugin, text);
    const { consumedUntil, hold, state: after, ahead, busy, passed, held: notices } = reply;
    const outputs = Object.fromEntries(reply.outputs.map(([type], k) => [type, tables[k]!]));
    return { outputs, consumedUntil, hold, state: after, ahead, busy, passed, notices };
  }

  /**
   * A call whose input nobody touches any more when it settles, apart from a thread that was given up (`failed` is told of it). It waits where the pool's queue is full: what a run has under
   * way is bounded by its memory, which may be more than a queue takes.
   */
  async #call<T>(
    pool: WorkerPool,
    fn: TaskFunction,
    input: unknown,
    options: TaskOptions,
    failed?: (runsOn: boolean) => void,
  ): Promise<T> {
    let task = trySubmit<T>(pool, fn, input, options);
    while (task === undefined) {
      await pool.ready();
      task = trySubmit<T>(pool, fn, input, options);
    }
    try {
      return await task.result;
    } catch (error) {
      await task.ended;
      failed?.(task.runsOn);
      throw error;
    }
  }

  /** Read a source in a thread, where it is placed there. */
  readSource(
    step: StageStep,
    context: SourceContext,
    ran?: (ran: Ran) => void,
  ): AsyncIterable<SourcePiece> | undefined {
    if (this.#options.placeOf(step.plugin) !== "thread") return undefined;
    return this.#pieces(step, this.#poolOf("thread"), context, ran);
  }

  /** The pieces of a source: several may be asked for at once, and are read one after the other. */
  #pieces(
    step: StageStep,
    pool: WorkerPool,
    context: SourceContext,
    ran: ((ran: Ran) => void) | undefined,
  ): AsyncIterable<SourcePiece> {
    const key = `${this.#run}/${step.plugin.name}`;
    const { maxRows, maxBytes, timeRange, resume, signal, notice, progress } = context;
    const spec = JSON.stringify(
      {
        runId: context.runId,
        step: specOf(step),
        maxRows,
        maxBytes,
        timeRange: [String(timeRange[0]), String(timeRange[1])],
        resume: resume && { at: String(resume.at), cursor: resume.cursor },
      } satisfies SourceSpec,
    );
    const slot = this.#affineSlot(key, pool);
    const spare = spareFor(step.plugin.name, this.memory.pool);
    let closed: Promise<void> | undefined;
    const close = () => closed ??= this.#closeSource(pool, key);
    const read = async (): Promise<SourcePiece | undefined> => {
      const task: ReadTask = {
        key,
        spec,
        spare: spare.take(maxBytes),
        budget: this.#budget(true, slot),
      };
      const options = { affinity: key, priority: READ_PRIORITY, batch: false, signal, bytes: 0 };
      const reply = await this.#call<ReadReply>(pool, CALLS.read, task, options);
      for (const text of reply.notices) notice(text);
      if (reply.progress) progress(...reply.progress);
      ran?.(this.#ran(pool, reply.ran));
      if (!reply.piece) return undefined;
      const { table, end, start, cursor } = reply.piece;
      spare.seen(maxBytes, reply.buffers);
      this.#handedOver(reply.buffers, slot);
      const [adopted] = adopt([table], reply.buffers, { buffers: [], tables: [] }, this.memory);
      return {
        table: adopted!,
        end,
        ...(start === undefined ? {} : { start }),
        ...(cursor === undefined ? {} : { cursor }),
      };
    };
    const next = async (): Promise<IteratorResult<SourcePiece>> => {
      if (closed) return { done: true, value: undefined };
      try {
        const value = await read();
        if (value) return { done: false, value };
      } catch (error) {
        await close();
        throw unwrapped(error);
      }
      await close();
      return { done: true, value: undefined };
    };
    const end = async (): Promise<IteratorResult<SourcePiece>> => {
      await close();
      return { done: true, value: undefined };
    };
    return { [Symbol.asyncIterator]: () => ({ next, return: end }) };
  }

  async #closeSource(pool: WorkerPool, key: string): Promise<void> {
    try {
      await this.#call(pool, CALLS.close, key, { affinity: key, priority: READ_PRIORITY, batch: false });
    } catch (error) {
      if (!(error instanceof WorkerLostError)) throw unwrapped(error);
    } finally {
      this.#release(key);
    }
  }

  async #load(
    pool: WorkerPool,
    request: LoadRequest,
    signal: AbortSignal,
    told: ((ran: Ran) => void) | undefined,
  ): Promise<LoadedChunk> {
    const spare = spareFor(request.schema, this.memory.pool);
    const slot = this.#takeSlot();
    const { bytes } = request;
    const place = request.isInside ? this.#placeFor(spare, bytes) : undefined;
    let isFree = place !== undefined;
    try {
      const task: LoadTask = {
        request,
        place: place && [place.byteOffset, place.byteLength],
        spare: place ? [] : spare.take(bytes),
        budget: this.#budget(true, slot),
      };
      const options = { priority: STORED_PRIORITY, batch: false, retries: 1, signal, bytes };
      const { ran, table, buffers, isPlaced, cover, state } = await this.#call<LoadReply>(
        pool,
        CALLS.loadChunk,
        task,
        options,
        (runsOn) => {
          if (!runsOn || !place) return;
          abandon(place);
          isFree = false;
        },
      );
      told?.(this.#ran(pool, ran));
      if (isPlaced) {
        isFree = false;
        const parts = table as TableParts;
        return {
          table: tableOf(parts, [place!.buffer], () => ({ handle: place!, charged: true })),
          cover,
          state,
        };
      }
      spare.seen(bytes, buffers);
      this.#handedOver(buffers, slot);
      const [adopted] = adopt([table], buffers, { buffers: [], tables: [] }, this.memory);
      return { table: adopted!, cover, state };
    } finally {
      if (isFree) place!.release(true);
      this.#giveSlot(slot);
    }
  }

  /** A part of the kernels' memory for what is made of so many bytes; undefined where that is not known, or there is no room. */
  #placeFor(spare: Spare, bytes: number): BufferHandle | undefined {
    const [size, ...others] = spare.sizes(bytes);
    const { account } = this.memory;
    if (size === undefined || others.length > 0 || account.used + size > account.limit) return undefined;
    return acquireRegion(size, account.limit / 4, account);
  }

  async #save(
    pool: WorkerPool,
    rows: ChunkRows,
    request: SaveRequest,
    told: ((ran: Ran) => void) | undefined,
  ): Promise<SavedChunk> {
    const out = new Outbound(true, this.memory);
    try {
      const tables = rows.tables.map((table) => out.table(table));
      const task: SaveTask = { tables, info: rows.info, buffers: out.forms, request };
      const options = { priority: SAVE_PRIORITY, batch: false, retries: 1, bytes: rows.nbytes };
      const { ran, saved } = await this.#call<SaveReply>(pool, CALLS.save, task, options);
      told?.(this.#ran(pool, ran));
      return saved;
    } finally {
      out.release();
    }
  }

  #ran(pool: WorkerPool, [worker, began, ended]: RanForm): Ran {
    return { worker: `${this.#kinds.get(pool)!} ${worker}`, began, ended };
  }

  #budget(shared: boolean, slot: number): StageTask["budget"] {
    const { account } = this.memory;
    const idle = account.limit / 4 / this.#options.workers;
    if (shared) return { limit: account.limit, counts: this.#counts, slot, idle };
    return { limit: Math.max(account.limit - account.used, 1), counts: undefined, slot, idle };
  }

  #handedOver(buffers: readonly ArrayBufferLike[], slot: number): void {
    handOver(this.#counts, slot, buffers.reduce((sum, { byteLength }) => sum + byteLength, 0));
  }

  #takeSlot(): number {
    const slot = this.#slots.pop();
    if (slot === undefined) throw new Error(`Cannot have more than ${SLOTS} tasks of a run under way`);
    return slot;
  }

  #giveSlot(slot: number): void {
    const lost = clearSlot(this.#counts, slot);
    if (lost > 0) this.memory.account.refund(lost);
    this.#slots.push(slot);
  }

  #affineSlot(key: string, pool: WorkerPool): number {
    let known = this.#affine.get(key);
    if (!known) this.#affine.set(key, known = { pool, slot: this.#takeSlot() });
    return known.slot;
  }

  #release(key: string): void {
    const known = this.#affine.get(key);
    if (!known) return;
    this.#affine.delete(key);
    known.pool.release(key);
    this.#giveSlot(known.slot);
  }

  /** Forget a stage's state. */
  forget(stage: Stage): void {
    this.#inline.forget(stage);
    const state = this.#stages.get(stage);
    const known = state && this.#affine.get(state.key);
    if (!state || !known) return;
    this.#stages.delete(stage);
    const { key } = state;
    const forgotten = this.#call(known.pool, CALLS.forget, key, { affinity: key, batch: false });
    // A worker that is gone has forgotten it already.
    this.#closing.push(forgotten.catch(() => {}).finally(() => this.#release(key)));
  }

  /** The run has ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#closing.splice(0));
    await this.#options.done();
  }
}

/** Longest time that a stretch may take, where a plugin says so. */
function timeoutOf({ steps }: Stage): number | undefined {
  return steps[0]!.plugin.running.timeout;
}

/** What a task failed with, as what its plugin failed with. */
function stepError(stage: Stage, error: unknown): unknown {
  const first = stage.steps[0]!.plugin;
  if (error instanceof TaskTimeoutError) {
    const told = new Error(`It ran longer than its timeout of ${error.timeout} ms`, { cause: error });
    return new StepError(first, told);
  }
  if (error instanceof WorkerLostError) {
    return new StepError(
      stage.steps[error.reached ?? 0]!.plugin,
      new Error(`Its worker was lost while it computed ${stage.id}: ${error.message}`, { cause: error }),
    );
  }
  if (error instanceof Error && error.name === "PluginFailure") {
    const failed = stage.steps.find(({ plugin }) => plugin.name === error.message)?.plugin ?? first;
    return new StepError(failed, error.cause);
  }
  return error;
}

function unwrapped(error: unknown): unknown {
  return error instanceof Error && error.name === "PluginFailure" ? error.cause : error;
}
