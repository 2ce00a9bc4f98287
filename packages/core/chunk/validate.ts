/**
 * Whether a chunk keeps all laws.
 *
 * Complexity: O(rows); O(1) a row and column.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Chunk } from "@millrace/core/chunk";
 * import { validate } from "@millrace/core/validate";
 * import { Table } from "@millrace/core/table";
 * import { schema } from "@millrace/core/schema";
 *
 * const rows = Table.from(schema({ time: "time", endtime: "time" }), { time: [1n, 5n], endtime: [3n, 4n] });
 * using hits = new Chunk(rows, { start: 0n, end: 10n });
 * const report = validate(hits);
 * assert.equal(report.ok, false);
 * assert.deepEqual(report.problems.map(({ rule, row }) => [rule, row]), [["endtime", 1]]);
 * ```
 * @module
 */
import type { ColumnTypes, Ragged } from "../data/schema.ts";
import { continuityFault } from "./_continuity_fault.ts";
import { compareRest, keysOf } from "./_keys.ts";
import { type Chunk, coverEndOf, endtimesOf, timesOf } from "./chunk.ts";
import { type Order, orderOf } from "./order.ts";

/**
 * A law of chunks:
 * - `integer`: times are exact integers (ps);
 * - `interval`: rows start in the chunk's interval;
 * - `endtime`: rows do not end before they start;
 * - `order`: rows are in total order;
 * - `duplicate`: no two rows have equal keys (a warning: their order is then up to whoever made them);
 * - `cover`: `coverEnd` is the highest endtime of this and all earlier chunks;
 * - `ragged`: offsets of ragged columns do not decrease and lie in the pool;
 * - `continuity`: the chunk follows the one before.
 */
export type Rule =
  | "integer"
  | "interval"
  | "endtime"
  | "order"
  | "duplicate"
  | "cover"
  | "ragged"
  | "continuity";

/** A law that a chunk breaks. */
export interface Problem {
  /** Which law. */
  readonly rule: Rule;
  /** Warnings leave the chunk valid. */
  readonly level: "error" | "warning";
  /** The first row that breaks it; `undefined` where the chunk as a whole does. */
  readonly row: number | undefined;
  /** How many rows break it. */
  readonly count: number;
  /** What was found, naming the first row. */
  readonly message: string;
}

/** What {@linkcode validate} found. */
export interface ValidationReport {
  /** Whether there is no error; there may be warnings. */
  readonly ok: boolean;
  /** One entry a law that is broken (and column, of ragged columns and times). */
  readonly problems: readonly Problem[];
}

/** What {@linkcode validate} may be told. */
export interface ValidateOptions {
  /** Columns of the total order. Default: {@linkcode orderOf} the schema. */
  readonly order?: Order;
  /** The chunk before, which this one has to follow. It may be released. */
  readonly previous?: Chunk;
}

/**
 * All laws that `chunk` breaks.
 *
 * @throws {RangeError} On an unknown order column, or a table without `time`.
 */
export function validate<C extends ColumnTypes>(
  chunk: Chunk<C>,
  options: ValidateOptions = {},
): ValidationReport {
  const subject = chunk as Chunk;
  const { order = orderOf(subject.schema), previous } = options;
  const problems: Problem[] = [];
  const add = (rule: Rule, message: string, row?: number, count = 1) => {
    problems.push({ rule, level: rule === "duplicate" ? "warning" : "error", row, count, message });
  };
  checkIntegers(subject, add);
  const exact = problems.length === 0;
  checkRagged(subject, add);
  checkIntervals(subject, add);
  checkEndtimes(subject, add);
  checkOrder(subject, order, add);
  if (exact) checkCover(subject, previous, add);
  const fault = previous && continuityFault(previous, subject);
  if (fault) add("continuity", fault.message);
  return { ok: problems.every(({ level }) => level === "warning"), problems };
}

/**
 * Check that `chunk` keeps all laws; warnings are let pass.
 *
 * @throws {RangeError} Otherwise: names every law that is broken and the first row that breaks it.
 */
