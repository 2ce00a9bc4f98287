/**
 * The load balancer's decision, apart from pools and clocks: from what was measured to a number of workers.
 *
 * Up at once where tasks would wait long, else at the second look that finds them waiting, as far as the backlog needs it; down only after a whole cooldown with too little to do, and only so far that the rest
 * would be well below the threshold for adding. Where that was wrong, because the workers were needed again soon, it waits twice as
 * long the next time. So a noisy load doesn't add and remove workers for ever. One decision is O(1).
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { balancerSettings } from "@millrace/executor/balancer-settings";
 * import { decide, initialState } from "@millrace/executor/decide";
 *
 * const settings = balancerSettings({ min: 1, max: 8 });
 * const sample = {
 *   time: 100, span: 100, workers: 2, busy: 2, load: 2, queued: 60, queueTime: 300, runTime: 10, memory: undefined,
 * };
 * const { workers, reason } = decide(sample, initialState(0), settings);
 * assert.equal(workers, 8); // the most: 60 tasks of 10 ms within 50 ms would take 12
 * assert.equal(reason, "Queue time 300 ms is above 50 ms: 60 tasks of 10 ms wait for 2 workers");
 * ```
 * @module
 */
import type { BalancerSettings } from "./balancer_settings.ts";

/** What was measured since the last look. Times are in ms. */
export interface LoadSample {
  /** When the sample was taken, of any clock. */
  readonly time: number;
  /** Time since the last sample. */
  readonly span: number;
  /** Workers that are alive, starting ones included. */
  readonly workers: number;
  /** Workers that run a task now. */
  readonly busy: number;
  /** Workers that were busy since the last sample, on average. */
  readonly load: number;
  /** Tasks that wait. */
  readonly queued: number;
  /** How long a task that comes now would wait. */
  readonly queueTime: number;
  /** How long a task runs, on average; undefined when none has ended yet. */
  readonly runTime: number | undefined;
  /** Bytes used by all workers together, undefined where that isn't known. */
  readonly memory: number | undefined;
}

/** What a decision hands to the next one: the measurements since the last change or the last look back. */
export interface BalancerState {
  /** Since when. */
  readonly since: number;
  /** Busy worker-milliseconds since then. */
  readonly busyMs: number;
  /** Highest queue time since then. */
  readonly peakQueueTime: number;
  /** Whether the queue time was above the target at the last look. */
  readonly late: boolean;
  /** How many cooldowns workers must have too little to do before some are removed. */
  readonly patience: number;
  /** When workers with something to do were removed last. */
  readonly removedAt: number;
}

/** What should be. */
export interface Decision {
  /** Number of workers. */
  readonly workers: number;
  /** Why, with the measured values; undefined when nothing changes. */
  readonly reason: string | undefined;
  /** For the next decision. */
  readonly state: BalancerState;
}

/** The state to begin with. */
export function initialState(time: number): BalancerState {
  return { since: time, busyMs: 0, peakQueueTime: 0, late: false, patience: 1, removedAt: -Infinity };
}

/** Workers that are missed within so many times the wait before their removal should not have been removed. */
const REGRET = 16;
const MAX_PATIENCE = 16;
/** Busy workers, below which a pool counts as idle: removing its workers is always right. */
const IDLE = 0.1;

/** Workers may be added up to this part of the memory limit: otherwise the next sample would remove them again. */
const MEMORY_HEADROOM = 0.8;

