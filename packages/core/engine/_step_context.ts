// What a plugin is told while it computes one stretch, and the tables that it was given to write to.

import type { Chunk } from "../chunk/chunk.ts";
import { isKernelMemory, kernelsOr } from "../data/kernel_memory.ts";
import type { Column } from "../data/schema.ts";
import { exactOffset, shiftTimes } from "../data/_offset.ts";
import { type AllocateOptions, Table } from "../data/table.ts";
import type { ComputeContext, Emit, EmitOptions, Plugin } from "../plugin/plugin.ts";
import { commonKeys } from "./_same_rows.ts";
import type { Interval, StageEnvironment, StageStep } from "./stage.ts";

/** What a plugin said about the rows that it was given. */
export interface Marks {
  readonly consumedUntil: bigint | undefined;
  readonly hold: bigint | undefined;
}

/** Nothing said. */
export const noMarks: Marks = { consumedUntil: undefined, hold: undefined };

/** What a step is given: chunks by data type, and which rows of the first are its own. */
export interface StepInput {
  readonly chunks: Readonly<Record<string, Chunk>>;
  readonly own: { readonly from: number; readonly to: number };
}

/** The chunk that has the rows of an output, of an output with the kind of an input. */
export function baseOf(
  plugin: Plugin,
  dataType: string,
  chunks: Readonly<Record<string, Chunk>>,
): Chunk | undefined {
  const kind = plugin.dataKinds[dataType];
  if ((plugin.kind !== "streaming" && plugin.kind !== "static") || kind === dataType) return undefined;
  for (const type of plugin.dependsOn) if (chunks[type]?.dataKind === kind) return chunks[type];
  return undefined;
}

/** The context of one call. */
export class StepContext implements ComputeContext<Readonly<Record<string, unknown>>> {
  readonly runId: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly inputs: Readonly<Record<string, Chunk>>;
  readonly own: { readonly from: number; readonly to: number };
  readonly last: boolean;
  marks: Marks = noMarks;
  readonly #plugin: Plugin;
  readonly #environment: StageEnvironment;
  readonly t0: bigint;
  readonly #flush: boolean;
  readonly #emitted: Table[] = [];
  readonly #inside: ReadonlySet<string>;

  /** @param inside Data types that nobody but the engine and plugins ever sees. */
  constructor(
    step: StageStep,
    { chunks, own }: StepInput,
    interval: Interval,
    readonly state: unknown,
    environment: StageEnvironment,
    readonly signal: AbortSignal,
    inside: ReadonlySet<string>,
  ) {
    this.#inside = inside;
    this.runId = environment.runId;
    this.options = step.options;
    this.inputs = chunks;
    this.own = own;
    this.last = interval.last;
    this.#flush = interval.call === "flush";
    this.#plugin = step.plugin;
    this.#environment = environment;
    this.t0 = chunks[step.plugin.dependsOn[0]!]?.t0 ?? interval.start;
  }

  readonly emit: Emit = (rows, options) => this.emitTo(this.#plugin.name, rows, options);

  readonly emitTo = (dataType: string, rows: number, options?: EmitOptions): Table => {
    const schema = this.#plugin.schemas[dataType];
    if (!schema) {
      throw new RangeError(`It does not provide "${dataType}", only ${this.#plugin.provides.join(", ")}`);
    }
    const { inKernelMemory, ...shape } = options ?? {};
    const { pool, account, kernelMemory } = this.#environment;
    const isInside = this.#inside.has(dataType);
    const source = !inKernelMemory
      ? pool
      : kernelMemory !== undefined && isInside
      ? kernelsOr(pool, kernelMemory)
      : this.#environment.lent?.sourceFor(dataType) ?? pool;
    const memory = { ...shape, pool: source, account, t0: this.t0 };
    const base = this.#flush ? undefined : this.#baseRows(dataType, rows);
    const table = base
      ? emitSameRows(base.table, base.from, commonKeys(base.table, { schema }), rows, {
        schema,
        isInside,
        ...memory,
      })
      : Table.allocate(schema, rows, memory);
    this.#emitted.push(table);
    return table;
  };

  /** The rows of an input whose kind an output has: the plugin's own of the first input, all of another. */
  #baseRows(dataType: string, rows: number): { table: Table; from: number } | undefined {
    const chunk = baseOf(this.#plugin, dataType, this.inputs);
    if (!chunk) return undefined;
    const { table } = chunk;
    const { from, to } = chunk === this.inputs[this.#plugin.dependsOn[0]!]
      ? this.own
      : { from: 0, to: table.length };
    return to - from === rows ? { table, from } : undefined;
  }

  readonly consumedUntil = (offset: number): void => {
    if (!this.#plugin.carryOver) {
      throw new TypeError("It calls consumedUntil but does not declare carryOver: true");
    }
    this.marks = { ...this.marks, consumedUntil: this.t0 + BigInt(offset) };
  };

  readonly hold = (offset: number): void => {
    if (!this.#plugin.stateful) throw new TypeError("It calls hold but is not declared stateful");
    this.marks = { ...this.marks, hold: this.t0 + BigInt(offset) };
  };

  readonly notice = (text: string): void => this.#environment.notice(this.#plugin.name, text);

  /** Release what was emitted but not returned. */
  settle(kept: readonly (Table | null)[]): void {
    for (const table of this.#emitted) if (!kept.includes(table)) table.release();
  }
}

/**
 * A table for rows of `base` from row `from` on, with their keys: the very arrays of `base`, or copies where those would
 * keep alive much more than the columns themselves, count their times from another origin, or lie where only tables inside may.
 */
function emitSameRows(
  base: Table,
  from: number,
  keys: readonly Column[],
  rows: number,
  { schema, isInside, ...options }: AllocateOptions & {
    schema: Table["schema"];
    t0: bigint;
    isInside: boolean;
  },
): Table {
  const wanted = options.share ? keys.filter(({ name }) => options.share![name] === undefined) : keys;
  let bytes = 0;
  for (const key of wanted) bytes += key.bytes * rows;
  const names = wanted.map(({ name }) => name);
  const mayShare = isInside || !wanted.some(({ name }) => isKernelMemory(arrayOf(base, name).buffer));
  if (mayShare && rows === base.length && base.t0 === options.t0 && bytes * 4 >= base.heldBytesOf(names)) {
    const share: Record<string, Table> = { ...options.share };
    for (const name of names) share[name] = base;
    return Table.allocate(schema, rows, { ...options, share });
  }
  const table = Table.allocate(schema, rows, options);
  const shift = rows === 0 ? 0 : exactOffset(base.t0, options.t0);
  for (const { name, kind } of wanted) {
    const source = arrayOf(base, name), target = arrayOf(table, name);
    if (kind === "time") shiftTimes(source, from, from + rows, shift, target, 0);
    else target.set(source.subarray(from, from + rows));
  }
  return table;
}

function arrayOf(table: Table, key: string): Float64Array {
  return table.columns[key] as Float64Array;
}
