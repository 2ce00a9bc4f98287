/**
 * Executors for runs: which kinds a run's plugins need, and the pools of those.
 * @module
 */
import type { BufferPool } from "@millrace/core/buffers";
import type { RunExecutor, RunRequest, RunSettings } from "@millrace/core/executor";
import type { ExecutorType, Plugin } from "@millrace/core/plugin";
import type { WorkerPool } from "../pool/worker_pool.ts";
import { placeOf } from "../stage/place.ts";
import { StageExecutor } from "../stage/stage_executor.ts";
import { checkConfig, type ExecutorConfig, type ExecutorKind } from "./config.ts";
import type { Lease } from "./lease.ts";

/** What executors are got from. */
export interface ExecutorSource {
  /** Kind of executors that nobody says anything about. */
  readonly defaultType: ExecutorKind;
  /** Buffers that runs use one after the other: shared ones for threads, others. */
  readonly buffers: { readonly shared: BufferPool; readonly plain: BufferPool };
  /** Hold an executor. */
  getExecutor(name: string, config?: ExecutorConfig | string): Lease;
  /** A copy of a preset's settings. */
  getPreset(name: string): ExecutorConfig;
}

/** Settings of a run's executors: a preset's, or given ones. */
function configOf(source: ExecutorSource, { executorConfig }: RunSettings): ExecutorConfig {
  if (executorConfig === undefined) return {};
  return typeof executorConfig === "string" ? source.getPreset(executorConfig) : checkConfig(executorConfig);
}

/**
 * Where a plugin of a run is computed: what the run says, then what the plugin says, then the manager's default.
 *
 * @throws {TypeError} When a worker cannot find the plugin.
 */
export function runPlace(source: ExecutorSource, plugin: Plugin, settings: RunSettings): ExecutorType {
  const { executorType, executorConfig } = settings;
  const said = executorType ??
    (typeof executorConfig === "object" ? configOf(source, settings).type : undefined);
  return placeOf(plugin, { executorType: said }, source.defaultType);
}

/** Modules of the plugins that are computed in workers of a kind, each once. */
function modulesIn(places: ReadonlyMap<Plugin, ExecutorType>, type: ExecutorType): string[] {
  const here = [...places].filter(([, place]) => place === type);
  return [...new Set(here.flatMap(([{ module }]) => module ?? []))];
}

/**
 * An executor for one run, over pools that runs with the same settings share.
 *
 * @throws {RangeError} On an unknown preset.
 * @throws {TypeError} On wrong settings, or a plugin that a worker cannot find.
 */
export function openRun(source: ExecutorSource, request: RunRequest): RunExecutor {
  const { runId, memory, maxWorkers, useLoadBalancer } = request;
  const places = new Map(request.plugins.map((plugin) => [plugin, runPlace(source, plugin, request)]));
  const base = configOf(source, request);
  const leases: Lease[] = [];
  const pools: Partial<Record<ExecutorType, WorkerPool>> = {};
  let workers = 0;
  try {
    for (const type of new Set(places.values())) {
      if (type === "inline") continue;
      const { process, ...rest } = base;
      const config = checkConfig({
        ...rest,
        type,
        ...(process && type === "process" ? { process } : {}),
        ...(maxWorkers === undefined ? {} : { maxWorkers }),
        ...(useLoadBalancer === undefined ? {} : { useLoadBalancer }),
      });
      const lease = source.getExecutor(`runs ${JSON.stringify(config)}`, config);
      leases.push(lease);
      pools[type] = lease.pool;
      workers += lease.maxWorkers;
    }
  } catch (error) {
    for (const lease of leases) lease.release();
    throw error;
  }
  return new StageExecutor({
    runId,
    memory,
    placeOf: (plugin) => places.get(plugin) ?? runPlace(source, plugin, request),
    pools,
    workers,
    ahead: useLoadBalancer || base.useLoadBalancer ? [] : modulesIn(places, "thread"),
    buffers: pools.thread ? source.buffers.shared : source.buffers.plain,
    done: () => {
      for (const lease of leases) lease.release();
      return Promise.resolve();
    },
  });
}
