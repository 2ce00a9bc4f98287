/**
 * Where a run is computed, as the command line says it.
 * @module
 */
import type { ExecutorProvider, RunSettings } from "@millrace/core/executor";
import { UsageError } from "./errors.ts";

/** What the command line says about executors. */
export interface ExecutorSettings {
  /** `thread`, `process` or `inline`. Default: threads, unless a plugin says otherwise. */
  readonly executor?: string | undefined;
  /** Most workers. Default: the machine's processors. */
  readonly workers?: string | undefined;
}

/** Where runs are computed. */
export interface Executors {
  /** For a context; undefined: in place. */
  readonly provider: ExecutorProvider | undefined;
  /** For plans and runs. */
  readonly settings: RunSettings;
  /** Most workers; 0: in place. */
  readonly workers: number;
  /** End the workers: when they have done what they have, or at once. */
  end(reason?: unknown): Promise<void>;
}

/** What worker processes are started with. */
const SHELL = "/bin/sh";

const KINDS = ["thread", "process", "inline"] as const;

/**
 * Check settings. Workers start when a run needs them.
 *
 * @throws {UsageError} On a kind that there is not, a number that is none, or several workers for what is done in place.
 */
export async function openExecutors(given: ExecutorSettings): Promise<Executors> {
  const kind = kindOf(given.executor);
  const count = countOf(given.workers);
  if (kind === "inline") {
    if (count !== undefined && count > 1) {
      throw new UsageError(
        `Cannot use --workers ${count} with --executor inline, which computes one thing at a time; ` +
          "leave one of them out, or take --executor thread",
      );
    }
    return { provider: undefined, settings: {}, workers: 0, end: () => Promise.resolve() };
  }
  const { ExecutorManager, MOST_WORKERS } = await import("@millrace/executor/manager");
  if (count !== undefined && count > MOST_WORKERS) {
    throw new UsageError(
      `Cannot use --workers ${count}: at most ${MOST_WORKERS}; more than the machine's ` +
        `${navigator.hardwareConcurrency} processors seldom help`,
    );
  }
  const manager = new ExecutorManager();
  return {
    provider: manager,
    settings: { executorType: kind, maxWorkers: count },
    workers: count ?? manager.defaultWorkers,
    end: (reason) => reason === undefined ? manager.close() : manager.abort(reason),
  };
}

/**
 * Whether worker processes may be started, before anything is done in vain.
 *
 * @throws {UsageError} When they may not: says with which permission they may.
 */
export async function checkProcesses(): Promise<void> {
  if (Deno.build.os === "windows") return; // told by the executor, which has none there
  const { state } = await Deno.permissions.query({ name: "run", command: SHELL });
  if (state === "granted") return;
  throw new UsageError(
    `Cannot start worker processes: they need the permission --allow-run=${SHELL} (behind "deno run"); or use ` +
      "--executor thread, which needs none",
  );
}

function kindOf(text: string | undefined): typeof KINDS[number] | undefined {
  const kind = KINDS.find((kind) => kind === text);
  if (text === undefined || kind) return kind;
  throw new UsageError(`Cannot use "${text}" as --executor: there are ${KINDS.join(", ")}`);
}

function countOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const count = Number(text);
  if (/^\s*\d+\s*$/.test(text) && count > 0 && Number.isSafeInteger(count)) return count;
  throw new UsageError(`Cannot use "${text}" as --workers: give a whole number above 0`);
}
