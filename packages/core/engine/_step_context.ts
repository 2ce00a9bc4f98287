// What a plugin is told while it computes one stretch, and the tables that it was given to write to.

import type { Chunk } from "../chunk/chunk.ts";
import type { Column } from "../data/schema.ts";
import { exactOffset, shiftTimes } from "../data/_offset.ts";
import { Table } from "../data/table.ts";
import type { ComputeContext, Emit, Plugin } from "../plugin/plugin.ts";
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

  constructor(
    step: StageStep,
    { chunks, own }: StepInput,
    interval: Interval,
    readonly state: unknown,
    environment: StageEnvironment,
    readonly signal: AbortSignal,
  ) {
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

  /**
   * Whether it is the engine's own context for `plugin`, as it is or as its options make it, not that of a plugin that calls `plugin` for a part
   * of its work.
   */
  static isOf(plugin: Plugin, context: object): boolean {
    return #plugin in context && context.#plugin.computeChunk === plugin.computeChunk;
  }

  readonly emit: Emit = (rows, options) => this.emitTo(this.#plugin.name, rows, options);

  readonly emitTo = (dataType: string, rows: number, options?: Parameters<Emit>[1]): Table => {
    const schema = this.#plugin.schemas[dataType];
    if (!schema) {
      throw new RangeError(`It does not provide "${dataType}", only ${this.#plugin.provides.join(", ")}`);
    }
    const { pool, account } = this.#environment;
    const memory = { ...options, pool, account, t0: this.t0 };
    const base = this.#flush ? undefined : this.#baseRows(dataType, rows);
    const table = base
      ? emitSameRows(base.table, base.from, commonKeys(base.table, { schema }), rows, { schema, ...memory })
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
 * keep alive much more than the columns themselves, or count their times from another origin.
 */
function emitSameRows(
  base: Table,
  from: number,
  keys: readonly Column[],
  rows: number,
  { schema, ...options }: Parameters<typeof Table.allocate>[2] & { schema: Table["schema"]; t0: bigint },
): Table {
  const wanted = options.share ? keys.filter(({ name }) => options.share![name] === undefined) : keys;
  let bytes = 0;
  for (const key of wanted) bytes += key.bytes * rows;
  const names = wanted.map(({ name }) => name);
  if (rows === base.length && base.t0 === options.t0 && bytes * 4 >= base.heldBytesOf(names)) {
    const share: Record<string, Table> = { ...options.share };
    for (const name of names) share[name] = base;
    return Table.allocate(schema, rows, { ...options, share });
  }
  const table = Table.allocate(schema, rows, options);
  const shift = rows === 0 ? 0 : exactOffset(base.t0, options.t0);
  for (const { name, kind } of wanted) {
    const source = base.columns[name] as Float64Array, target = table.columns[name] as Float64Array;
    if (kind === "time") shiftTimes(source, from, from + rows, shift, target, 0);
    else target.set(source.subarray(from, from + rows));
  }
  return table;
}
