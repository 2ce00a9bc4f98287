// One run under way: its graph, and what is stored of it.

import { Chunk } from "../chunk/chunk.ts";
import { Table } from "../data/table.ts";
import { formatBytes } from "../data/units.ts";
import type { Executor, RunExecutor } from "../engine/executor.ts";
import type { Graph, Tap } from "../engine/graph.ts";
import { clock, type Ran, type TaskEvent } from "../engine/task_event.ts";
import type { RunEvent } from "../engine/node.ts";
import type { Plugin, SaveWhen } from "../plugin/plugin.ts";
import { type SaveChunk, saveChunk } from "../store/save_chunk.ts";
import {
  AlreadyStoredError,
  type ChunkTarget,
  type InputPlace,
  ResultChangedError,
  type ResultWriter,
  type Store,
  type StoredResult,
} from "../store/types.ts";
import type { Plan, PlanStep } from "./plan.ts";

/** Bytes and time of a stored chunk: an interrupted run loses so much at most, and a read of a moment opens so much. */
const CHUNK_BYTES = 2 ** 23, CHUNK_SPAN = 60n * 10n ** 12n;
/** However small the memory. */
const LEAST_BYTES = 2 ** 12;
/** Rows that wait for their chunk take so much of the memory, and keep alive at most four times their bytes. */
const WAITING = 1 / 16;

/** What decides on what is stored, and how. */
export interface SaveSettings {
  /** When results are stored, by data type, over what plugins say. */
  readonly policy: Readonly<Record<string, SaveWhen>>;
  /** Data types that were named to be stored. */
  readonly named: ReadonlySet<string>;
  /** Memory budget of the run, bytes. */
  readonly memory: number;
  /** Where stored chunks end, over what is usual. */
  readonly target: Partial<ChunkTarget>;
  /** Nothing of before is used. */
  readonly fresh: boolean;
  readonly signal: AbortSignal;
  readonly event: (event: RunEvent) => void;
}

/** One run under way: its graph, and what is stored of it. */
export class Work {
  graph!: Graph;
  done: () => void = () => {};
  readonly notices: string[] = [];
  readonly taps: Tap[] = [];
  readonly plan: Plan;
  readonly #store: Store | undefined;
  readonly executor: RunExecutor | Executor;
  readonly #task: ((event: TaskEvent) => void) | undefined;
  readonly #settings: SaveSettings;
  readonly #writers = new Map<string, ResultWriter>();
  readonly #written = new Set<string>();
  /** Where results are gone on with. */
  readonly resumed = new Map<string, bigint>();
  /** Results that are read: nobody removes them before the run ends. */
  readonly #held: Disposable[] = [];
  #finished = false;

  constructor(
    plan: Plan,
    store: Store | undefined,
    executor: RunExecutor | Executor,
    task: ((event: TaskEvent) => void) | undefined,
    settings: SaveSettings,
  ) {
    this.plan = plan;
    this.#store = store;
    this.executor = executor;
    this.#task = task;
    this.#settings = settings;
  }

  notice(plugin: string, text: string): void {
    const line = `${plugin}: ${text}`;
    if (!this.notices.includes(line)) this.notices.push(line);
  }

