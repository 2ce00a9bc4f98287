/**
 * Stages: chains of plugins that are computed together, and the code that computes them, wherever it runs.
 * @module
 */
import { Chunk, coverEndOf, timesOf } from "../chunk/chunk.ts";
import type { Account, BufferPool } from "../data/buffer_pool.ts";
import type { Column, Ragged, Schema, TypedArray } from "../data/schema.ts";
import { Table } from "../data/table.ts";
import type { ComputeContext, Emit, Outputs, Plugin } from "../plugin/plugin.ts";

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
    { chunks, own }: StepInput,
    interval: Interval,
    signal: AbortSignal,
  ): Promise<{ byType: Record<string, Table | null>; marks: Marks }> {
    const step = this.#stage.steps[k]!;
    const { plugin } = step;
    const context = new StepContext(step, chunks, interval, own, this.#states[k], this.#environment, signal);
    try {
      let given = plugin.kind === "merge"
        ? mergeInputs(plugin, chunks)
        : interval.call === "flush"
        ? plugin.flush?.(context) ?? null
        : plugin.computeChunk!(chunks[plugin.dependsOn[0]!]!, context);
      if (given instanceof Promise) given = await given;
      const byType = checkOutputs(plugin, given, chunks, own, interval, context);
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

interface StepInput {
  readonly chunks: Readonly<Record<string, Chunk>>;
  readonly own: { readonly from: number; readonly to: number };
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

interface Marks {
  readonly consumedUntil: bigint | undefined;
  readonly hold: bigint | undefined;
}

const noMarks: Marks = { consumedUntil: undefined, hold: undefined };

class StepContext implements ComputeContext<Readonly<Record<string, unknown>>> {
  readonly runId: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly last: boolean;
  marks: Marks = noMarks;
  readonly #plugin: Plugin;
  readonly #environment: StageEnvironment;
  readonly #t0: bigint;
  readonly #call: Interval["call"];
  readonly #emitted: Table[] = [];

  constructor(
    step: StageStep,
    readonly inputs: Readonly<Record<string, Chunk>>,
    interval: Interval,
    readonly own: { readonly from: number; readonly to: number },
    readonly state: unknown,
    environment: StageEnvironment,
    readonly signal: AbortSignal,
  ) {
    this.runId = environment.runId;
    this.options = step.options;
    this.last = interval.last;
    this.#call = interval.call;
    this.#plugin = step.plugin;
    this.#environment = environment;
    this.#t0 = inputs[step.plugin.dependsOn[0]!]?.t0 ?? interval.start;
  }

  readonly emit: Emit = (rows, options) => this.emitTo(this.#plugin.name, rows, options);

  readonly emitTo = (dataType: string, rows: number, options: Parameters<Emit>[1] = {}): Table => {
    const schema = this.#plugin.schemas[dataType];
    if (!schema) {
      throw new RangeError(`It does not provide "${dataType}", only ${this.#plugin.provides.join(", ")}`);
    }
    const { pool, account } = this.#environment;
    const memory = { pool, account, t0: this.#t0 };
    const base = this.#baseOf(dataType, rows);
    if (!base) {
      const table = Table.allocate(schema, rows, { ...options, ...memory });
      this.#emitted.push(table);
      return table;
    }
    const keys = schema.columns.filter(({ name, type }) =>
      KEY.includes(name) && base.schema.types[name] === type && options.share?.[name] === undefined
    );
    const whole = base.length === rows;
    const bytes = keys.reduce((sum, column) => sum + column.bytes * rows, 0);
    const pays = bytes * 4 >= base.heldBytesOf(keys.map(({ name }) => name));
    const share = whole && pays
      ? { ...Object.fromEntries(keys.map(({ name }) => [name, base])), ...options.share }
      : options.share;
    const table = Table.allocate(schema, rows, { ...options, ...memory, ...(share ? { share } : {}) });
    if (!(whole && pays)) this.#fillKeys(table, base, keys);
    this.#emitted.push(table);
    return table;
  };

  /**
   * An output with the rows of an input has that input's key columns: its own arrays, or copies where those would keep
   * alive much more than the columns themselves.
   */
  #baseOf(dataType: string, rows: number): Table | undefined {
    const kind = this.#plugin.dataKinds[dataType];
    if (this.#call !== "compute" || this.#plugin.kind !== "streaming" || kind === dataType) return undefined;
    const base = Object.values(this.inputs).find((chunk) => chunk.dataKind === kind)?.table;
    return base && this.own.to - this.own.from === rows && base.t0 === this.#t0 ? base : undefined;
  }

  #fillKeys(table: Table, base: Table, keys: readonly Column[]): void {
    for (const { name } of keys) {
      const from = base.columns[name] as Float64Array;
      (table.columns[name] as Float64Array).set(from.subarray(this.own.from, this.own.to));
    }
  }

  readonly consumedUntil = (offset: number): void => {
    if (!this.#plugin.carryOver) {
      throw new TypeError("It calls consumedUntil but does not declare carryOver: true");
    }
    this.marks = { ...this.marks, consumedUntil: this.#t0 + BigInt(offset) };
  };

  readonly hold = (offset: number): void => {
    if (!this.#plugin.stateful) throw new TypeError("It calls hold but is not declared stateful");
    this.marks = { ...this.marks, hold: this.#t0 + BigInt(offset) };
  };

  readonly notice = (text: string): void => this.#environment.notice(this.#plugin.name, text);

  /** Release what was emitted but not returned. */
  settle(kept: readonly (Table | null)[]): void {
    for (const table of this.#emitted) if (!kept.includes(table)) table.release();
  }
}

function mergeInputs(plugin: Plugin, inputs: Readonly<Record<string, Chunk>>): Table {
  const chunks = plugin.dependsOn.map((type) => inputs[type]!);
  const first = chunks[0]!;
  for (const other of chunks.slice(1)) {
    checkSameRows(first.table, 0, first.length, other.table, other.dataType);
  }
  return Table.combine(chunks.map((chunk) => chunk.table));
}

const KEY = ["time", "board", "channel", "endtime"];

/** Throws unless `table` has the rows `from` to `to` of `base`, by count and by all key columns that both have. */
export function checkSameRows(base: Table, from: number, to: number, table: Table, label: string): void {
  if (table.length !== to - from) {
    throw new RangeError(
      `"${label}" has ${table.length} rows for ${to - from} of its kind; a kind has the same rows`,
    );
  }
  const shift = Number(base.t0 - table.t0);
  for (const column of table.schema.columns) {
    if (!KEY.includes(column.name)) continue;
    const other = base.schema.columns.find((c) => c.name === column.name);
    if (!other || other.kind !== column.kind || column.kind === "fixed" || column.kind === "ragged") continue;
    const a = base.columns[column.name] as Float64Array, b = table.columns[column.name] as Float64Array;
    const delta = column.kind === "time" ? shift : 0;
    if (delta === 0 && a.buffer === b.buffer && b.byteOffset === a.byteOffset + from * a.BYTES_PER_ELEMENT) {
      continue;
    }
    for (let i = 0; i < b.length; i++) {
      if ((delta === 0 ? a[from + i]! : a[from + i]! + delta) !== b[i]!) {
        throw new RangeError(`"${label}" differs in "${column.name}" at row ${i}; a kind has the same rows`);
      }
    }
  }
}

function checkOutputs(
  plugin: Plugin,
  given: Outputs,
  inputs: Readonly<Record<string, Chunk>>,
  own: { readonly from: number; readonly to: number },
  interval: Interval,
  context: StepContext,
): Record<string, Table | null> {
  const single = plugin.provides.length === 1;
  const byType: Record<string, Table | null> = {};
  const record = given === null || given === undefined || given instanceof Table ? undefined : given;
  if (given === undefined || (record !== undefined && typeof record !== "object")) {
    throw new TypeError(
      `computeChunk gave ${given === undefined ? "undefined" : typeof given}, not a table or null`,
    );
  }
  if (given instanceof Table && !single) {
    throw new TypeError(`computeChunk gave one table; it provides ${plugin.provides.join(", ")}`);
  }
  if (record) {
    for (const type of Object.keys(record)) {
      if (!plugin.provides.includes(type)) {
        throw new TypeError(`computeChunk gave "${type}"; it provides ${plugin.provides.join(", ")}`);
      }
    }
  }
  for (const type of plugin.provides) {
    let table = record ? record[type] ?? null : given as Table | null;
    if (table !== null && !(table instanceof Table)) {
      throw new TypeError(`computeChunk gave ${typeof table} for "${type}", not a table or null`);
    }
    if (table?.released) throw new TypeError(`computeChunk gave a released table for "${type}"`);
    // An input given back as it is stays the caller's: the output is one more reference.
    if (table && Object.values(inputs).some((chunk) => chunk.table === table)) table = table.share();
    if (table && plugin.kind !== "merge") checkSchema(plugin, type, table);
    const base = interval.call === "compute" && plugin.kind === "streaming"
      ? Object.values(inputs).find((chunk) => chunk.dataKind === plugin.dataKinds[type])
      : undefined;
    if (base) {
      const first = base === inputs[plugin.dependsOn[0]!];
      const from = first ? own.from : 0, to = first ? own.to : base.length;
      if (table) checkSameRows(base.table, from, to, table, type);
      else if (to > from) {
        throw new RangeError(`"${type}" has no rows for ${to - from} of its kind; a kind has the same rows`);
      } else table = context.emitTo(type, 0);
    }
    byType[type] = table;
  }
  return byType;
}

function checkSchema(plugin: Plugin, type: string, table: Table): void {
  const declared = plugin.schemas[type]!;
  if (table.schema === declared || table.schema.text === declared.text) return;
  const differs = (column: Column | undefined, name: string) =>
    `column "${name}" is ${column ? column.type : "missing"}`;
  for (const column of declared.columns) {
    const found = table.schema.columns.find((c) => c.name === column.name);
    if (found?.type !== column.type) {
      throw new TypeError(
        `"${type}" does not fit its schema: ${differs(found, column.name)}, not ${column.type}`,
      );
    }
  }
  throw new TypeError(
    `"${type}" does not fit its schema: its columns are ${
      table.schema.columns.map((c) => c.name).join(", ")
    }, ` +
      `not ${declared.columns.map((c) => c.name).join(", ")}`,
  );
}

/** Any column's array, for code that handles all types alike. */
export type AnyColumn = TypedArray | Ragged;

/** The start of the last row, ps; undefined without rows. */
export function lastTime(table: Table): bigint | undefined {
  const n = table.length;
  return n === 0 ? undefined : table.t0 + BigInt(timesOf(table)[n - 1]!);
}
