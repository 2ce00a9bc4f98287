/**
 * `millrace run`.
 * @module
 */
import type { RunEvent } from "@millrace/core/context";
import type { Plan } from "@millrace/core/plan";
import { FolderStore } from "@millrace/core/store";
import { UsageError } from "../errors.ts";
import { checkProcesses } from "../executors.ts";
import { interruptible } from "../interrupt.ts";
import type { Io } from "../io.ts";
import { openTrace } from "@millrace/core/trace";
import { Progress } from "../render/progress.ts";
import { RunSummary } from "../render/summary.ts";
import { openSession, type SessionOptions } from "../session.ts";

/** Options of `millrace run`. */
export interface RunSettings extends SessionOptions {
  /** Rows a chunk, or `auto`. */
  readonly chunkSize?: string | undefined;
  /** File for a trace of the work. */
  readonly trace?: string | undefined;
  /** Tell what was done as JSON. */
  readonly json?: true | undefined;
  /** Say nothing but errors. */
  readonly quiet?: true | undefined;
}

/** How often counts are shown on a terminal and written into a trace, ms. */
const LIVE_MS = 200, TRACE_MS = 50;

/**
 * Compute data types, store them and tell what was done.
 *
 * @throws {UsageError} On a request that says what cannot be done.
 * @throws {InterruptedError} After a signal: nothing of this run is stored then, what was stored before remains.
 * @throws {Error} When the run fails.
 */
export async function runAction(inputs: readonly string[], settings: RunSettings, io: Io): Promise<void> {
  const { json, quiet, store } = settings;
  const chunkSize = rowsOf(settings.chunkSize);
  if (store === undefined) {
    throw new UsageError("Cannot store results: give a folder with --store, e.g. --store ./data");
  }
  const summary = await interruptible(
    io,
    (signal) => compute(inputs, { ...settings, store, chunkSize }, signal, io),
  );
  if (json) io.out(`${JSON.stringify(summary, null, 2)}\n`);
  else if (!quiet) io.out(summary.toString());
}

interface Computation extends SessionOptions {
  readonly store: string;
  readonly chunkSize: number | "auto" | undefined;
  readonly trace?: string | undefined;
  readonly json?: true | undefined;
  readonly quiet?: true | undefined;
}

async function compute(
  inputs: readonly string[],
  settings: Computation,
  signal: AbortSignal,
  io: Io,
): Promise<RunSummary> {
  const { store, chunkSize, fresh } = settings;
  await using session = await openSession(inputs, settings, signal);
  const { context, runId, types, plan, executors } = session;
  signal.throwIfAborted();
  if (plan.steps.some(({ place }) => place === "process")) await checkProcesses();
  using trace = settings.trace === undefined ? undefined : openTrace(settings.trace);
  const record = trace?.run(runId);
  const progress = settings.json || settings.quiet ? undefined : new Progress(io, runId);
  const read = new Map<string, number>();
  const onEvent = (event: RunEvent) => {
    record?.(event);
    if (event.type === "metrics") progress?.plugins(event.plugins);
    if (event.type !== "input") return;
    read.set(event.plugin, event.done);
    progress?.update(event.done, event.total);
  };
  const live = progress && io.errScreen.terminal ? LIVE_MS : undefined;
  const metricsEvery = trace ? TRACE_MS : live;
  // What is stored is not even looked at again.
  const missing = types.filter((type) => !plan.step(type).stored);
  const replaced = await otherResults(store, plan);
  try {
    const report = missing.length === 0 ? undefined : await context.run(runId, missing, {
      ...executors.settings,
      signal,
      onEvent,
      ...(metricsEvery === undefined ? {} : { metricsEvery }),
      ...(chunkSize === undefined ? {} : { chunkSize }),
      ...(fresh ? { fresh: true } : {}),
    });
    const bytesRead = [...read.values()].reduce((sum, bytes) => sum + bytes, 0);
    return new RunSummary({ store, plan, report, bytesRead, replaced, workers: executors.workers });
  } finally {
    progress?.end();
  }
}

/** Data types of which the store has a result of another lineage than the plan's. */
async function otherResults(store: string, plan: Plan): Promise<Set<string>> {
  const there = await new FolderStore(store).list();
  const hashes = new Map(plan.steps.flatMap((step) => Object.entries(step.hashes)));
  const others = there.filter(({ runId, dataType, meta }) =>
    meta && runId === plan.runId && hashes.has(dataType) && hashes.get(dataType) !== meta.lineageHash
  );
  return new Set(others.map(({ dataType }) => dataType));
}

function rowsOf(text: string | undefined): number | "auto" | undefined {
  if (text === undefined || text === "auto") return text;
  const rows = Number(text);
  if (/^\s*\d+\s*$/.test(text) && rows > 0 && Number.isSafeInteger(rows)) return rows;
  throw new UsageError(`Cannot use "${text}" as --chunk-size: give a whole number of rows above 0, or auto`);
}
