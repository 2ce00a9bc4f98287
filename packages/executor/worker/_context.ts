// What a task function is called with beside its input.

import type { TaskContext } from "../task/task.ts";
import { Op } from "../transport/messages.ts";
import type { Post } from "./task_runner.ts";

const NOTHING: readonly ArrayBuffer[] = [];

/** The context of one call. The signal is only made when somebody looks at it: most tasks never do. */
export class Context implements TaskContext {
  readonly worker: number;
  /** Index of the function that is called. */
  readonly index: number;
  /** Buffers of the result to be moved. */
  buffers: ArrayBuffer[] | undefined = undefined;
  readonly #id: number;
  readonly #post: Post;
  #controller: AbortController | undefined = undefined;

  constructor(worker: number, index: number, id: number, post: Post) {
    this.worker = worker;
    this.index = index;
    this.#id = id;
    this.#post = post;
  }

  reached(step: number): void {
    this.#post([Op.reached, this.#id, step], NOTHING);
  }

  get signal(): AbortSignal {
    return (this.#controller ??= new AbortController()).signal;
  }

  transfer(...buffers: ArrayBuffer[]): void {
    for (const buffer of buffers) {
      if (!(buffer instanceof ArrayBuffer)) {
        throw new TypeError("Cannot transfer a value that is no ArrayBuffer: pass the array's `buffer`");
      }
    }
    this.buffers = this.buffers === undefined ? buffers : [...this.buffers, ...buffers];
  }

  /** Aborts the signal. */
  abort(reason: unknown): void {
    (this.#controller ??= new AbortController()).abort(reason);
  }
}
