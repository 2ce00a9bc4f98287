/**
 * One kernels' memory for all threads of a process: which thread has which spans of it.
 *
 * A thread takes regions from spans that are its own, so that it waits for nobody; where it has no room left it claims
 * further spans. A thread without a share has a memory to itself.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { endShare, holdsSpans, newShare, Spans } from "@millrace/core/memory-share";
 *
 * const mine = newShare(), theirs = newShare(mine);
 * const [start, end] = new Spans(theirs).claim(1000)!;
 * assert.ok(end - start >= 1000 && holdsSpans(theirs));
 * endShare(theirs); // when that thread has ended
 * assert.ok(!holdsSpans(theirs));
 * ```
 * @module
 */

const PAGE = 65536, MOST_PAGES = 65536, FIRST_PAGES = 64;
/** Bytes of a span. */
const SPAN = 2 ** 22;
const COUNT = MOST_PAGES * PAGE / SPAN;

/** What a thread needs to work in a memory that others work in too. Can be posted to it. */
export interface MemoryShare {
  /** The memory. */
  readonly memory: WebAssembly.Memory;
  /** Cell 0 counts the threads, the others say which thread has a span of 4 MiB, 0 where none has. */
  readonly spans: Int32Array<SharedArrayBuffer>;
  /** This thread's number, from 1 on. */
  readonly owner: number;
}

/** A share of a memory of its own, or of that of another share, for another thread. */
export function newShare(of?: MemoryShare): MemoryShare {
  const memory = of?.memory ??
    new WebAssembly.Memory({ initial: FIRST_PAGES, maximum: MOST_PAGES, shared: true });
  const spans = of?.spans ?? new Int32Array(new SharedArrayBuffer(4 * (1 + COUNT)));
  return { memory, spans, owner: Atomics.add(spans, 0, 1) + 1 };
}

/**
 * Whoever starts a thread puts its share at this symbol of the thread's global object (`Symbol.for`), before anything is loaded that
 * uses the memory. Threads of other versions of this module have a memory of their own.
 */
export const SHARE_KEY = "millrace kernel memory 1";

/** This thread's share: the one that it was given, or of a memory of its own. */
export function ownShare(): MemoryShare {
  return (globalThis as { [key: symbol]: MemoryShare | undefined })[Symbol.for(SHARE_KEY)] ??= newShare();
}

/** Whether a thread has spans. O(1024). */
export function holdsSpans({ spans, owner }: MemoryShare): boolean {
  return spans.indexOf(owner, 1) >= 0;
}

/** A thread has ended: others may have its spans. Its code must not run any more. */
export function endShare({ spans, owner }: MemoryShare): void {
  for (let cell = 1; cell <= COUNT; cell++) Atomics.compareExchange(spans, cell, owner, 0);
}

/** Claims spans for a thread. */
export class Spans {
  readonly #cells: Int32Array<SharedArrayBuffer>;
  readonly #owner: number;

  /** Those of a share. */
  constructor({ spans, owner }: MemoryShare) {
    this.#cells = spans;
    this.#owner = owner;
  }

  /** Addresses that are this thread's from now on: `bytes` or more, as low as possible; undefined where none are free. */
  claim(bytes: number): [start: number, end: number] | undefined {
    const wanted = Math.ceil(bytes / SPAN);
    for (let first = 0; first + wanted <= COUNT;) {
      let got = 0;
      while (got < wanted && this.#take(first + got)) got++;
      if (got === wanted) return [first * SPAN, (first + wanted) * SPAN];
      this.#free(first, first + got);
      first += got + 1;
    }
    return undefined;
  }

  /** Addresses of the whole spans between two addresses; undefined where there are none. */
  wholeBetween(start: number, end: number): [start: number, end: number] | undefined {
    const from = Math.ceil(start / SPAN), to = Math.floor(end / SPAN);
    return from < to ? [from * SPAN, to * SPAN] : undefined;
  }

  /** Other threads may have these whole spans. */
  giveBack(start: number, end: number): void {
    this.#free(start / SPAN, end / SPAN);
  }

  #take(span: number): boolean {
    return Atomics.compareExchange(this.#cells, 1 + span, 0, this.#owner) === 0;
  }

  #free(from: number, to: number): void {
    for (let span = from; span < to; span++) Atomics.store(this.#cells, 1 + span, 0);
  }
}
