// Items in flight, and their results in order.

import type { Task } from "../task/task.ts";
import type { Runner } from "./_runner.ts";

/** The function failed for an item; what it threw is the cause. */
export class ItemError extends Error {
  /** Name of the class. */
  override readonly name = "ItemError";
  /** Place of the item, from 0. */
  readonly index: number;

  /** For item `index` and what was thrown for it. */
  constructor(index: number, cause: unknown) {
    super(`Item ${index} failed: ${cause instanceof Error ? cause.message : Deno.inspect(cause)}`, { cause });
    this.index = index;
  }
}

interface Slot<R> {
  isDone: boolean;
  value: R | undefined;
}

/** Takes items as long as there is room, and knows when the first of them is done. */
export class OrderedWindow<T, R> {
  readonly #runner: Runner<T, R>;
  readonly #source: Iterator<T> | AsyncIterator<T>;
  readonly #isAsync: boolean;
  readonly #inFlight: number;
  readonly #cancel = new AbortController();
  readonly #outer: AbortSignal | undefined;
  readonly #onAbort = () => this.#fail(this.#outer!.reason);
  /** In order of the items. */
  #slots: Slot<R>[] = [];
  #first = 0;
  /** Tasks whose end has not been seen. */
  readonly #tasks = new Set<Task<R>>();
  #taken = 0;
  /** An item that was taken while the queue had no room. */
  #held: { readonly item: T } | undefined;
  /** Something outside is waited for before more items are taken. */
  #isPulling = false;
  /** It is the source that is waited for. */
  #isAsking = false;
  #isExhausted = false;
  #failure: { readonly reason: unknown } | undefined;
  #wake: (() => void) | undefined;

  constructor(
    runner: Runner<T, R>,
    items: Iterable<T> | AsyncIterable<T>,
    inFlight: number,
    signal: AbortSignal | undefined,
  ) {
    this.#runner = runner;
    this.#isAsync = Symbol.asyncIterator in items;
    this.#source = Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
    this.#inFlight = inFlight;
    this.#outer = signal;
    signal?.addEventListener("abort", this.#onAbort, { once: true });
  }

  /** Wait until the next result is there; false at the end. @throws The first failure. */
  async next(): Promise<boolean> {
    for (;;) {
      this.#pull();
      if (this.#failure) throw this.#failure.reason;
      if (this.#first < this.#slots.length) {
        if (this.#slots[this.#first]!.isDone) return true;
      } else if (this.#isExhausted) return false;
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  /** The result that `next` has found. */
  shift(): R {
    const { value } = this.#slots[this.#first++]!;
    if (this.#first >= 1024 || this.#first === this.#slots.length) {
      this.#slots = this.#slots.slice(this.#first);
      this.#first = 0;
    }
    return value as R;
  }

  /** Cancel what is left, wait for what runs, close the source. @throws What the source throws then, unless something failed before. */
  async end(): Promise<void> {
    this.#outer?.removeEventListener("abort", this.#onAbort);
    const hasFailed = this.#failure !== undefined;
    this.#failure ??= { reason: new DOMException("The results are not wanted any more", "AbortError") };
    this.#cancel.abort(this.#failure.reason);
    await Promise.all(Array.from(this.#tasks, (task) => task.ended));
    if (this.#isExhausted) return;
    const closing = (async () => await this.#source.return?.())();
    // A source that is asked for an item closes when it has that, which may be never.
    if (this.#isAsking) return void closing.catch(() => {}); // nobody is left to be told
    try {
      await closing;
    } catch (error) {
      if (!hasFailed) throw error; // the first error is the one that is told, as a for loop does
    }
  }

  /** Take items while there is room. */
  #pull(): void {
    while (!this.#isPulling && !this.#failure && (this.#held !== undefined || this.#hasRoom())) {
      if (this.#held !== undefined) {
        this.#submit(this.#held.item);
      } else if (this.#isAsync) {
        this.#later((this.#source as AsyncIterator<T>).next().then((step) => this.#step(step)), true);
      } else {
        try {
          this.#step((this.#source as Iterator<T>).next());
        } catch (error) {
          this.#isExhausted = true; // an iterator that has thrown is at its end
          this.#fail(error);
        }
      }
    }
  }

  #hasRoom(): boolean {
    return !this.#isExhausted && this.#slots.length - this.#first < this.#inFlight;
  }

  #step(step: IteratorResult<T, unknown>): void {
    if (step.done) this.#isExhausted = true;
    else if (!this.#failure) this.#submit(step.value);
  }

  #submit(item: T): void {
    const index = this.#taken;
    let task: Task<R> | undefined;
    try {
      task = this.#runner.submit(item, this.#cancel.signal);
    } catch (error) {
      this.#held = undefined;
      return this.#fail(new ItemError(index, error));
    }
    if (task === undefined) {
      this.#held = { item };
      return this.#later(this.#runner.ready(), false);
    }
    this.#held = undefined;
    this.#taken++;
    const started = task;
    const slot: Slot<R> = { isDone: false, value: undefined };
    this.#slots.push(slot);
    this.#tasks.add(started);
    started.result.then((value) => {
      this.#tasks.delete(started);
      slot.value = value;
      slot.isDone = true;
      if (slot === this.#slots[this.#first]) this.#turn();
    }, (error) => this.#fail(new ItemError(index, error)));
  }

  /** Go on when something outside is there. */
  #later(promise: Promise<void>, isSource: boolean): void {
    this.#isPulling = true;
    this.#isAsking = isSource;
    const there = () => this.#isPulling = this.#isAsking = false;
    promise.then(() => {
      there();
      this.#turn();
    }, (error) => {
      there();
      if (isSource) this.#isExhausted = true;
      this.#fail(error);
    });
  }

  /** The first failure ends everything. */
  #fail(reason: unknown): void {
    if (this.#failure) return;
    this.#failure = { reason };
    this.#cancel.abort(reason);
    this.#turn();
  }

  #turn(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}