/** How many workers there should be. Pure. */
export function decide(sample: LoadSample, before: BalancerState, settings: BalancerSettings): Decision {
  const { time, workers, queued, queueTime, runTime } = sample;
  const { min, max, targetQueueTime, concurrency } = settings;
  const state: BalancerState = {
    ...before,
    busyMs: before.busyMs + sample.load * sample.span,
    peakQueueTime: Math.max(before.peakQueueTime, queueTime),
    late: queueTime > targetQueueTime,
  };
  const rest = time - state.since;

  if (workers < min) return change(min, `${count(workers)} below the minimum of ${min}`);
  if (workers > max) return change(max, `${count(workers)} above the maximum of ${max}`);

  const perWorker = sample.memory === undefined || workers === 0 ? 0 : sample.memory / workers;
  if (perWorker * workers > settings.memoryLimit && workers > min) {
    // Memory is reported late: each removal is given the time of a cooldown to show.
    if (rest < settings.cooldown) return keep(state);
    const fitting = Math.min(workers - 1, Math.floor(settings.memoryLimit / perWorker));
    const used = `Memory of ${mebibytes(perWorker * workers)} is above the limit of ${
      mebibytes(settings.memoryLimit)
    }`;
    return change(Math.max(min, fitting), `${used}: ${count(workers)} use ${mebibytes(perWorker)} each`);
  }

  // Right now a worker may just be between two tasks; on average one may have begun only lately.
  const saturated = Math.max(sample.busy, sample.load) >= workers * settings.highUtilisation;
  // A short queue is often gone before the next look: it counts when it is there twice.
  const late = queueTime > targetQueueTime + 2 * settings.interval || (before.late && state.late);
  if (queued > 0 && saturated && (late || workers === 0)) {
    // As many as drain the backlog within the target; without a run time, twice as many. Never more than tasks to run.
    const needed = runTime === undefined ? 2 * workers : queued * runTime / (targetQueueTime * concurrency);
    const fitting = perWorker === 0 ? max : Math.floor(MEMORY_HEADROOM * settings.memoryLimit / perWorker);
    const wanted = Math.min(
      Math.max(workers + 1, Math.ceil(needed)),
      workers + Math.ceil(queued / concurrency),
      max,
      fitting,
    );
    if (wanted <= workers) return keep(state);
    const backlog = runTime === undefined ? `${queued} tasks` : `${queued} tasks of ${milliseconds(runTime)}`;
    const why = workers === 0
      ? `No worker was kept: ${backlog} wait`
      : `Queue time ${milliseconds(queueTime)} is above ${milliseconds(targetQueueTime)}: ` +
        `${backlog} wait for ${count(workers)}`;
    const regret = time - state.removedAt < REGRET * state.patience * settings.cooldown;
    const patience = regret ? Math.min(MAX_PATIENCE, 2 * state.patience) : Math.max(1, state.patience / 2);
    return change(wanted, why, { patience });
  }

  if (rest < state.patience * settings.cooldown) return keep(state);
  const load = rest > 0 ? state.busyMs / rest : sample.load;
  const utilisation = workers === 0 ? 0 : load / workers;
  if (utilisation < settings.lowUtilisation && state.peakQueueTime <= targetQueueTime) {
    // So many that the rest stays in the middle between the two thresholds.
    const middle = (settings.lowUtilisation + settings.highUtilisation) / 2;
    const wanted = Math.max(min, Math.ceil(load / middle));
    if (wanted < workers) {
      const low = `Utilisation ${utilisation.toFixed(2)} was below ${settings.lowUtilisation.toFixed(2)}`;
      const reason = `${low} for ${milliseconds(rest)}: ${load.toFixed(2)} of ${count(workers)} busy`;
      return change(wanted, reason, { removedAt: load < IDLE ? -Infinity : time });
    }
  }
  return keep({ ...anew(), late: state.late }); // look back over the next stretch

  function anew(): BalancerState {
    return { ...initialState(time), patience: state.patience, removedAt: state.removedAt };
  }
  function keep(next: BalancerState): Decision {
    return { workers, reason: undefined, state: next };
  }
  function change(to: number, reason: string, memory: Partial<BalancerState> = {}): Decision {
    return { workers: to, reason, state: { ...anew(), ...memory } };
  }
}

function count(workers: number): string {
  return workers === 1 ? "1 worker" : `${workers} workers`;
}

function milliseconds(time: number): string {
  return `${Number(time.toPrecision(3))} ms`;
}

function mebibytes(bytes: number): string {
  return `${Number((bytes / 2 ** 20).toPrecision(3))} MiB`;
}
