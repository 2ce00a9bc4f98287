// A load that changes, on pools of fixed sizes and on one that a load balancer scales.

import { type BalancerSettings, useLoadBalancer } from "@millrace/executor/load-balancer";
import { WorkerPool } from "@millrace/executor/worker-pool";

/** Bursts of equal tasks, and pauses between them. */
export interface ChangingLoad {
  /** How many bursts. Default: 3. */
  readonly bursts?: number;
  /** Tasks of a burst. Default: 1000. */
  readonly tasks?: number;
  /** Ms that a task waits for something, as one that reads would: so the machine's processors don't matter. Default: 20. */
  readonly taskMs?: number;
  /** Ms between the end of a burst and the next one. Default: 3000. */
  readonly pauseMs?: number;
  /** Sizes of the fixed pools. Default: 2, 4 and 8; the largest is also the most that the balancer may have. */
  readonly sizes?: readonly number[];
  /** Settings of the balancer beside its bounds. */
  readonly settings?: Partial<BalancerSettings>;
}

/** What one pool made of it. */
export interface LoadResult {
  /** `fixed 4` or `balanced 1-8`. */
  readonly pool: string;
  /** Time from the first task to the end of the last one, pauses included. */
  readonly makespanSeconds: number;
  /** The same without the pauses: what somebody has waited. */
  readonly waitingSeconds: number;
  /** Life of all workers together: what it has cost. */
  readonly workerSeconds: number;
  /** Changes of the number of workers, as text; empty for fixed pools. */
  readonly history: string;
}

const WAIT = {
  module: "data:text/javascript,export const wait = (ms) => new Promise((done) => setTimeout(done, ms));",
  export: "wait",
};

/** Let the load run on each pool in turn; the last result is that of the balanced one. */
export async function changingLoad(load: ChangingLoad = {}): Promise<LoadResult[]> {
  const { sizes = [2, 4, 8], settings = { interval: 20, cooldown: 300 } } = load;
  const results: LoadResult[] = [];
  for (const size of sizes) results.push(await runOn(load, `fixed ${size}`, { min: size, max: size }));
  const max = Math.max(...sizes);
  results.push(await runOn(load, `balanced 1-${max}`, { min: 1, max }, settings));
  return results;
}

async function runOn(
  { bursts = 3, tasks = 1000, taskMs = 20, pauseMs = 3000 }: ChangingLoad,
  name: string,
  bounds: { readonly min: number; readonly max: number },
  settings?: Partial<BalancerSettings>,
): Promise<LoadResult> {
  await using pool = new WorkerPool(bounds);
  await pool.warm({ workers: bounds.min, functions: [WAIT] });
  using balancer = settings && useLoadBalancer(pool, { ...settings, ...bounds });
  const before = pool.load().workerMs;
  const start = performance.now();
  let pauses = 0;
  for (let burst = 0; burst < bursts; burst++) {
    if (burst > 0) {
      const begin = performance.now();
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
      pauses += performance.now() - begin;
    }
    await Promise.all(Array.from({ length: tasks }, () => pool.run(WAIT, taskMs)));
  }
  const makespan = performance.now() - start;
  return {
    pool: name,
    makespanSeconds: makespan / 1000,
    waitingSeconds: (makespan - pauses) / 1000,
    workerSeconds: (pool.load().workerMs - before) / 1000,
    history: balancer ? String(balancer) : "",
  };
}

if (import.meta.main) {
  const results = await changingLoad();
  console.table(results.map(({ history: _, ...numbers }) => numbers));
  console.log(results.at(-1)!.history);
}
