/**
 * Named executors that are shared and stay warm between calls.
 *
 * An executor is a pool of workers under a name. Whoever needs it takes a lease; when the last lease is gone, its workers stay for
 * the idle timeout, so that the next one finds them ready. Nothing keeps a process alive longer than that: a program that forgets to
 * dispose of its manager ends when its workers have been idle, unless it keeps a lease with `minWorkers`.
 *
 * Failure contract: `await using` (or `close`) lets submitted tasks end, then ends all workers; `abort` rejects them. An executor
 * whose pool has failed or was closed is replaced by the next `getExecutor`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { ExecutorManager } from "@millrace/executor/manager";
 *
 * const square = { module: "data:text/javascript,export const square = (x) => x * x;", export: "square" };
 * await using manager = new ExecutorManager();
 * for (const value of [3, 4]) {
 *   await using lease = manager.getExecutor("squares", { type: "thread", maxWorkers: 1 });
 *   assert.equal(await lease.pool.run(square, value), value * value);
 * }
 * const [squares] = manager.listExecutors();
 * assert.deepEqual([squares?.workers, squares?.refs, squares?.state], [1, 0, "idle"]); // one worker did both
 * ```
 * @module
 */
import { isDeepStrictEqual } from "node:util";
import { BufferPool } from "@millrace/core/buffers";
import type { ExecutorProvider, RunExecutor, RunRequest, RunSettings } from "@millrace/core/executor";
import type { ExecutorType, Plugin } from "@millrace/core/plugin";
import { ManagedExecutor } from "./_managed_executor.ts";
import { checkConfig, type ExecutorConfig, type ExecutorKind, MOST_WORKERS } from "./config.ts";
import { Lease } from "./lease.ts";
import { openRun, runPlace } from "./open_run.ts";
import { Presets } from "./presets.ts";

export { type ExecutorConfig, type ExecutorKind, MOST_WORKERS, type StrategyName } from "./config.ts";
export { Lease } from "./lease.ts";
export { Presets } from "./presets.ts";

/** Settings of a manager. */
export interface ExecutorManagerOptions {
  /** Most workers of executors that don't say. Default: the machine's processors. */
  readonly defaultWorkers?: number;
  /** Ms after which idle workers are ended, for executors that don't say. Default: 10,000. */
  readonly idleTimeout?: number;
  /** Where runs compute plugins that nobody says anything about. Default: `"thread"`. */
  readonly defaultType?: ExecutorKind;
}

/** An executor as `listExecutors` shows it. */
export interface ExecutorInfo {
  /** Name. */
  readonly name: string;
  /** Where tasks run. */
  readonly kind: ExecutorKind;
  /** Workers that are alive. */
  readonly workers: number;
  /** Leases that are held. */
  readonly refs: number;
  /** Tasks that wait. */
  readonly queued: number;
  /** `busy`: it has tasks; `idle`: its workers wait for tasks; `cold`: it has no workers; `ended`: its pool has failed or was closed. */
  readonly state: "busy" | "idle" | "cold" | "ended";
}

/** Sums over the executors of a manager. */
export interface ManagerStats {
  /** Executors. */
  readonly executors: number;
  /** Executors by kind. */
  readonly kinds: Readonly<Record<ExecutorKind, number>>;
  /** Leases that are held. */
  readonly refs: number;
  /** Workers that are alive. */
  readonly workers: number;
  /** Tasks that wait. */
  readonly queued: number;
  /** Tasks that gave a result, of executors that are still there. */
  readonly done: number;
  /** Most workers of executors that don't say. */
  readonly defaultWorkers: number;
}

/** Keeps named executors. */
export class ExecutorManager implements ExecutorProvider, AsyncDisposable {
  /** Named settings. */
  readonly presets: Presets = new Presets();
  /** Buffers that runs use one after the other: shared ones for threads, others. */
  readonly buffers: { readonly shared: BufferPool; readonly plain: BufferPool } = {
    shared: new BufferPool({ shared: true }),
    plain: new BufferPool(),
  };
  readonly #executors = new Map<string, ManagedExecutor>();
  /** Executors that were replaced and are ending. */
  readonly #ending = new Set<Promise<void>>();
  #defaultWorkers: number;
  /** Where runs compute plugins that nobody says anything about. */
  readonly defaultType: ExecutorKind;
  readonly #idleTimeout: number;
  #closed: Promise<void> | undefined;

  /** A manager without executors yet. @throws {RangeError} When a setting is out of range. */
  constructor(options: ExecutorManagerOptions = {}) {
    const { defaultWorkers = Math.max(1, navigator.hardwareConcurrency), idleTimeout = 10_000 } = options;
    this.#defaultWorkers = checkWorkers(defaultWorkers);
    this.defaultType = checkConfig({ type: options.defaultType ?? "thread" }).type!;
    if (!(idleTimeout >= 0)) {
      throw new RangeError(`idleTimeout must be at least 0 ms: received ${idleTimeout}`);
    }
    this.#idleTimeout = idleTimeout;
  }

