// Computing stretches where the plugins are.

import { Account } from "@millrace/core/buffers";
import type { Chunk } from "@millrace/core/chunk";
import {
  type Stage,
  type StageEnvironment,
  StageRunner,
  type StageStep,
  StepError,
} from "@millrace/core/stage";
import type { Table } from "@millrace/core/table";
import { clock } from "@millrace/core/task-event";
import type { TaskContext } from "../task/task.ts";
import { TaskAccount } from "./_budget.ts";
import { chunkFrom, received, Return, tableFrom } from "./_forms.ts";
import { PluginFailure, stepOf } from "./_plugins.ts";
import { Places } from "./_place.ts";
import { plain, pool, prepare } from "./_worker_buffers.ts";
import type { PluginSpec, StageReply, StageSpec, StageTask } from "./messages.ts";

interface StageHere {
  readonly stage: Stage;
  readonly runId: string;
  /** With state, one runner for all tasks, which come one after the other. */
  readonly kept: { readonly runner: StageRunner; readonly now: Now } | undefined;
}

/** What a runner's environment charges, and what was said, of the task under way. */
interface Now {
  account: Account;
  kernelMemory: number;
  places: Places | undefined;
  notices: [string, string][];
  began: (step: number) => void;
}

const steps = new Map<string, Promise<StageStep>>();
const stages = new Map<string, Promise<StageHere>>();
const stateless: string[] = [];
const MAX_STAGES = 64;

/** A plugin with its options, loaded once. */
export function stepFor(spec: PluginSpec): Promise<StageStep> {
  const key = JSON.stringify(spec);
  let step = steps.get(key);
  if (!step) {
    steps.set(key, step = stepOf(spec));
    step.catch(() => steps.delete(key)); // told to whoever asked; the next may have more luck
  }
  return step;
}

async function openStage(text: string, shared: boolean): Promise<StageHere> {
  const { runId, id, steps: specs, outputs, ahead, lent = [] } = JSON.parse(text) as StageSpec;
  const steps = await Promise.all(specs.map(stepFor));
  const stage: Stage = { id, steps, outputs, lent, ...(ahead ? { ahead } : {}) };
  return { stage, runId, kept: hasState(stage) ? newRunner(stage, runId, shared) : undefined };
}

function newRunner(stage: Stage, runId: string, shared: boolean): { runner: StageRunner; now: Now } {
  const now: Now = {
    account: new Account(),
    kernelMemory: 0,
    places: undefined,
    notices: [],
    began: () => {},
  };
  const environment: StageEnvironment = {
    runId,
    pool: shared ? pool : plain,
    get account() {
      return now.account;
    },
    get kernelMemory() {
      return now.kernelMemory;
    },
    get lent() {
      return now.places!;
    },
    notice: (plugin, said) => now.notices.push([plugin, said]),
    began: (step) => now.began(step),
  };
  return { runner: new StageRunner(stage, environment), now };
}

function stageFor({ key, spec }: StageTask, shared: boolean): Promise<StageHere> {
  let opened = stages.get(key);
  if (opened) return opened;
  stages.set(key, opened = openStage(spec, shared));
  opened.then(({ stage }) => forgetOld(key, stage), () => stages.delete(key)); // told to whoever asked
  return opened;
}

/** Stages without state are made again when they are needed. */
function forgetOld(key: string, stage: Stage): void {
  if (hasState(stage)) return;
  stateless.push(key);
  if (stateless.length > MAX_STAGES) stages.delete(stateless.shift()!);
}

function hasState({ steps }: Stage): boolean {
  return steps.some(({ plugin }) => plugin.stateful !== undefined || plugin.initialState !== undefined);
}

/** Compute one stretch. */
export async function runStage(task: StageTask, context: TaskContext): Promise<StageReply> {
  const began = clock();
  const shared = task.budget.counts !== undefined;
  prepare(task);
  const { stage, runId, kept } = await stageFor(task, shared);
  const { runner, now } = kept ?? newRunner(stage, runId, shared);
  const account = new TaskAccount(task.budget);
  now.account = account;
  now.kernelMemory = task.budget.idle; // what lay in it stays resident, as idle buffers do
  const buffers = received(task.buffers);
  const places = now.places = new Places(
    task.places ?? [],
    shared && !kept ? stage.lent ?? [] : [],
    pool,
    buffers.map(({ buffer }) => buffer),
  );
  now.notices = [];
  now.began = (step) => context.reached(step);
  const keeps = kept !== undefined;
  const given: Table[] = [];
  try {
    const chunks = task.chunks.map((form): Chunk => {
      const table = tableFrom(form.table, buffers, account, plain);
      // What a plugin keeps of its input must not be used again by its owner.
      const own = shared && keeps ? table.compact({ pool, account }) : table;
      if (own !== table) table.release();
      given.push(own);
      return chunkFrom(form, own, runId);
    });
    const handles = given.flatMap(({ held }) => held.map(({ handle }) => handle));
    const inputs = Object.fromEntries(task.inputs.map(([type, k]) => [type, chunks[k]!]));
    const result = await runner.run(inputs, task.interval, context.signal);
    const back = new Return(buffers, shared, { pool, account }, places);
    const types = Object.keys(result.outputs);
    const forms = back.tables(Object.values(result.outputs));
    for (const table of given) table.release();
    if (!keeps && handles.some(({ refs }) => refs > 0)) {
      throw new PluginFailure(stage.steps[0]!.plugin.name, {
        cause: new Error(
          `${keeperOf(stage)} keeps its input beyond the call: copy what is needed, or declare state`,
        ),
      });
    }
    return {
      ran: [context.worker, began, clock()],
      outputs: types.map((type, k) => [type, forms[k]!]),
      buffers: back.buffers.map((buffer) => places.formOf(buffer)),
      wanted: places.wanted,
      consumedUntil: result.consumedUntil,
      hold: result.hold,
      state: result.state,
      ahead: result.ahead,
      held: result.notices,
      busy: result.busy,
      passed: result.passed,
      notices: now.notices,
      peak: account.peak,
    };
  } catch (error) {
    for (const table of given) table.release();
    throw error instanceof StepError ? new PluginFailure(error.plugin.name, { cause: error.cause }) : error;
  }
}

/** Plugins that are computed together share columns: which one keeps them can't be told. */
function keeperOf({ steps }: Stage): string {
  if (steps.length === 1) return "It";
  return `One of ${steps.map(({ plugin }) => `"${plugin.name}"`).join(", ")}, which are computed together,`;
}

/** A run has ended: forget a stage's state. */
export function forgetStage(key: string): void {
  stages.delete(key);
}
