// Where the work of a context is done: one executor for all runs, or one that is opened for each.

import {
  type Executor,
  type ExecutorProvider,
  InlineExecutor,
  isProvider,
  type RunExecutor,
  type RunSettings,
} from "../engine/executor.ts";
import type { Plugin } from "../plugin/plugin.ts";
import type { Plan } from "./plan.ts";

/** Name of the executor (or of its kind) that would compute a plugin. */
export function placeOf(
  executor: Executor | ExecutorProvider | undefined,
  plugin: Plugin,
  settings: RunSettings,
): string {
  if (!executor) return "inline";
  return isProvider(executor) ? executor.placeOf(plugin, settings) : executor.name;
}

/** The executor of a run: the context's, or one of the run's own. */
export function openExecutor(
  executor: Executor | ExecutorProvider = new InlineExecutor(),
  plan: Plan,
  memory: number,
  settings: RunSettings,
): Executor | RunExecutor {
  if (!isProvider(executor)) return executor;
  const plugins = plan.steps.flatMap(({ plugin, stored }) => stored ? [] : [plugin]);
  const { executorType, executorConfig, maxWorkers, useLoadBalancer } = settings;
  return executor.openRun({
    runId: plan.runId,
    memory,
    plugins,
    executorType,
    executorConfig,
    maxWorkers,
    useLoadBalancer,
  });
}
