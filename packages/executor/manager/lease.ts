/**
 * The right to use a named executor for a while.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { ExecutorManager } from "@millrace/executor/manager";
 *
 * await using manager = new ExecutorManager();
 * await using lease = manager.getExecutor("features", { maxWorkers: 1 });
 * const double = { module: "data:text/javascript,export const double = (x) => 2 * x;", export: "double" };
 * assert.equal(await lease.pool.run(double, 4), 8);
 * ```
 * @module
 */
import type { LoadBalancer } from "../balance/load_balancer.ts";
import type { WorkerPool } from "../pool/worker_pool.ts";
import type { ExecutorKind } from "./config.ts";
import type { ManagedExecutor } from "./_managed_executor.ts";

/** Holds a named executor until it is disposed or released. */
export class Lease implements AsyncDisposable {
  readonly #executor: ManagedExecutor;
  #isHeld = true;

  /** Leases are given by `ExecutorManager.getExecutor`. @ignore */
  constructor(executor: ManagedExecutor) {
    this.#executor = executor;
  }

  /** Name of the executor. */
  get name(): string {
    return this.#executor.name;
  }

  /** Where tasks run. */
  get kind(): ExecutorKind {
    return this.#executor.kind;
  }

  /** The pool that runs tasks. @throws {TypeError} After the release. */
  get pool(): WorkerPool {
    this.#check();
    return this.#executor.pool;
  }

  /** Most workers that the executor may ever have; a load balancer may allow fewer for now. */
  get maxWorkers(): number {
    return this.#executor.max;
  }

  /** The load balancer, where the executor uses one. @throws {TypeError} After the release. */
  get balancer(): LoadBalancer | undefined {
    this.#check();
    return this.#executor.balancer;
  }

  /**
   * Give the executor back. What was submitted goes on. The last release leaves the workers warm until their idle timeout.
   * Doing it twice does nothing.
   */
  release(): void {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    this.#executor.release();
  }

  /** Same as `release()`. */
  [Symbol.asyncDispose](): Promise<void> {
    this.release();
    return Promise.resolve();
  }

  #check(): void {
    if (!this.#isHeld) {
      throw new TypeError(
        `Cannot use executor "${this.name}": its lease was released; ask the manager for another one`,
      );
    }
  }
}
