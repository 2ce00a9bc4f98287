/**
 * How a run is asked for, and what it tells when it is finished.
 * @module
 */
import { parseTime } from "../data/units.ts";
import type { RunSettings } from "../engine/executor.ts";
import type { PluginMetrics, RunEvent } from "../engine/node.ts";
import type { ConfigValues } from "../options/config.ts";
import type { TimeRange } from "../plugin/plugin.ts";
import type { SelectOptions } from "../select/select_chunks.ts";
import type { ChunkTarget, StoredResult } from "../store/types.ts";
import type { Plan } from "./plan.ts";

/** How one request runs. The settings for executors take effect with one that has workers. */
export interface RunOptions extends RunSettings {
  /** Only rows that start in `[start, end)`, ps. Nothing is stored then. */
  readonly timeRange?: TimeRangeInput;
  /**
   * Rows a chunk, over what plugins say. `"auto"`: such that plugins work on a chunk for some 12 ms, or 50 ms where results
   * are stored, as is found out on the way.
   */
  readonly chunkSize?: number | "auto";
  /** Whether several stretches of a plugin may be computed at once. Default true; takes effect with an executor that can. */
  readonly parallel?: boolean;
  /** Option values of this run alone, over those of the context. */
  readonly config?: ConfigValues;
  /**
   * Compute anew what is stored, and what an interrupted run left, which is removed. What is stored stays until the run has
   * come to its end; where nothing is, an interruption keeps what is complete, for a run without `fresh`.
   */
  readonly fresh?: boolean;
  /**
   * Where chunks of results that are begun now end: `bytes` of rows in memory, `spanPs` at most. Changes no row and no lineage, and is kept
   * with the result, also when it is gone on with. Default: 8 MiB (less with little memory) and 60 s.
   */
  readonly storedChunks?: Partial<ChunkTarget>;
  /** Data types to compute and store too, beside what plugins and context say; none whose policy is `never`. */
  readonly save?: readonly string[];
  /** Ends the run. */
  readonly signal?: AbortSignal;
  /** Told what the run does, beside the context's own listener. What it throws ends the run. */
  readonly onEvent?: (event: RunEvent) => void;
  /** Tell how things stand (a `metrics` event) every so many milliseconds. Default: never. */
  readonly metricsEvery?: number;
}

/** How data are given: {@linkcode RunOptions}, and which of them. */
export interface LoadOptions extends RunOptions, SelectOptions {
  /** Most rows or bytes of a chunk that is given, however it was computed or stored. Default: as they come. */
  readonly rechunk?: { readonly rows?: number; readonly bytes?: number };
}

/** Start (included) and end (excluded): picoseconds, or text such as `"1.5ms"`. */
export type TimeRangeInput = readonly [start: bigint | number | string, end: bigint | number | string];

/** What a finished run tells. */
export interface RunReport {
  /** Name of the run. */
  readonly runId: string;
  /** Milliseconds. */
  readonly elapsedMs: number;
  /** What was done: results that others completed since an earlier plan are read in it. */
  readonly plan: Plan;
  /** Counts by plugin, in the order of the work. */
  readonly plugins: ReadonlyMap<string, PluginMetrics>;
  /** Stored results by data type: written now, or found. */
  readonly stored: ReadonlyMap<string, StoredResult>;
  /** Where results were gone on with that an interrupted run had left, by data type, ps. */
  readonly resumed: ReadonlyMap<string, bigint>;
  /** What plugins had to say. */
  readonly notices: readonly string[];
  /** Highest number of bytes held at once. */
  readonly peakBytes: number;
}

/**
 * The time range of a request, with its other numbers checked too.
 *
 * @throws {RangeError} On an empty time range, and a number that must be above 0 and is not.
 */
export function checkRunOptions(options: RunOptions): TimeRange | undefined {
  const timeRange = options.timeRange && checkRange(options.timeRange);
  if (options.chunkSize !== "auto") checkCount("chunkSize", options.chunkSize);
  const { bytes, spanPs } = options.storedChunks ?? {};
  checkCount("storedChunks.bytes", bytes);
  if (spanPs !== undefined && spanPs <= 0n) {
    throw new RangeError(`storedChunks.spanPs must be above 0 ps: received ${spanPs}`);
  }
  checkCount("maxWorkers", options.maxWorkers);
  checkCount("metricsEvery", options.metricsEvery);
  return timeRange;
}

function checkRange([from, to]: TimeRangeInput): TimeRange {
  const start = parseTime(from), end = parseTime(to);
  if (start < end) return [start, end];
  throw new RangeError(`The time range [${from}, ${to}) is empty: its start must be below its end`);
}

function checkCount(name: string, value: number | undefined): void {
  if (value === undefined || (Number.isInteger(value) && value > 0)) return;
  throw new RangeError(`${name} must be a whole number above 0: received ${value}`);
}
