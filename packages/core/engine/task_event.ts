/**
 * What a run tells of each piece of its work: a source's piece read, a stretch computed, a chunk's file written.
 *
 * Times are milliseconds since 1970 with fractions of a microsecond, on one scale for all threads and processes of a machine.
 * @module
 */
import type { StageResult } from "./stage.ts";

/** One piece of work was done. */
export interface TaskEvent {
  /** Kind of event. */
  readonly type: "task";
  /** What was done; `flush` ends a segment of a plugin with state. */
  readonly task: "read" | "compute" | "flush" | "write";
  /** The plugins at work, one after the other; of what is written: the data type. */
  readonly plugins: readonly string[];
  /** Milliseconds of each of them; undefined where it is one. */
  readonly busy: Readonly<Record<string, number>> | undefined;
  /** Where it ran: `main`, or kind and number of a worker, e.g. `thread 2`. */
  readonly worker: string;
  /** When it was asked for. */
  readonly submitted: number;
  /** When it began to run. */
  readonly began: number;
  /** When it had run. */
  readonly ended: number;
  /** Start of the rows' stretch, ps; undefined where it is not known. */
  readonly start: bigint | undefined;
  /** End (excluded) of the rows' stretch, ps; undefined where it is not known. */
  readonly end: bigint | undefined;
  /** Rows read, made or written. */
  readonly rows: number;
  /** Their bytes. */
  readonly bytes: number;
}

/** Where and when a task ran, as an executor tells. Times as in {@linkcode TaskEvent}. */
export interface Ran {
  /** Kind and number of the worker, e.g. `thread 2`. */
  readonly worker: string;
  /** When it began to run. */
  readonly began: number;
  /** When it had run. */
  readonly ended: number;
}

const { timeOrigin } = performance;

/** Milliseconds since 1970, with fractions: the same scale in all threads and processes of a machine. */
export function clock(): number {
  return timeOrigin + performance.now();
}

/** Rows and bytes of what a task gave. */
export function sizeOf({ outputs }: StageResult): { rows: number; bytes: number } {
  let rows = 0, bytes = 0;
  for (const table of Object.values(outputs)) {
    rows += table?.length ?? 0;
    bytes += table?.nbytes ?? 0;
  }
  return { rows, bytes };
}
