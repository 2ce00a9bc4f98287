// A named pool and who holds it.

import { type LoadBalancer, useLoadBalancer } from "../balance/load_balancer.ts";
import { WorkerPool } from "../pool/worker_pool.ts";
import { type ConfigDefaults, type ExecutorConfig, type ExecutorKind, poolOptions } from "./config.ts";

/** One executor of a manager. Without a holder it keeps no worker longer than the idle timeout. */
export class ManagedExecutor {
  readonly kind: ExecutorKind;
  readonly pool: WorkerPool;
  /** Most workers that it may ever have; a load balancer may allow fewer for now. */
  readonly max: number;
  balancer: LoadBalancer | undefined;
  refs = 0;
  readonly #min: number;
  readonly #concurrency: number;

  constructor(readonly name: string, readonly config: ExecutorConfig, defaults: ConfigDefaults) {
    const options = poolOptions(config, defaults);
    this.kind = config.type ?? "thread";
    this.#min = options.min;
    this.max = options.max;
    this.#concurrency = options.concurrency;
    this.pool = new WorkerPool({ ...options, min: 0 });
  }

  /** Another holder. */
  hold(): void {
    if (this.refs++ > 0) return;
    const settings = this.config.useLoadBalancer;
    if (!settings) return this.pool.resize({ min: this.#min, max: this.max });
    this.balancer = useLoadBalancer(this.pool, {
      ...(typeof settings === "object" && settings),
      min: this.#min,
      max: this.max,
      concurrency: this.#concurrency,
    });
  }

  /** A holder less. */
  release(): void {
    if (--this.refs > 0) return;
    this.#stopBalancing();
    if (this.pool.isOpen) this.pool.resize({ min: 0, max: this.max });
  }

  /** Ends the pool when its tasks have ended. */
  close(): Promise<void> {
    this.#stopBalancing();
    return this.pool.close();
  }

  /** Ends the pool, rejecting its tasks. */
  abort(reason: unknown): Promise<void> {
    this.#stopBalancing();
    return this.pool.abort(reason);
  }

  #stopBalancing(): void {
    this.balancer?.[Symbol.dispose]();
    this.balancer = undefined;
  }
}
