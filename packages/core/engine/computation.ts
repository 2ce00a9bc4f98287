// Computes the stretches of one stage, a stateful plugin's segment by segment.

import { Chunk, NO_COVER, rowAt } from "../chunk/chunk.ts";
import { findBreaks } from "./breaks.ts";
import { END } from "./input_buffer.ts";
import type { GraphServices } from "./node.ts";
import type { Region } from "./region.ts";
import type { Interval, Stage, StageEnvironment, StageResult } from "./stage.ts";
import type { SavedState } from "../store/types.ts";
import { clock, type Ran, sizeOf } from "./task_event.ts";
import { stretchText, timeText } from "./_time_text.ts";

/** What is computed, and how. */
export interface ComputationSpec {
  readonly stage: Stage;
  /** Data types that each input is known by. */
  readonly inputTypes: readonly (readonly string[])[];
  /** Stretches come in order, where the stage's state is. */
  readonly inOrder: boolean;
  /** Longer stretches without rows reset state; undefined: never. */
  readonly breakThreshold: number | undefined;
  /** State to begin with. */
  readonly saved?: SavedState | undefined;
}

/** A break inside a stretch: where the next segment starts, and how many results there are of what was before. */
export interface Break {
  readonly at: bigint;
  readonly results: number;
}

/** What a stretch gave, segment by segment. */
export interface StretchResults {
  readonly results: StageResult[];
  readonly breaks: readonly Break[];
  /** State behind it, if that was asked for and it does not start anew there. */
  readonly saved?: SavedState | undefined;
}

/** Computes a stage's stretches; of a plugin with state, they must come in order and one after the other. */
export class Computation {
  readonly #spec: ComputationSpec;
  readonly #services: GraphServices;
  readonly #environment: StageEnvironment;
  /** Milliseconds between submit and begin, of all stretches so far. */
  waitMs = 0;
  /** Stretches under way. */
  running = 0;
  /** Highest endtime of the rows that breaks are looked for in. */
  #cover: bigint;
  /** State of an earlier run, until the first stretch has it. */
  #state: Uint8Array | undefined;