export function assertValid<C extends ColumnTypes>(chunk: Chunk<C>, options: ValidateOptions = {}): void {
  const { ok, problems } = validate(chunk, options);
  if (ok) return;
  const errors = problems.filter(({ level }) => level === "error").map(({ message }) => message);
  throw new RangeError(`Chunk ${chunk} breaks the laws of chunks: ${errors.join("; ")}`);
}

type Add = (rule: Rule, message: string, row?: number, count?: number) => void;

/** Report the rows for which `broken` holds, with `message` of the first. */
function each(n: number, broken: (i: number) => boolean, report: (row: number, count: number) => void): void {
  let row = -1, count = 0;
  for (let i = 0; i < n; i++) {
    if (!broken(i)) continue;
    if (count++ === 0) row = i;
  }
  if (count > 0) report(row, count);
}

function times(count: number): string {
  return count === 1 ? "" : ` (and ${count - 1} more rows)`;
}

function checkIntegers({ table }: Chunk, add: Add): void {
  for (const { name, kind } of table.schema.columns) {
    if (kind !== "time") continue;
    const data = table.get(name, "time");
    each(table.length, (i) => !Number.isSafeInteger(data[i]), (row, count) => {
      add("integer", `${name} of row ${row} is ${data[row]}, no exact integer${times(count)}`, row, count);
    });
  }
}

function checkRagged({ table }: Chunk, add: Add): void {
  for (const { name, kind } of table.schema.columns) {
    if (kind !== "ragged") continue;
    const { offsets, values } = table.columns[name] as Ragged;
    const bad = (i: number) => offsets[i]! > offsets[i + 1]! || offsets[i + 1]! > values.length;
    each(table.length, bad, (row, count) => {
      const range = `${offsets[row]} to ${offsets[row + 1]}`;
      add(
        "ragged",
        `${name} of row ${row} lies at ${range} of ${values.length} values${times(count)}`,
        row,
        count,
      );
    });
  }
}

function checkIntervals(chunk: Chunk, add: Add): void {
  const { table, start, end, t0 } = chunk;
  const starts = timesOf(table);
  const first = Number(start - t0), last = Number(end - t0);
  each(table.length, (i) => starts[i]! < first || starts[i]! >= last, (row, count) => {
    const offset = starts[row]!;
    add(
      "interval",
      `row ${row} starts at t0 + ${offset} ps, outside the interval${times(count)}`,
      row,
      count,
    );
  });
}

function checkEndtimes({ table }: Chunk, add: Add): void {
  const starts = timesOf(table), ends = endtimesOf(table);
  each(table.length, (i) => ends[i]! < starts[i]!, (row, count) => {
    add(
      "endtime",
      `row ${row} ends ${starts[row]! - ends[row]!} ps before it starts${times(count)}`,
      row,
      count,
    );
  });
}

function checkOrder({ table }: Chunk, order: Order, add: Add): void {
  const { primary, rest, count: n } = keysOf([table], order);
  const compare = (i: number) => {
    const a = primary[i - 1]!, b = primary[i]!;
    return a === b ? compareRest(rest, i - 1, i) : a < b ? -1 : 1;
  };
  const by = `by ${order.join(", ")}`;
  each(n, (i) => i > 0 && compare(i) > 0, (row, count) => {
    add("order", `row ${row} comes before row ${row - 1} ${by}${times(count)}`, row, count);
  });
  each(n, (i) => i > 0 && compare(i) === 0, (row, count) => {
    add("duplicate", `rows ${row - 1} and ${row} are equal ${by}${times(count)}`, row, count);
  });
}

function checkCover(chunk: Chunk, previous: Chunk | undefined, add: Add): void {
  const wanted = coverEndOf(chunk.table, previous ? previous.coverEnd : chunk.coverBefore);
  if (chunk.coverEnd === wanted) return;
  add("cover", `coverEnd is ${chunk.coverEnd} ps, the rows so far reach to ${wanted} ps`);
}
