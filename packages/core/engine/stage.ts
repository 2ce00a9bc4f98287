/**
 * Stages: chains of plugins that are computed together, and the code that computes them, wherever it runs.
 * @module
 */
import { Chunk, NO_COVER, timesOf } from "../chunk/chunk.ts";
import type { Account, BufferPool, BufferSource } from "../data/buffer_pool.ts";
import { isKernelMemory } from "../data/kernel_memory.ts";
import { combineTables } from "../data/combine_tables.ts";
import { copyColumns } from "../data/_copy_columns.ts";
import { hasColumn } from "../data/schema.ts";
import { Table } from "../data/table.ts";
import type { Outputs, Plugin } from "../plugin/plugin.ts";
import type { Json } from "../store/types.ts";
import { checkOutputs } from "./_check_outputs.ts";
import { coverOf, inOrder } from "./_in_order.ts";
import { checkSameRows } from "./_same_rows.ts";
import { baseOf, type Marks, noMarks, StepContext, type StepInput } from "./_step_context.ts";
import { stateBytes, stateFrom } from "./state_bytes.ts";
import { stretchText, timeText } from "./_time_text.ts";

/** One plugin of a stage, with its options. */
export interface StageStep {
  /** The plugin. */
  readonly plugin: Plugin;
  /** Its option values. */
  readonly options: Readonly<Record<string, unknown>>;
  /** The same as JSON, of which another thread makes them again. */
  readonly plain: Readonly<Record<string, Json>>;
}

/** Plugins that are computed as one task: each one's output is the next one's only input. */
export interface Stage {
  /** Name: the data types it makes, joined. */
  readonly id: string;
  /** Plugins in order. */
  readonly steps: readonly StageStep[];
  /** Data types that are wanted outside. */
  readonly outputs: readonly string[];
  /** Those of them that only other stages read. They may lie in the memory of the kernels of the thread where the graph is. */
  readonly inside?: readonly string[];
  /** Outputs that only the engine and other stages see: they may lie in memory that is lent for them. */
  readonly lent?: readonly string[];
  /** Steps from `step` on are another stage's: they are computed too where the rows that they are given end `gap` ps before the stretch. */
  readonly ahead?: { readonly step: number; readonly gap: number };
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
  /** State to begin with, of an earlier run. */
  readonly state?: Uint8Array | undefined;
  /** Whether the state behind the stretch is wanted. */
  readonly checkpoint?: boolean;
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
  /** Rows that went from plugin to plugin and nowhere else, by the plugin that made them. */
  readonly passed: Readonly<Record<string, { readonly rows: number; readonly bytes: number }>>;
  /** Highest endtime of the rows that the steps ahead were given, ps; undefined where those were not computed. */
  readonly ahead?: bigint | undefined;
  /** State of the first plugin behind the stretch, if that was asked for. */
  readonly state?: Uint8Array | undefined;
  /** What the steps ahead said, to be told when their results are taken: plugin and text. */
  readonly notices?: readonly (readonly [plugin: string, text: string])[] | undefined;
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
  /** Bytes of the thread's memory for kernels that tables may reach into. Default: none lie there. */
  readonly kernelMemory?: number;
  /** Memory that is lent for outputs, where kernels can write them. Default: none is. */
  readonly lent?: {
    /** Where a type's table may lie. */
    sourceFor(dataType: string): BufferSource | undefined;
    /** Whether a type's table may have columns in a buffer: it is that of such memory, or of an input that nobody but the engine sees. */
    mayHave(dataType: string, buffer: ArrayBufferLike): boolean;
  };
  /** Told of each plugin behind the first one that is about to compute: its place in the stage. */
  readonly began?: (step: number) => void;
}

/** A stage with the state of its plugins. Tasks come one after the other. */
export class StageRunner {
  readonly #stage: Stage;
  readonly #environment: StageEnvironment;
  readonly #states: unknown[] = [];
  /** Data types that nobody but the engine and plugins ever sees. */
  readonly #inside: ReadonlySet<string>;

  /** A stage with fresh state. */
  constructor(stage: Stage, environment: StageEnvironment) {
    this.#stage = stage;
    this.#environment = environment;
    const { steps, outputs, inside } = stage;
    const links = steps.flatMap(({ plugin }) => plugin.provides).filter((type) => !outputs.includes(type));
    this.#inside = new Set([...links, ...inside ?? []]);
    stage.steps.forEach((_, k) => this.#reset(k));
  }

  #reset(k: number): void {
    const { plugin, options } = this.#stage.steps[k]!;
    this.#states[k] = plugin.initialState?.(options);
  }

