// One worker as the pool sees it.

import type { Connection } from "../transport/transport.ts";
import type { Entry, Target } from "./_entry.ts";
import { COUNT } from "../worker/task_runner.ts";
import { Slabs } from "./_slabs.ts";

/** The difference of two numbers of tasks modulo 2^30 that are less than half of that apart. */
function apart(a: number, b: number): number {
  return (a - b) << 2 >> 2;
}

/** Whether another worker may have a task that has not begun. */
function isMovable(entry: Entry): boolean {
  return entry.worker === -1 && !entry.isLoad && !entry.isSettled && entry.options?.transfer === undefined;
}

/** One worker: its connection, and the tasks that it has. */
export class PoolWorker {
  connection!: Connection;
  readonly slabs = new Slabs();
  /** Tasks by their number on this worker. */
  readonly entries: (Entry | undefined)[] = [];
  /** Indexes of functions that the worker was told of. */
  readonly defined: boolean[] = [];
  /** Affinity keys that it serves. */
  keys = 0;
  isReady = false;
  /** Gets no more tasks; ends when it has none. */
  isRetiring = false;
  /** The strategy gives it nothing any more. */
  hasLeft = false;
  /** When its memory was looked at, ms. */
  memoryAt = 0;
  /** Out of the pool. */
  isGone = false;
  /** Tasks on it. */
  tasks = 0;
  /** Messages on it whose tasks have not all been answered: what it can't begin at once waits there. */
  messages = 0;
  /** Tasks with a timeout that have not begun. */
  untimed = 0;
  /** Tasks that it was sent, modulo 2^30. */
  sent = 0;
  /** Tasks that it has ended. */
  ended = 0;
  /** Since when it has tasks, or none. */
  since = 0;
  /** Ms with tasks, up to `since`. */
  busy = 0;
  /** The function that it was sent last. */
  target: Target | undefined = undefined;
  readonly startedAt: number;
  /** How many tasks it had begun when that was looked at and had changed, and when, ms. */
  #begun = -1;
  #begunAt = 0;
  readonly #free: number[] = [];

  constructor(readonly number: number, now: number) {
    this.startedAt = this.since = now;
  }

  /** Gives a task its number here. */
  place(entry: Entry): number {
    const id = this.#free.length > 0 ? this.#free.pop()! : this.entries.length;
    this.entries[id] = entry;
    entry.id = id;
    entry.at = this;
    entry.sequence = this.sent;
    this.sent = (this.sent + 1) & COUNT;
    this.tasks++;
    if (entry.options?.timeout !== undefined) {
      entry.isUntimed = true;
      this.untimed++;
    }
    return id;
  }

  /** The last tasks were not sent after all. */
  unsend(count: number): void {
    this.sent = (this.sent - count) & COUNT;
  }

  /** Takes a task off. */
  remove(entry: Entry): void {
    this.entries[entry.id] = undefined;
    this.#free.push(entry.id);
    entry.id = -1;
    entry.at = undefined;
    this.tasks--;
    if (entry.isUntimed) {
      entry.isUntimed = false;
      this.untimed--;
    }
    if (entry.closesMessage) {
      entry.closesMessage = false;
      this.messages--;
    }
    if (entry.slabs !== undefined) {
      for (const slab of entry.slabs) this.slabs.release(slab);
      entry.slabs = undefined;
    }
  }

  /** Ms with tasks until now. */
  busyUntil(now: number): number {
    return this.tasks > 0 ? this.busy + now - this.since : this.busy;
  }

  /** Its tasks in the order in which they were sent. */
  inOrder(): Entry[] {
    return this.entries.filter((entry) => entry !== undefined).sort((a, b) => apart(a.sequence, b.sequence));
  }

  /** Whether a task has begun, where so many have. */
  hasBegun(entry: Entry, begun: number): boolean {
    return apart(entry.sequence, begun) < 0;
  }

  /** For how long at least it has begun no further task than so many, ms. */
  stalledFor(begun: number, now: number): number {
    if (begun !== this.#begun) {
      this.#begun = begun;
      this.#begunAt = now;
    }
    return now - this.#begunAt;
  }

  /** Whether tasks beyond the first `begun` wait here that another worker may have as well. */
  hasMovable(begun: number): boolean {
    return this.entries.some((entry) =>
      entry !== undefined && isMovable(entry) && !this.hasBegun(entry, begun)
    );
  }

  /** Takes off the tasks beyond the first `begun` that another worker may have as well, and renumbers the others. */
  takeBack(begun: number): { readonly entries: Entry[]; readonly ids: number[] } {
    const waiting = this.inOrder().filter((entry) => !this.hasBegun(entry, begun));
    const entries = waiting.filter(isMovable);
    const ids = entries.map(({ id }) => id);
    const left = waiting.filter((entry) => !entries.includes(entry));
    left.forEach((entry, k) => entry.sequence = (begun + k) & COUNT);
    this.sent = (begun + left.length) & COUNT;
    // Who is left may have shared a message with one that goes.
    const closes = entries.filter((entry) => entry.closesMessage).length;
    for (const entry of entries) {
      this.remove(entry);
      entry.clearTimers(); // it was thought to begin
    }
    const last = this.inOrder().at(-1);
    if (closes > 0 && last && !last.closesMessage) {
      last.closesMessage = true;
      this.messages++;
    }
    return { entries, ids };
  }
}