  /** Data types that are to be stored and are not yet, in the order in which writers lock them. */
  #missing(): { readonly step: PlanStep; readonly dataType: string }[] {
    const missing = this.plan.steps.flatMap((step) =>
      step.stored
        ? []
        : step.plugin.provides.flatMap((dataType) =>
          step.results[dataType] || !this.#saved(step.plugin, dataType) ? [] : [{ step, dataType }]
        )
    );
    return missing.sort((a, b) => a.dataType < b.dataType ? -1 : 1);
  }

  #saved(plugin: Plugin, dataType: string): boolean {
    const { policy, named } = this.#settings;
    const when = policy[dataType] ?? plugin.saveWhen;
    if (when === "never" || when === "always") return when === "always";
    return named.has(dataType) || (when === "target" && this.plan.targets.includes(dataType));
  }

  /**
   * Lock what is to be stored, waiting for whoever has it, and look how far it is.
   *
   * @returns False when something was completed or removed by somebody else meanwhile: the plan is out of date, nothing is
   * locked.
   */
  async open(): Promise<boolean> {
    if (!await this.#hold()) return false;
    const store = this.#store;
    if (!store || store.readOnly) return true;
    const { runId } = this.plan;
    const { memory, fresh, signal, event } = this.#settings;
    const save = this.#save();
    const aside = this.executor.saveChunk !== undefined;
    const missing = this.#missing();
    const { bytes: asked, spanPs = CHUNK_SPAN } = this.#settings.target;
    if (asked !== undefined && asked * missing.length > memory / 4) {
      throw new RangeError(
        `Cannot store ${missing.length} data types in chunks of ${formatBytes(asked)} with ${
          formatBytes(memory)
        } of memory: ` +
          `the rows of a chunk wait there; allow ${
            formatBytes(4 * asked * missing.length)
          } or make chunks smaller`,
      );
    }
    const bytes = asked ??
      Math.max(LEAST_BYTES, Math.min(CHUNK_BYTES, Math.floor(memory * WAITING / missing.length)));
    try {
      for (const { step, dataType } of missing) {
        const meta = {
          schema: step.schemas[dataType]!,
          dataKind: step.dataKinds[dataType] ?? dataType,
          lineage: step.lineages[dataType]!,
          lineageHash: step.hashes[dataType]!,
        };
        const writer = await store.writer({ runId, dataType }, meta, {
          save,
          target: { bytes, spanPs },
          pool: aside ? this.executor.memory?.pool : undefined,
          resume: true,
          fresh,
          wait: signal,
          onWait: (owner) => event({ type: "waiting", dataType, owner }),
          restartsAt: (end) => this.graph.restartsAt(dataType, end),
          placesAt: (end) => this.graph.placesAt(dataType, end),
        });
        this.#writers.set(dataType, writer);
        const from = writer.resumesAt;
        if (from !== undefined) {
          this.resumed.set(dataType, from);
          event({ type: "resumed", dataType, from, rows: rowsOf(writer) });
        }
        this.taps.push({
          dataType,
          take: (chunk) => this.#take(dataType, writer, chunk),
          aside,
          from,
          restart: from === undefined ? undefined : (plugin) => writer.restarts[plugin],
        });
      }
      return true;
    } catch (error) {
      await this.#closeWriters();
      if (error instanceof AlreadyStoredError) return false;
      throw error;
    }
  }

  /** The last place in a source's input at or before a time that is kept with results that are gone on with. */
  placeBefore(source: string, time: bigint): InputPlace | undefined {
    let last: InputPlace | undefined;
    for (const writer of this.#writers.values()) {
      const place = writer.placeBefore(source, time);
      if (place && (!last || place.at > last.at)) last = place;
    }
    return last;
  }

  /** Keep what is read from being removed; false when it is gone. */
  async #hold(): Promise<boolean> {
    for (const { stored, results } of this.plan.steps) {
      if (!stored) continue;
      for (const result of Object.values(results)) {
        try {
          const held = await result.hold?.();
          if (held) this.#held.push(held);
        } catch (error) {
          if (error instanceof ResultChangedError) return false;
          throw error;
        }
      }
    }
    return true;
  }

  async #take(dataType: string, writer: ResultWriter, chunk: Chunk): Promise<void> {
    const isFirst = !this.#written.has(dataType), from = writer.resumesAt;
    this.#written.add(dataType);
    if (isFirst && from !== undefined && chunk.start > from) {
      // A source that was asked for later rows alone may begin with the first of them.
      const { runId, dataKind, table } = chunk;
      using nothing = new Chunk(table.slice(0, 0), {
        start: from,
        end: chunk.start,
        runId,
        dataType,
        dataKind,
      });
      await writer.write(nothing);
    }
    await writer.write(chunk);
  }

  /** What writes the files of chunks, and tells of it if anybody listens. */
  #save(): SaveChunk | undefined {
    const executor = this.executor, task = this.#task;
    if (!task) return executor.saveChunk?.bind(executor);
    return async (chunk, request) => {
      const submitted = clock();
      let ran: Ran | undefined;
      const saved = executor.saveChunk
        ? await executor.saveChunk(chunk, request, (told) => ran = told)
        : await saveChunk(chunk, request);
      const { worker, began, ended } = ran ?? { worker: "main", began: submitted, ended: clock() };
      const { info: { start, end, dataType }, length: rows } = chunk;
      const plugins = [dataType];
      const { bytes } = saved;
      const times = { submitted, began, ended };
      task({
        type: "task",
        task: "write",
        plugins,
        busy: undefined,
        worker,
        ...times,
        start,
        end,
        rows,
        bytes,
      });
      return saved;
    };
  }

  /** Everything was read: make the results readable. */
  async finish(): Promise<Map<string, StoredResult>> {
    await this.graph.finish();
    const stored = new Map<string, StoredResult>();
    for (const step of this.plan.steps) {
      for (const [dataType, result] of Object.entries(step.results)) stored.set(dataType, result);
    }
    // At the same time: each waits for the disk several times. All have ended when one fails.
    const ended = await Promise.allSettled(
      Array.from(this.#writers, async ([dataType, writer]) => {
        if (!this.#written.has(dataType) && writer.resumesAt === undefined) {
          await this.#writeNothing(dataType, writer);
        }
        return [dataType, await writer.finish({ notices: this.notices })] as const;
      }),
    );
    const failures = ended.flatMap((one) => one.status === "rejected" ? [one.reason as unknown] : []);
    if (failures.length > 0) {
      const [first] = failures;
      throw failures.length === 1
        ? first
        : new AggregateError(failures, first instanceof Error ? first.message : String(first));
    }
    for (const one of ended) if (one.status === "fulfilled") stored.set(...one.value);
    this.#finished = true;
    return stored;
  }

  /** A run without any input has no extent; that it has no rows is a result all the same. */
  async #writeNothing(dataType: string, writer: ResultWriter): Promise<void> {
    const step = this.plan.step(dataType);
    const { runId } = this.plan;
    const dataKind = step.dataKinds[dataType] ?? dataType;
    const table = Table.empty(step.schemas[dataType]!);
    using nothing = new Chunk(table, { start: 0n, end: 1n, runId, dataType, dataKind });
    await writer.write(nothing);
  }

  async #closeWriters(): Promise<void> {
    const problems: unknown[] = [];
    for (const writer of this.#writers.values()) {
      try {
        await writer.close({ keepRest: this.#settings.signal.aborted });
      } catch (problem) {
        problems.push(problem);
      }
    }
    if (problems.length > 0) {
      throw problems.length === 1 ? problems[0] : new AggregateError(problems, String(problems[0]));
    }
  }

  /** Tell what is kept of a run that did not come to its end. */
  #tellKept(): void {
    for (const [dataType, writer] of this.#writers) {
      if (writer.replaces) this.#tell({ type: "unchanged", dataType });
      const last = writer.kept.at(-1);
      if (!last) continue;
      this.#tell({ type: "kept", dataType, until: last.end, rows: rowsOf(writer) });
    }
  }

  /** Tell of a run that has ended. */
  #tell(event: RunEvent): void {
    try {
      this.#settings.event(event);
    } catch (problem) {
      this.notice("telling what is kept", problem instanceof Error ? problem.message : String(problem));
    }
  }

  /**
   * End the run; of what is not finished, complete chunks are kept for the next run.
   *
   * @param failure What the run failed with, if it did: it is what the caller is told, and a failure to clean up is noted.
   * @throws {PipelineError} When a source fails to clean up after a run that did not fail.
   */
  async close(failure?: unknown): Promise<void> {
    this.done();
    try {
      await this.graph?.close();
    } catch (problem) {
      if (failure === undefined) throw problem;
      this.notice("cleaning up", problem instanceof Error ? problem.message : String(problem));
    } finally {
      for (const held of this.#held.splice(0)) held[Symbol.dispose]();
      await this.#end(failure);
    }
  }

  async #end(failure: unknown): Promise<void> {
    try {
      await this.#closeWriters();
    } catch (problem) {
      if (failure === undefined) throw problem;
      const text = problem instanceof Error ? problem.message : String(problem);
      this.#tell({ type: "notice", plugin: "keeping results", text });
    } finally {
      if (!this.#finished) this.#tellKept();
      if (Symbol.asyncDispose in this.executor) await this.executor[Symbol.asyncDispose]();
    }
  }
}

const rowsOf = ({ kept }: ResultWriter): number => kept.reduce((sum, { rows }) => sum + rows, 0);
