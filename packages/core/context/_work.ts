// One run under way: its graph, and what is stored of it.

import { Chunk } from "../chunk/chunk.ts";
import { Table } from "../data/table.ts";
import type { Executor, RunExecutor } from "../engine/executor.ts";
import type { Graph, Tap } from "../engine/graph.ts";
import { clock, type Ran, type TaskEvent } from "../engine/task_event.ts";
import type { Plugin } from "../plugin/plugin.ts";
import { type SaveChunk, saveChunk } from "../store/save_chunk.ts";
import type { ResultWriter, Store, StoredResult } from "../store/types.ts";
import type { Plan } from "./plan.ts";

/** One run under way: its graph, and what is stored of it. */
export class Work {
  graph!: Graph;
  done: () => void = () => {};
  readonly notices: string[] = [];
  readonly taps: Tap[] = [];
  readonly #plan: Plan;
  readonly #store: Store | undefined;
  readonly #executor: RunExecutor | Executor;
  readonly #task: ((event: TaskEvent) => void) | undefined;
  readonly #writers = new Map<string, ResultWriter>();
  readonly #written = new Set<string>();

  constructor(
    plan: Plan,
    store: Store | undefined,
    executor: RunExecutor | Executor,
    task: ((event: TaskEvent) => void) | undefined,
  ) {
    this.#plan = plan;
    this.#store = store;
    this.#executor = executor;
    this.#task = task;
  }

  notice(plugin: string, text: string): void {
    const line = `${plugin}: ${text}`;
    if (!this.notices.includes(line)) this.notices.push(line);
  }

  async open(): Promise<void> {
    if (!this.#store) return;
    const { runId, targets } = this.#plan;
    const save = this.#save();
    const aside = this.#executor.saveChunk !== undefined;
    try {
      for (const step of this.#plan.steps) {
        if (step.stored) continue;
        for (const dataType of step.plugin.provides) {
          if (!saved(step.plugin, targets.includes(dataType))) continue;
          const writer = await this.#store.writer({ runId, dataType }, {
            schema: step.schemas[dataType]!,
            dataKind: step.dataKinds[dataType] ?? dataType,
            lineage: step.lineages[dataType]!,
            lineageHash: step.hashes[dataType]!,
          }, { save });
          this.#writers.set(dataType, writer);
          this.taps.push({
            dataType,
            take: async (chunk) => {
              this.#written.add(dataType);
              await writer.write(chunk);
            },
            aside,
          });
        }
      }
    } catch (error) {
      await this.#abort();
      throw error;
    }
  }

  /** What writes the files of chunks, and tells of it if anybody listens. */
  #save(): SaveChunk | undefined {
    const executor = this.#executor, task = this.#task;
    if (!task) return executor.saveChunk?.bind(executor);
    return async (chunk, request) => {
      const submitted = clock();
      let ran: Ran | undefined;
      const saved = executor.saveChunk
        ? await executor.saveChunk(chunk, request, (told) => ran = told)
        : await saveChunk(chunk, request);
      const { worker, began, ended } = ran ?? { worker: "main", began: submitted, ended: clock() };
      const { start, end, length: rows } = chunk;
      const plugins = [chunk.dataType];
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
    for (const step of this.#plan.steps) if (step.stored) stored.set(step.plugin.name, step.stored);
    for (const [dataType, writer] of this.#writers) {
      if (!this.#written.has(dataType)) await this.#writeNothing(dataType, writer);
      stored.set(dataType, await writer.finish({ notices: this.notices }));
    }
    return stored;
  }

  /** A run without any input has no extent; that it has no rows is a result all the same. */
  async #writeNothing(dataType: string, writer: ResultWriter): Promise<void> {
    const step = this.#plan.step(dataType);
    const { runId } = this.#plan;
    const dataKind = step.dataKinds[dataType] ?? dataType;
    const table = Table.empty(step.schemas[dataType]!);
    using nothing = new Chunk(table, { start: 0n, end: 1n, runId, dataType, dataKind });
    await writer.write(nothing);
  }

  async #abort(): Promise<void> {
    for (const writer of this.#writers.values()) await writer.abort();
  }

  /**
   * End the run; what is not finished is not stored.
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
      await this.#abort();
      if (Symbol.asyncDispose in this.#executor) await this.#executor[Symbol.asyncDispose]();
    }
  }
}

function saved(plugin: Plugin, isTarget: boolean): boolean {
  return plugin.saveWhen === "always" || (isTarget && plugin.saveWhen !== "never");
}
