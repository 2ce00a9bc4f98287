// Counts and times of a pool since its start.

import { Histogram } from "./_histogram.ts";

/** What happened so far. */
export class Tally {
  readonly wait = new Histogram();
  readonly run = new Histogram();
  done = 0;
  failed = 0;
  cancelled = 0;
  timedOut = 0;
  retried = 0;
  /** Tasks that went down with their worker. */
  lost = 0;
  recycled = 0;
  /** Workers that ended by themselves or were ended because of a task. */
  died = 0;
  /** Workers that were lost while their code may go on. */
  stuck = 0;
  /** Time with tasks, and time of life, of workers that are gone, ms. */
  busyMs = 0;
  workerMs = 0;
}