  /**
   * Hold an executor, which is made when there is none of the name.
   *
   * @param config Settings, or the name of a preset. Without, an existing executor is taken as it is, a new one has the defaults.
   * @throws {TypeError} On wrong settings, when the executor is held with other settings, or after the manager's end.
   * @throws {RangeError} On numbers out of range or an unknown preset.
   */
  getExecutor(name: string, config?: ExecutorConfig | string): Lease {
    if (this.#closed) {
      throw new TypeError(`Cannot get executor "${name}": the manager was closed; make a new one`);
    }
    if (name === "") throw new TypeError("Cannot get an executor without a name");
    const wanted = config === undefined
      ? undefined
      : typeof config === "string"
      ? this.presets.get(config)
      : checkConfig(config);
    let executor = this.#executors.get(name);
    if (executor && wanted && !isDeepStrictEqual(executor.config, wanted) && executor.refs > 0) {
      throw new TypeError(
        `Cannot get executor "${name}" with ${Deno.inspect(wanted)}: it is in use with ` +
          `${Deno.inspect(executor.config)}; release its leases before, or use another name`,
      );
    }
    if (
      !executor || !executor.pool.isOpen ||
      wanted && !isDeepStrictEqual(executor.config, wanted)
    ) {
      const defaults = { maxWorkers: this.#defaultWorkers, idleTimeout: this.#idleTimeout };
      const made = new ManagedExecutor(name, wanted ?? executor?.config ?? {}, defaults);
      if (executor) this.#retire(executor);
      this.#executors.set(name, executor = made);
    }
    executor.hold();
    return new Lease(executor);
  }

  /**
   * End one executor when its tasks have ended, whoever holds it: its pool takes no more. Gives false when there is none of
   * the name.
   */
  async shutdownExecutor(name: string): Promise<boolean> {
    const executor = this.#executors.get(name);
    if (!executor) return false;
    this.#executors.delete(name);
    await this.#retire(executor);
    return true;
  }

  /** A copy of a preset's settings. @throws {RangeError} When there is none of the name. */
  getPreset(name: string): ExecutorConfig {
    return this.presets.get(name);
  }

  /** Add a preset. @throws {TypeError} When the name is a built-in one's or the settings are wrong. */
  registerPreset(name: string, config: ExecutorConfig): void {
    this.presets.register(name, config);
  }

  /** Say how many workers executors have at most that are made from now on and don't say themselves. @throws {RangeError} Below 1. */
  configureDefaultWorkers(workers: number): void {
    this.#defaultWorkers = checkWorkers(workers);
  }

  /** Most workers of executors that don't say. */
  get defaultWorkers(): number {
    return this.#defaultWorkers;
  }

  /** All executors, in order of their names. */
  listExecutors(): ExecutorInfo[] {
    return [...this.#executors.values()].map(({ name, kind, pool, refs }): ExecutorInfo => {
      const { workers, busy, queued } = pool.load();
      const state = !pool.isOpen ? "ended" : busy + queued > 0 ? "busy" : workers > 0 ? "idle" : "cold";
      return { name, kind, workers, refs, queued, state };
    }).sort((a, b) => a.name < b.name ? -1 : 1);
  }

  /** Sums over all executors. */
  stats(): ManagerStats {
    const kinds = { inline: 0, thread: 0, process: 0 };
    let refs = 0, workers = 0, queued = 0, done = 0;
    for (const executor of this.#executors.values()) {
      const load = executor.pool.load();
      kinds[executor.kind]++;
      refs += executor.refs;
      workers += load.workers;
      queued += load.queued;
      done += load.done;
    }
    return {
      executors: this.#executors.size,
      kinds,
      refs,
      workers,
      queued,
      done,
      defaultWorkers: this.#defaultWorkers,
    };
  }

  /** Where a plugin of a run is computed. @throws {TypeError} When a worker cannot find the plugin. */
  placeOf(plugin: Plugin, settings: RunSettings): ExecutorType {
    return runPlace(this, plugin, settings);
  }

  /** An executor for one run: what a `Context` asks for. Runs with the same settings share their workers. */
  openRun(request: RunRequest): RunExecutor {
    return openRun(this, request);
  }

  /** Takes no more leases, waits for what was submitted, and ends all workers. */
  close(): Promise<void> {
    return this.#closed ??= this.#end((executor) => executor.close());
  }

  /** Takes no more leases, rejects what was submitted, and ends all workers. */
  abort(reason: unknown = new DOMException("The executor manager was aborted", "AbortError")): Promise<void> {
    return this.#closed = this.#end((executor) => executor.abort(reason));
  }

  /** Same as `close()`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #end(how: (executor: ManagedExecutor) => Promise<void>): Promise<void> {
    await Promise.all([...[...this.#executors.values()].map(how), ...this.#ending]);
    for (const pool of Object.values(this.buffers)) pool.clear();
  }

  #retire(executor: ManagedExecutor): Promise<void> {
    const ended = executor.close().finally(() => this.#ending.delete(ended));
    this.#ending.add(ended);
    return ended;
  }
}

function checkWorkers(workers: number): number {
  if (Number.isInteger(workers) && workers >= 1 && workers <= MOST_WORKERS) return workers;
  throw new RangeError(
    `Default workers must be a whole number from 1 to ${MOST_WORKERS}: received ${workers}`,
  );
}
