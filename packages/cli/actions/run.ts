/**
 * `millrace run`.
 * @module
 */
import type { RunEvent } from "@millrace/core/context";
import type { ChunkTarget } from "@millrace/core/store";
import { formatTime, parseBytes, parseTime } from "@millrace/core/units";
import { InterruptedError, usage, UsageError } from "../errors.ts";
import { checkProcesses } from "../executors.ts";
import { interruptible } from "../interrupt.ts";
import type { Io } from "../io.ts";
import { openTrace } from "@millrace/core/trace";
import { Covered } from "../render/covered.ts";
import { Progress } from "../render/progress.ts";
import { RunSummary } from "../render/summary.ts";
import { listOf, openSession, type SessionOptions, tellUnused } from "../session.ts";
import { checkStored } from "./_stored.ts";

/** Options of `millrace run`. */
export interface RunSettings extends SessionOptions {
  /** Rows a chunk, or `auto`. */
  readonly chunkSize?: string | undefined;
  /** Bytes of rows in a stored chunk. */
  readonly chunkBytes?: string | undefined;
  /** Longest time of a stored chunk. */
  readonly chunkSpan?: string | undefined;
  /** File for a trace of the work. */
  readonly trace?: string | undefined;
  /** Tell what was done as JSON. */
  readonly json?: true | undefined;
  /** Say nothing but errors. */
  readonly quiet?: true | undefined;
}

/** How often progress is shown on a terminal and looked at elsewhere, and counts are written into a trace, ms. */
const LIVE_MS = 200, LINES_MS = 1000, TRACE_MS = 50;

/**
 * Compute data types, store them and tell what was done.
 *
 * @throws {UsageError} On a request that says what cannot be done.
 * @throws {InterruptedError} After a signal: says up to where results are kept, from where the same command goes on.
 * @throws {Error} When the run fails.
 */
export async function runAction(inputs: readonly string[], settings: RunSettings, io: Io): Promise<void> {
  const { json, quiet, store } = settings;
  const chunkSize = rowsOf(settings.chunkSize);
  const storedChunks = usage(() => targetOf(settings));
  if (store === undefined) {
    throw new UsageError("Cannot store results: give a folder with --store, e.g. --store ./data");
  }
  const left: Left = { kept: new Map(), unchanged: new Set() };
  let summary: RunSummary;
  try {
    summary = await interruptible(
      io,
      (signal) => compute(inputs, { ...settings, store, chunkSize, storedChunks }, signal, left, io),
    );
  } catch (error) {
    const text = leftText(left, settings.fresh ?? false);
    if (error instanceof InterruptedError) throw new InterruptedError(error.signal, text);
    if (text !== undefined) io.err(`${text.charAt(0).toUpperCase()}${text.slice(1)}\n`);
    throw error;
  }
  if (json) io.out(`${JSON.stringify(summary, null, 2)}\n`);
  else if (!quiet) io.out(summary.toString());
}

/** What a run leaves that did not come to its end. */
interface Left {
  /** Up to where what was computed is kept, by data type. */
  readonly kept: Map<string, bigint>;
  /** Data types of which the results of before are still there. */
  readonly unchanged: Set<string>;
}

function leftText({ kept, unchanged }: Left, fresh: boolean): string | undefined {
  if (kept.size === 0 && unchanged.size === 0) return undefined;
  const types = [...kept].map(([type, until]) => `${type} up to ${formatTime(until)}`).join(", ");
  const own = kept.size === 0
    ? "nothing of this run is kept"
    : `kept are ${types}; the same command ${fresh ? "without --fresh " : ""}resumes from there`;
  if (unchanged.size === 0) return own;
  return `${own}; of ${[...unchanged].join(", ")} the result of before is still there`;
}

interface Computation extends SessionOptions {
  readonly store: string;
  readonly chunkSize: number | "auto" | undefined;
  readonly storedChunks: Partial<ChunkTarget>;
  readonly trace?: string | undefined;
  readonly json?: true | undefined;
  readonly quiet?: true | undefined;
}

async function compute(
  inputs: readonly string[],
  settings: Computation,
  signal: AbortSignal,
  { kept, unchanged }: Left,
  io: Io,
): Promise<RunSummary> {
  const { store, chunkSize, storedChunks, fresh } = settings;
  await using session = await openSession(inputs, settings, signal);
  const { context, runId, types, plan, executors } = session;
  signal.throwIfAborted();
  if (!settings.quiet) tellUnused(session, io);
  if (plan.steps.some(({ place }) => place === "process")) await checkProcesses();
  // Threads and what is computed in place have all rights of the program: this one is of no use to the run.
  else if (![...context.providers.values()].some(({ sandboxed }) => sandboxed)) io.giveUpPrograms();
  using trace = settings.trace === undefined ? undefined : openTrace(settings.trace);
  const record = trace?.run(runId);
  const progress = settings.json || settings.quiet ? undefined : new Progress(io, runId);
  const covered = new Covered(plan);
  const read = new Map<string, number>();
  const onEvent = (event: RunEvent) => {
    record?.(event);
    covered.take(event);
    if (event.type === "metrics") {
      progress?.plugins(event.plugins);
      progress?.update(covered.now);
    }
    if (event.type === "kept") kept.set(event.dataType, event.until);
    if (event.type === "unchanged") unchanged.add(event.dataType);
    if (event.type === "waiting" && !settings.quiet) {
      io.err(`Waiting for ${event.owner}, which computes ${event.dataType}\n`);
    }
    if (event.type !== "input") return;
    read.set(event.plugin, event.done - event.skipped);
    progress?.update(covered.now);
  };
  const live = progress && (io.errScreen.terminal ? LIVE_MS : LINES_MS);
  const metricsEvery = trace ? TRACE_MS : live;
  // Of what is wanted and stored no file is read again.
  const save = listOf(settings.save);
  const missing = [...types, ...save].filter((type) => !plan.step(type).stored);
  try {
    await checkStored(plan, inputs, settings, signal);
    const report = missing.length === 0 ? undefined : await context.run(runId, types, {
      ...executors.settings,
      signal,
      onEvent,
      storedChunks,
      ...(metricsEvery === undefined ? {} : { metricsEvery }),
      ...(chunkSize === undefined ? {} : { chunkSize }),
      ...(fresh ? { fresh: true } : {}),
      ...(save.length > 0 ? { save } : {}),
    });
    const bytesRead = [...read.values()].reduce((sum, bytes) => sum + bytes, 0);
    return new RunSummary({ store, plan, report, bytesRead, workers: executors.workers });
  } finally {
    progress?.end();
  }
}

function targetOf({ chunkBytes, chunkSpan }: RunSettings): Partial<ChunkTarget> {
  return {
    ...(chunkBytes === undefined ? {} : { bytes: parseBytes(chunkBytes) }),
    ...(chunkSpan === undefined ? {} : { spanPs: parseTime(chunkSpan) }),
  };
}

function rowsOf(text: string | undefined): number | "auto" | undefined {
  if (text === undefined || text === "auto") return text;
  const rows = Number(text);
  if (/^\s*\d+\s*$/.test(text) && rows > 0 && Number.isSafeInteger(rows)) return rows;
  throw new UsageError(`Cannot use "${text}" as --chunk-size: give a whole number of rows above 0, or auto`);
}