  /**
   * Compute one task. `inputs` stay the caller's. At once where all plugins are synchronous, else a promise.
   *
   * @throws {StepError} (Or rejects with it.) When a plugin throws, or its outputs break its declaration.
   */
  run(
    inputs: Readonly<Record<string, Chunk>>,
    interval: Interval,
    signal: AbortSignal,
  ): StageResult | Promise<StageResult> {
    const given = { chunks: inputs, own: interval.own };
    if (interval.state) this.#states[0] = stateFrom(interval.state);
    return this.#from(0, {
      interval,
      signal,
      given,
      outputs: {},
      busy: {},
      passed: {},
      marks: noMarks,
      passing: undefined,
      isOutside: false,
      notices: undefined,
    });
  }

  #from(first: number, work: Work): StageResult | Promise<StageResult> {
    const { steps, ahead } = this.#stage;
    const stop = ahead && !work.notices ? ahead.step : steps.length;
    let state: Uint8Array | undefined;
    try {
      let before = performance.now();
      for (let k = first; k < stop; k++) {
        const { plugin } = steps[k]!;
        if (k > 0) this.#environment.began?.(k);
        const context = this.#contextOf(k, work);
        try {
          const made = this.#call(plugin, context, work);
          if (made instanceof Promise) return this.#later(k, made, context, work, before);
          this.#accept(k, made, context, work);
        } catch (error) {
          context.settle([]);
          throw new StepError(plugin, error);
        }
        const after = performance.now();
        work.busy[plugin.name] = after - before;
        before = after;
      }
      if (work.interval.checkpoint) state = this.#stateBytes();
    } catch (error) {
      work.passing?.release();
      for (const table of Object.values(work.outputs)) table?.release();
      throw error;
    }
    if (stop < steps.length) return this.#goOn(work);
    const { outputs, marks, busy, passed } = work;
    return { outputs, consumedUntil: marks.consumedUntil, hold: marks.hold, state, busy, passed };
  }

  #stateBytes(): Uint8Array {
    try {
      return stateBytes(this.#states[0]);
    } catch (error) {
      throw new StepError(this.#stage.steps[0]!.plugin, error);
    }
  }

  /** Compute the steps ahead too, where the stretch ends in a gap. */
  #goOn(work: Work): StageResult | Promise<StageResult> {
    const { step, gap } = this.#stage.ahead!, { passing, interval } = work;
    if (work.isOutside) return this.#stopBefore(step, work);
    const { coverEnd } = Object.values(work.given.chunks)[0]!;
    if (interval.end - coverEnd < BigInt(gap)) return this.#stopBefore(step, work);
    const more: Work = { ...work, outputs: {}, busy: {}, passed: {}, passing: undefined, notices: [] };
    // Whatever fails there is computed once more where it belongs, and fails there with what belongs to it.
    const stop = (error: unknown): StageResult => {
      if (!work.signal.aborted) return this.#stopBefore(step, work);
      passing?.release();
      for (const table of Object.values(work.outputs)) table?.release();
      throw error;
    };
    const join = (result: StageResult): StageResult => {
      passing?.release();
      return {
        ...result,
        outputs: { ...work.outputs, ...result.outputs },
        busy: { ...work.busy, ...result.busy },
        passed: { ...work.passed, ...result.passed },
        ahead: coverEnd,
        notices: more.notices,
      };
    };
    let result: StageResult | Promise<StageResult>;
    try {
      result = this.#from(step, more);
    } catch (error) {
      return stop(error);
    }
    return result instanceof Promise ? result.then(join, stop) : join(result);
  }

  /** The rows for the step ahead are an output. */
  #stopBefore(step: number, { outputs, passing, busy, passed, marks }: Work): StageResult {
    const { plugin } = this.#stage.steps[step - 1]!, type = this.#stage.steps[step]!.plugin.dependsOn[0]!;
    if (outputs[type]) passing?.release(); // it is one already, with columns copied
    else if (passing) {
      outputs[type] = passing;
      delete passed[plugin.name];
    }
    return { outputs, consumedUntil: marks.consumedUntil, hold: marks.hold, busy, passed };
  }

  /** Go on when an asynchronous plugin has answered. */
  async #later(
    k: number,
    made: Promise<Outputs>,
    context: StepContext,
    work: Work,
    before: number,
  ): Promise<StageResult> {
    const { plugin } = this.#stage.steps[k]!;
    try {
      this.#accept(k, await made, context, work);
      work.busy[plugin.name] = performance.now() - before;
    } catch (error) {
      context.settle([]);
      work.passing?.release();
      for (const table of Object.values(work.outputs)) table?.release();
      throw new StepError(plugin, error);
    }
    return await this.#from(k + 1, work);
  }

  #contextOf(k: number, { given, interval, signal, notices }: Work): StepContext {
    return new StepContext(
      this.#stage.steps[k]!,
      given,
      interval,
      this.#states[k],
      notices
        ? { ...this.#environment, notice: (plugin, text) => notices.push([plugin, text]) }
        : this.#environment,
      signal,
      this.#inside,
    );
  }

  #call(plugin: Plugin, context: StepContext, { given, interval }: Work): Outputs | Promise<Outputs> {
    if (plugin.kind === "merge") return mergeInputs(plugin, given.chunks);
    if (interval.call === "flush") return plugin.flush?.(context) ?? null;
    return plugin.computeChunk!(given.chunks[plugin.dependsOn[0]!]!, context);
  }

  /** Take a step's outputs: to the outside, to the next step, or away. */
  #accept(k: number, made: Outputs, context: StepContext, work: Work): void {
    const { steps, outputs: wanted } = this.#stage;
    const { plugin } = steps[k]!;
    const { interval, given } = work; // what the plugin was given: the next one's input is set below
    const byType = checkOutputs(plugin, made, given, interval, context);
    context.settle(Object.values(byType));
    if (interval.call === "flush") this.#reset(k);
    if (context.marks !== noMarks) work.marks = context.marks;
    work.passing?.release();
    work.passing = undefined;
    const next = steps[k + 1]?.plugin.dependsOn[0];
    for (const type of plugin.provides) {
      if (type === next) {
        const table = this.#nextTable(plugin, type, byType[type] ?? null, work);
        // The next step is given what the plugin made, with all columns where its kernels read them.
        const outside = wanted.includes(type) ? this.#outside(type, table) : undefined;
        if (outside) work.outputs[type] = outside;
        if (outside !== table) work.passing = table;
        if (!outside) {
          work.passed[plugin.name] = { rows: table.length, bytes: table.nbytes };
        }
        // A stage ahead is only gone on with where no row is outside.
        if (k + 1 === this.#stage.ahead?.step && rowOutside(table, interval) !== undefined) {
          work.isOutside = true;
        } else work.given = this.#handOn(plugin, type, table, given, interval);
      } else if (wanted.includes(type)) {
        // Put in order here, where several stretches are computed at once, and not where they come together.
        const made = byType[type] ?? null;
        const sorted = made && !this.#isOfInput(plugin, type, given) ? this.#sorted(made, type) : made;
        const outside = sorted && this.#outside(type, sorted);
        if (outside !== sorted) sorted!.release();
        work.outputs[type] = outside;
      } else byType[type]?.release();
    }
  }

  /** Rows for the next step, in the order that they would have between two stages. */
  #nextTable(plugin: Plugin, dataType: string, made: Table | null, { given, interval }: Work): Table {
    if (!made) {
      return Table.allocate(plugin.schemas[dataType]!, 0, { ...this.#environment, t0: interval.start });
    }
    if (this.#isOfInput(plugin, dataType, { chunks: given.chunks })) return made;
    const sorted = this.#sorted(made, dataType);
    if (this.#isBeforeAhead(plugin)) return sorted;
    try {
      checkStretch(sorted, dataType, interval);
    } catch (error) {
      sorted.release();
      throw error;
    }
    return sorted;
  }

  /**
   * A table that leaves the stage, the same one where it may: what may be anybody's does not lie in the kernels' memory, as columns
   * shared with a link do. Those are copied.
   */
  #outside(dataType: string, table: Table): Table {
    if (this.#inside.has(dataType)) return table;
    const { lent } = this.#environment;
    const isElsewhere = (buffer: ArrayBufferLike) =>
      isKernelMemory(buffer) && !lent?.mayHave(dataType, buffer);
    if (!table.held.some(({ handle }) => isElsewhere(handle.buffer))) return table;
    try {
      return copyColumns(table, isElsewhere, this.#environment);
    } catch (error) {
      table.release();
      throw error;
    }
  }

  /** Whether its rows are those of an input, in that input's order. */
  #isOfInput(plugin: Plugin, dataType: string, { chunks }: Pick<StepInput, "chunks">): boolean {
    return plugin.kind === "merge" || baseOf(plugin, dataType, chunks) !== undefined;
  }

  #sorted(made: Table, dataType: string): Table {
    try {
      return inOrder(made, dataType, this.#environment);
    } finally {
      made.release();
    }
  }

  /** Whether the step behind a plugin is the first one ahead. */
  #isBeforeAhead(plugin: Plugin): boolean {
    const { steps, ahead } = this.#stage;
    return ahead !== undefined && plugin === steps[ahead.step - 1]!.plugin;
  }

  /** The output of one step as the input of the next. */
  #handOn(plugin: Plugin, dataType: string, table: Table, before: StepInput, interval: Interval): StepInput {
    const { start, end } = interval;
    const { runId } = this.#environment;
    const base = before.chunks[plugin.dependsOn[0]!]!;
    const dataKind = plugin.kind === "merge" ? base.dataKind : plugin.dataKinds[dataType] ?? dataType;
    // Rows of a kind end together, unless those of the input have no ends. Rows of a halo have no cover: it is only looked for in front
    // of a stage ahead.
    const isSame = dataKind === base.dataKind &&
      (hasColumn(base.schema, "endtime") || !hasColumn(table.schema, "endtime"));
    const isKnown = isSame && (base.coverEnd !== NO_COVER || !this.#isBeforeAhead(plugin));
    const coverEnd = isKnown ? base.coverEnd : coverOf(table);
    const chunk = new Chunk(table, { start, end, coverEnd, runId, dataType, dataKind });
    return { chunks: { [dataType]: chunk }, own: { from: 0, to: table.length } };
  }
}

/** A task under way. */
interface Work {
  readonly interval: Interval;
  readonly signal: AbortSignal;
  given: StepInput;
  readonly outputs: Record<string, Table | null>;
  readonly busy: Record<string, number>;
  readonly passed: Record<string, { readonly rows: number; readonly bytes: number }>;
  marks: Marks;
  /** What one step hands to the next and nobody else wants. */
  passing: Table | undefined;
  /** Rows for the steps ahead start outside the stretch. */
  isOutside: boolean;
  /** What the steps ahead say, where those are computed. */
  readonly notices: [plugin: string, text: string][] | undefined;
}

/** A plugin of a stage failed; `cause` is what it threw. */
export class StepError extends Error {
  /** Error name. */
  override readonly name = "StepError";
  /** The plugin. */
  readonly plugin: Plugin;

  /** What `plugin` threw. */
  constructor(plugin: Plugin, cause: unknown) {
    super(`Plugin "${plugin.name}" failed`, { cause });
    this.plugin = plugin;
  }
}

/** Only plugins whose rows all start in their stretch have others behind them in a stage. */
function checkStretch(table: Table, dataType: string, interval: Interval): void {
  const time = rowOutside(table, interval);
  if (time === undefined) return;
  throw new RangeError(
    `A row of "${dataType}" starts at ${timeText(time)}, outside the stretch ${
      stretchText(interval.start, interval.end)
    } that it was made from: ` +
      "declare how far behind its input row an output may start (reach.right)",
  );
}

/** Start of a row outside a stretch; undefined where all of them, which are in order, start in it. */
function rowOutside(table: Table, { start, end }: Interval): bigint | undefined {
  if (table.length === 0) return undefined;
  const times = timesOf(table);
  for (const row of [0, times.length - 1]) {
    const time = table.t0 + BigInt(times[row]!);
    if (time < start || time >= end) return time;
  }
  return undefined;
}

function mergeInputs(plugin: Plugin, inputs: Readonly<Record<string, Chunk>>): Table {
  const [first, ...others] = plugin.dependsOn.map((type) => inputs[type]!);
  for (const other of others) checkSameRows(first!.table, 0, first!.length, other.table, other.dataType);
  return combineTables([first!.table, ...others.map((chunk) => chunk.table)]);
}
