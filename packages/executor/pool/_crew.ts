// The workers of a pool: starting, keeping idle ones, affinity, ending.

import { Op, type WorkerMessage } from "../transport/messages.ts";
import type { WorkerEnd } from "../transport/transport.ts";
import { PoolWorker } from "./_pool_worker.ts";
import type { Tally } from "./_tally.ts";
import { checkBounds, type CheckedPoolOptions } from "./options.ts";

/** What the crew reports. */
export interface CrewEvents {
  joined(worker: PoolWorker): void;
  message(worker: PoolWorker, message: WorkerMessage): void;
  /** A worker ended by itself; it is not in the crew any more. */
  ended(worker: PoolWorker, end: WorkerEnd): void;
  /** A worker takes no more tasks. */
  retired(worker: PoolWorker): void;
}

/** How often a worker that is recycled by memory reports it, ms. */
const MEMORY_EVERY = 100;

/** The workers. */
export class Crew {
  /** All that are alive, those that retire included. */
  readonly workers: Set<PoolWorker> = new Set();
  /** Those without a task; the one that became idle last is used first, so that the others can be ended. */
  readonly idle: PoolWorker[] = [];
  min: number;
  max: number;
  readonly #options: CheckedPoolOptions;
  readonly #events: CrewEvents;
  readonly #tally: Tally;
  readonly #byKey = new Map<string, PoolWorker>();
  /** Workers that are ending. */
  readonly #ending = new Set<Promise<unknown>>();
  #next = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: CheckedPoolOptions, events: CrewEvents, tally: Tally) {
    this.#options = options;
    this.#events = events;
    this.#tally = tally;
    this.min = options.min;
    this.max = options.max;
  }

  /** Workers that take tasks, or will when they are ready. */
  get size(): number {
    let size = 0;
    for (const worker of this.workers) if (!worker.isRetiring) size++;
    return size;
  }

  /** Starts a worker. */
  start(): PoolWorker {
    const { concurrency, recycleAboveBytes, transport } = this.#options;
    const worker = new PoolWorker(this.#next++, performance.now());
    worker.connection = transport.start(worker.number, {
      message: (message) => {
        if (!worker.isGone) this.#events.message(worker, message);
      },
      ended: (end) => {
        if (worker.isGone) return;
        this.remove(worker);
        this.#events.ended(worker, end);
      },
    });
    this.workers.add(worker);
    const memoryEvery = recycleAboveBytes < Infinity ? MEMORY_EVERY : 0;
    worker.connection.send([Op.configure, worker.number, concurrency, memoryEvery], []);
    this.#events.joined(worker);
    return worker;
  }

  /** Starts workers up to `min`, and for `waiting` tasks up to `max`. */
  grow(waiting: number): void {
    let size = 0;
    let starting = 0;
    for (const worker of this.workers) {
      if (worker.isRetiring) continue;
      size++;
      if (!worker.isReady) starting++;
    }
    for (; size < this.min || size < this.max && starting < waiting; size++, starting++) this.start();
  }

  /** Changes the bounds; surplus workers end as soon as they have no task, idle ones first. */
  resize(min: number, max: number): void {
    checkBounds(min, max);
    this.min = min;
    this.max = max;
    let surplus = this.size - max;
    for (const worker of [...this.idle, ...this.workers]) {
      if (surplus <= 0) break;
      if (worker.isRetiring || worker.isGone || worker.keys > 0) continue;
      this.retire(worker);
      surplus--;
    }
    this.grow(0);
    this.#arm();
  }

  /** Gives a worker no more tasks, and ends it when it has none. */
  retire(worker: PoolWorker): void {
    worker.isRetiring = true;
    this.#events.retired(worker);
    if (worker.tasks === 0) this.end(worker);
  }

  /** Puts a worker without a task on the stack. */
  rest(worker: PoolWorker): void {
    this.idle.push(worker);
    if (this.#timer === undefined && this.workers.size > this.min) this.#arm();
  }

  /** Ends a worker that has no task. */
  end(worker: PoolWorker): void {
    this.remove(worker);
    this.#await(worker.connection.stop());
  }

  /** Ends a worker whatever it does; says whether its code has stopped. */
  kill(worker: PoolWorker): Promise<{ stopped: boolean }> {
    this.remove(worker);
    return this.#await(worker.connection.kill());
  }

  /** Takes a worker out. */
  remove(worker: PoolWorker): void {
    const now = performance.now();
    worker.isGone = true;
    this.#tally.busyMs += worker.busyUntil(now);
    this.#tally.workerMs += now - worker.startedAt;
    this.workers.delete(worker);
    const place = this.idle.indexOf(worker);
    if (place >= 0) this.idle.splice(place, 1);
    if (worker.keys === 0) return;
    for (const [key, owner] of this.#byKey) if (owner === worker) this.#byKey.delete(key);
  }

  /** The worker that serves an affinity key: a new one while there is room, else the one with the fewest keys. */
  ownerOf(key: string): PoolWorker {
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    let owner: PoolWorker | undefined;
    for (const worker of this.workers) {
      if (!worker.isRetiring && (owner === undefined || worker.keys < owner.keys)) owner = worker;
    }
    if (owner === undefined || owner.keys > 0 && this.size < this.max) owner = this.start();
    owner.keys++;
    this.#byKey.set(key, owner);
    return owner;
  }

  /** Forgets an affinity key; false when it is not known. */
  release(key: string): boolean {
    const owner = this.#byKey.get(key);
    if (owner === undefined) return false;
    owner.keys--;
    this.#byKey.delete(key);
    this.#arm();
    return true;
  }

  /** Ends all workers, which have no tasks any more, and waits until those that were ending are gone. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const worker of [...this.workers]) this.end(worker);
    while (this.#ending.size > 0) await Promise.all(this.#ending);
  }

  #await<T>(ending: Promise<T>): Promise<T> {
    const gone = ending.finally(() => this.#ending.delete(gone));
    this.#ending.add(gone);
    return gone;
  }

  /** Sees to it that idle workers beyond `min` end. */
  #arm(): void {
    const { idleTimeout } = this.#options;
    if (this.#timer !== undefined || this.idle.length === 0 || idleTimeout >= 2 ** 31) return;
    if (this.size <= this.min) return;
    const oldest = this.idle.find((worker) => worker.keys === 0);
    if (oldest === undefined) return;
    const left = Math.max(0, oldest.since + idleTimeout - performance.now());
    const timer = setTimeout(() => {
      this.#timer = undefined;
      const now = performance.now();
      let surplus = this.size - this.min;
      for (const worker of [...this.idle]) {
        if (surplus <= 0) break;
        if (worker.keys > 0 || now - worker.since < idleTimeout - 0.5) continue;
        this.retire(worker);
        surplus--;
      }
      this.#arm();
    }, left);
    Deno.unrefTimer(timer);
    this.#timer = timer;
  }
}
