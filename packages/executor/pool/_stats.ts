// Statistics of a pool out of its parts.

import type { Strategy } from "../balance/strategy.ts";
import type { Entry } from "./_entry.ts";
import type { Histogram } from "./_histogram.ts";
import type { PoolWorker } from "./_pool_worker.ts";
import type { Tally } from "./_tally.ts";
import type { CheckedPoolOptions } from "./options.ts";
import type { Percentiles, PoolLoad, PoolStats } from "./stats.ts";

/** Running sums and present values. */
export function loadOf(workers: ReadonlySet<PoolWorker>, strategy: Strategy<Entry>, tally: Tally): PoolLoad {
  const now = performance.now();
  let { busyMs, workerMs } = tally;
  let busy = 0;
  let memory: number | undefined;
  for (const worker of workers) {
    busyMs += worker.busyUntil(now);
    workerMs += now - worker.startedAt;
    if (worker.tasks > 0) busy++;
    const bytes = worker.connection.memory();
    if (bytes !== undefined) memory = (memory ?? 0) + bytes;
  }
  return {
    workers: workers.size,
    busy,
    queued: strategy.length,
    queuedBytes: strategy.bytes,
    started: tally.wait.count,
    waitMs: tally.wait.sum,
    done: tally.done,
    runMs: tally.run.sum,
    busyMs,
    workerMs,
    memory,
  };
}

/** All statistics. */
export function statsOf(
  workers: ReadonlySet<PoolWorker>,
  strategy: Strategy<Entry>,
  tally: Tally,
  options: CheckedPoolOptions,
): PoolStats {
  const load = loadOf(workers, strategy, tally);
  const { failed, cancelled, timedOut, retried, lost, recycled, died, stuck } = tally;
  return {
    ...load,
    kind: options.transport.kind,
    wait: percentilesOf(tally.wait),
    run: percentilesOf(tally.run),
    utilisation: load.workerMs > 0 ? load.busyMs / load.workerMs : 0,
    failed,
    cancelled,
    timedOut,
    retried,
    lost,
    stolen: strategy.stolen,
    recycled,
    died,
    stuck,
  };
}

function percentilesOf(times: Histogram): Percentiles {
  return { p50: times.quantile(0.5), p95: times.quantile(0.95), p99: times.quantile(0.99) };
}
