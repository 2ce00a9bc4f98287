/**
 * Stages: chains of plugins that are computed together, and the code that computes them, wherever it runs.
 * @module
 */
import { Chunk, coverEndOf } from "../chunk/chunk.ts";
import type { Account, BufferPool } from "../data/buffer_pool.ts";
import { Table } from "../data/table.ts";
import type { Plugin } from "../plugin/plugin.ts";
import { checkOutputs } from "./_check_outputs.ts";
import { checkSameRows } from "./_same_rows.ts";
import { type Marks, noMarks, StepContext, type StepInput } from "./_step_context.ts";

/** One plugin of a stage, with its options. */
export interface StageStep {
  /** The plugin. */
  readonly plugin: Plugin;
  /** Its option values. */
  readonly options: Readonly<Record<string, unknown>>;
}

/** Plugins that are computed as one task: each one's output is the next one's only input. */
export interface Stage {
  /** Name: the data types it makes, joined. */
  readonly id: string;
  /** Plugins in order. */
  readonly steps: readonly StageStep[];
  /** Data types that are wanted outside. */
  readonly outputs: readonly string[];
}

/** The stretch that a task is about. */
export interface Interval {
  /** Start, ps. */
  readonly start: bigint;
  /** End (excluded), ps. */
  readonly end: bigint;
  /** Own rows of the first input: `from` to `to` (excluded). */
  readonly own: { readonly from: number; readonly to: number };
  /** The input ends here. */
  readonly last: boolean;
  /** What to call: `flush` ends a segment, after which state starts anew. */
  readonly call: "compute" | "flush";
}

/** What a task gives. */
export interface StageResult {
  /** Rows by data type, for the stage's outputs; the receiver owns the tables. */
  readonly outputs: Readonly<Record<string, Table | null>>;
  /** Where the rows begin that are to be handed over again, ps. */
  readonly consumedUntil: bigint | undefined;
  /** Earliest start of a row that may still come, ps. */
  readonly hold: bigint | undefined;
  /** Milliseconds of running by plugin. */
  readonly busy: Readonly<Record<string, number>>;
}

/** What a stage's code needs where it runs. */
export interface StageEnvironment {
  /** Name of the run. */
  readonly runId: string;
  /** Where buffers come from. */
  readonly pool: BufferPool;
  /** What they are charged to. */
  readonly account: Account;
  /** Where notices go. */
  readonly notice: (plugin: string, text: string) => void;
}

/** A stage with the state of its plugins. Tasks come one after the other. */
export class StageRunner {
  readonly #stage: Stage;
  readonly #environment: StageEnvironment;
  readonly #states: unknown[] = [];

  constructor(stage: Stage, environment: StageEnvironment) {
    this.#stage = stage;
    this.#environment = environment;
    stage.steps.forEach((_, k) => this.#reset(k));
  }

  #reset(k: number): void {
    const { plugin, options } = this.#stage.steps[k]!;
    this.#states[k] = plugin.initialState?.(options);
  }

  /**
   * Compute one task. `inputs` stay the caller's.
   *
   * @throws {StepError} When a plugin throws, or its outputs break its declaration.
   */
  async run(
    inputs: Readonly<Record<string, Chunk>>,
    interval: Interval,
    signal: AbortSignal,
  ): Promise<StageResult> {
    const { steps, outputs: wanted } = this.#stage;
    const outputs: Record<string, Table | null> = {};
    const busy: Record<string, number> = {};
    let marks: Marks = noMarks;
    let given: StepInput = { chunks: inputs, own: interval.own };
    let passing: Table | undefined; // what one step hands to the next and nobody else wants
    try {
      for (let k = 0; k < steps.length; k++) {
        const before = performance.now();
        const { byType, marks: set } = await this.#step(k, given, interval, signal);
        const { plugin } = steps[k]!;
        busy[plugin.name] = performance.now() - before;
        if (set !== noMarks) marks = set;
        passing?.release();
        passing = undefined;
        const next = steps[k + 1]?.plugin.dependsOn[0];
        for (const type of plugin.provides) {
          if (type === next) {
            const table = byType[type] ?? Table.allocate(plugin.schemas[type]!, 0, this.#environment);
            if (wanted.includes(type)) outputs[type] = table;
            else passing = table;
            given = this.#handOn(plugin, type, table, given, interval);
          } else if (wanted.includes(type)) outputs[type] = byType[type] ?? null;
          else byType[type]?.release();
        }
      }
    } catch (error) {
      passing?.release();
      for (const table of Object.values(outputs)) table?.release();
      throw error;
    }
    return { outputs, consumedUntil: marks.consumedUntil, hold: marks.hold, busy };
  }

  async #step(
    k: number,
    input: StepInput,
    interval: Interval,
    signal: AbortSignal,
  ): Promise<{ byType: Record<string, Table | null>; marks: Marks }> {
    const step = this.#stage.steps[k]!;
    const { plugin } = step;
    const { chunks } = input;
    const context = new StepContext(step, input, interval, this.#states[k], this.#environment, signal);
    try {
      let given = plugin.kind === "merge"
        ? mergeInputs(plugin, chunks)
        : interval.call === "flush"
        ? plugin.flush?.(context) ?? null
        : plugin.computeChunk!(chunks[plugin.dependsOn[0]!]!, context);
      if (given instanceof Promise) given = await given;
      const byType = checkOutputs(plugin, given, input, interval, context);
      context.settle(Object.values(byType));
      if (interval.call === "flush") this.#reset(k);
      return { byType, marks: context.marks };
    } catch (error) {
      context.settle([]);
      throw new StepError(plugin, error);
    }
  }

  /** The output of one step as the input of the next. */
  #handOn(plugin: Plugin, dataType: string, table: Table, before: StepInput, interval: Interval): StepInput {
    const { start, end } = interval;
    const base = Object.values(before.chunks)[0]!;
    const dataKind = plugin.kind === "merge" ? base.dataKind : plugin.dataKinds[dataType] ?? dataType;
    const coverEnd = dataKind === base.dataKind ? base.coverEnd : coverEndOf(table);
    const chunk = new Chunk(table, {
      start,
      end,
      coverEnd,
      runId: this.#environment.runId,
      dataType,
      dataKind,
    });
    return { chunks: { [dataType]: chunk }, own: { from: 0, to: table.length } };
  }
}

/** A plugin of a stage failed; `cause` is what it threw. */
export class StepError extends Error {
  /** Error name. */
  override readonly name = "StepError";
  /** The plugin. */
  readonly plugin: Plugin;

  constructor(plugin: Plugin, cause: unknown) {
    super(`Plugin "${plugin.name}" failed`, { cause });
    this.plugin = plugin;
  }
}

function mergeInputs(plugin: Plugin, inputs: Readonly<Record<string, Chunk>>): Table {
  const [first, ...others] = plugin.dependsOn.map((type) => inputs[type]!);
  for (const other of others) checkSameRows(first!.table, 0, first!.length, other.table, other.dataType);
  return Table.combine([first!.table, ...others.map((chunk) => chunk.table)]);
}