  constructor(spec: ComputationSpec, services: GraphServices) {
    this.#spec = spec;
    this.#services = services;
    this.#cover = spec.saved?.cover ?? NO_COVER;
    this.#state = spec.saved?.bytes;
    const { runId, pool, account, event } = services;
    this.#environment = {
      runId,
      pool,
      account,
      kernelMemory: account.limit / 4,
      notice: (plugin, text) => event({ type: "notice", plugin, text }),
    };
  }

  /**
   * Compute a stretch; its chunks are released when that is done, however long that takes after the run has ended.
   *
   * @param checkpoint The state behind it is wanted, of a plugin with state.
   */
  async run(
    region: Region,
    stage: Stage = this.#spec.stage,
    checkpoint = false,
  ): Promise<StretchResults> {
    const { start, end, last, own, chunks } = region;
    this.running++;
    try {
      if (stage.steps[0]!.plugin.stateful) return await this.#segments(region, checkpoint);
      const result = this.#submit(chunks, { start, end, own, last, call: "compute" }, stage);
      return { results: [result instanceof Promise ? await result : result], breaks: [] };
    } finally {
      this.running--;
      for (const chunk of chunks) chunk.release();
    }
  }

  #submit(
    chunks: readonly Chunk[],
    interval: Interval,
    stage: Stage = this.#spec.stage,
  ): StageResult | Promise<StageResult> {
    const { executor, signal, runId, task } = this.#services;
    const { inputTypes, inOrder } = this.#spec;
    signal.throwIfAborted();
    const inputs: Record<string, Chunk> = {};
    let bytes = 0;
    chunks.forEach((chunk, k) => {
      for (const type of inputTypes[k]!) inputs[type] = chunk;
      bytes += chunk.table.nbytes;
    });
    const affinity = inOrder ? `${runId}/${stage.id}` : undefined;
    const submitted = clock();
    let ran: Ran | undefined;
    const result = executor.submit(stage, inputs, interval, {
      signal,
      affinity,
      bytes,
      environment: this.#environment,
      ran: (told) => {
        ran = told;
        this.waitMs += Math.max(0, told.began - submitted);
      },
    });
    if (!task) return result;
    const tell = (result: StageResult): StageResult => {
      try {
        const where = ran ?? { worker: "main", began: submitted, ended: clock() };
        this.#tell(stage, interval, result, submitted, where);
        return result;
      } catch (error) {
        releaseAll([result]);
        throw error;
      }
    };
    return result instanceof Promise ? result.then(tell) : tell(result);
  }

  #tell({ steps }: Stage, interval: Interval, result: StageResult, submitted: number, ran: Ran): void {
    const { start, end, call: task } = interval;
    const plugins = steps.map(({ plugin }) => plugin.name);
    const busy = plugins.length > 1 ? result.busy : undefined;
    const event = { type: "task", task, plugins, busy, ...ran, submitted, start, end } as const;
    this.#services.task!({ ...event, ...sizeOf(result) });
  }

  /** A stretch divided at breaks: each ends a segment, after which state starts anew. */
  async #segments(region: Region, checkpoint: boolean): Promise<StretchResults> {
    const results: StageResult[] = [];
    const breaks = this.#breaks(region);
    const told: Break[] = [];
    const starts = [region.start, ...breaks];
    try {
      for (let k = 0; k < starts.length; k++) {
        const start = starts[k]!, end = starts[k + 1] ?? region.end;
        const ends = k + 1 < starts.length || region.last;
        const parts = breaks.length === 0
          ? region.chunks
          : region.chunks.map((chunk) => part(chunk, start, end));
        const own = { from: 0, to: parts[0]!.length };
        try {
          // A break may lie at the very start of the stretch: nothing is before it then but the end of a segment.
          if (start < end) {
            const more = { state: this.#takeState(), checkpoint: checkpoint && !ends };
            const interval = { start, end, own, last: ends, ...more };
            const result = await this.#submit(parts, { ...interval, call: "compute" });
            results.push(result);
            if (ends) checkConsumed(result, start, end);
          }
          if (ends) {
            const interval = {
              start,
              end: end > start ? end : start + 1n,
              own,
              last: true,
              state: this.#takeState(),
            };
            results.push(await this.#submit(parts, { ...interval, call: "flush" }));
          }
          if (k + 1 < starts.length) told.push({ at: starts[k + 1]!, results: results.length });
        } finally {
          if (parts !== region.chunks) { for (const chunk of parts) chunk.release(); }
        }
      }
      const { state: bytes, hold = END } = results.at(-1)!;
      return { results, breaks: told, saved: bytes && { bytes, cover: this.#cover, hold } };
    } catch (error) {
      releaseAll(results);
      throw error;
    }
  }

  /** The first call has the state of an earlier run. */
  #takeState(): Uint8Array | undefined {
    const state = this.#state;
    this.#state = undefined;
    return state;
  }

  #breaks(region: Region): bigint[] {
    const { breakThreshold, stage, inputTypes } = this.#spec;
    if (breakThreshold === undefined) return [];
    const wanted = stage.steps[0]!.plugin.stateful!.breakInput;
    const chunks = wanted === undefined
      ? region.chunks
      : region.chunks.filter((_, k) => inputTypes[k]!.includes(wanted));
    const breaks = findBreaks(chunks, this.#cover, breakThreshold);
    for (const chunk of chunks) if (chunk.coverEnd > this.#cover) this.#cover = chunk.coverEnd;
    return breaks;
  }
}

/** Rows of a segment that has ended are not handed over again. */
function checkConsumed({ consumedUntil }: StageResult, start: bigint, end: bigint): void {
  if (consumedUntil === undefined || consumedUntil >= end) return;
  throw new RangeError(
    `consumedUntil is ${timeText(consumedUntil)} in the stretch ${
      stretchText(start, end)
    }, the last one of a segment: ` +
      "everything must be consumed there",
  );
}

/** Let go of results that nobody takes. */
export function releaseAll(results: readonly StageResult[]): void {
  for (const { outputs } of results) for (const table of Object.values(outputs)) table?.release();
}

/** The rows of a chunk that start in `[start, end)`, as a view. */
function part(chunk: Chunk, start: bigint, end: bigint): Chunk {
  const { runId, dataType, dataKind } = chunk;
  const table = chunk.table.slice(rowAt(chunk.table, start), rowAt(chunk.table, end));
  const interval = { start, end: end > start ? end : start + 1n };
  return new Chunk(table, { ...interval, coverEnd: NO_COVER, runId, dataType, dataKind });
}
