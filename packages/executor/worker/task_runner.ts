/**
 * What a worker of any kind does: loads modules once, begins tasks in the order in which they came, at most
 * `concurrency` at a time, and answers. The messages are described in `transport/messages.ts`.
 *
 * Failure contract: what a task throws is its answer, also a module that can't be loaded or a result that
 * can't be cloned; the runner goes on. What is thrown outside a task (a timer's callback) is not seen here.
 *
 * @module
 */
import { decodeError, encodeError, type ErrorData } from "../task/error_data.ts";
import type { TaskCallable } from "../task/task.ts";
import { type HostMessage, Op, type WorkerMessage } from "../transport/messages.ts";
import { Context } from "./_context.ts";
import { Functions } from "./_functions.ts";
import { invoke } from "./_invoke.ts";
import { SlabViews } from "./_views.ts";

/** Sends a message to the host, moving `transfer`. Throws when the message can't be cloned. */
export type Post = (message: WorkerMessage, transfer: readonly ArrayBuffer[]) => void;

/** Cells of the board that a thread shares with its host. */
export const Board = {
  /** Tasks begun, in the order of sending, written by the worker; the host closes it with `CLOSED`. */
  started: 0,
  /** Written by the host: cancel messages sent. */
  cancels: 1,
  /** Written by the worker: cancel messages read. */
  cancelsRead: 2,
  /** Written by the host: messages sent. */
  messages: 3,
  /** Written by the host: recalls, the message of each follows. */
  recalls: 4,
} as const;

/** The part of `Board.started` that counts; it begins again at 0 after 2^30 tasks. */
export const COUNT: number = 2 ** 30 - 1;
/** The bit of `Board.started` that keeps a worker from beginning tasks, until it has read all of the host's recalls. */
export const CLOSED: number = 2 ** 30;

/** Runs the tasks of one worker. */
export interface TaskRunner {
  /** Takes a message of the host. */
  receive(message: HostMessage): void;
  /** Sends the answers that are kept back for company. */
  flush(): void;
  /** Whether it has nothing to do until the next message. */
  readonly isIdle: boolean;
}

const NOTHING: readonly ArrayBuffer[] = [];
/** In place of views: the function is only to be loaded. */
const LOAD = 1;
/** Answers are sent at least this often, ms. */
const FLUSH_AFTER = 1;

/**
 * Makes the runner of a worker. It posts nothing before its first task; `[Op.ready]` is for the caller to post.
 *
 * @param post Sends an answer
 * @param board Cells shared with the host (see `Board`), where the transport can share memory
 * @param begun Called before each task with the number of tasks begun, where the host can't see the board
 */
export function createTaskRunner(
  post: Post,
  board?: Int32Array,
  begun?: (count: number) => void,
): TaskRunner {
  return new Runner(post, board, begun);
}

class Runner implements TaskRunner {
  readonly #post: Post;
  readonly #board: Int32Array;
  /** Whether the host counts its cancel messages on the board. */
  readonly #isShared: boolean;
  readonly #begun: ((count: number) => void) | undefined;
  readonly #functions = new Functions();
  readonly #slabs = new SlabViews();
  /** Tasks that have not begun: id, function, input, views; `#head` is the next. */
  #line: unknown[] = [];
  #head = 0;
  readonly #running = new Map<number, Context>();
  #worker = 0;
  #concurrency = 1;
  #memoryEvery = 0;
  #memoryAt = 0;
  #answers: unknown[] = [Op.results];
  /** The functions that the answers are of. */
  #answered: number[] = [];
  #flushedAt = 0;
  #isFlushing = false;
  #recallsRead = 0;

  constructor(post: Post, board: Int32Array | undefined, begun: ((count: number) => void) | undefined) {
    this.#begun = begun;
    this.#post = post;
    this.#isShared = board !== undefined;
    this.#board = board ?? new Int32Array(5);
  }

  receive(message: HostMessage): void {
    switch (message[0]) {
      case Op.several:
        for (let i = 1; i < message.length; i++) this.#enqueue(message[i] as HostMessage);
        break;
      case Op.run:
      case Op.runViews:
        this.#enqueue(message);
        break;
      case Op.load:
        this.#line.push(message[1], message[2], undefined, LOAD);
        break;
      case Op.define:
        this.#functions.define(message[1] as number, message[2] as string, message[3] as string);
        return;
      case Op.slab:
        this.#slabs.add(message[1] as number, message[2] as SharedArrayBuffer);
        return;
      case Op.recall:
        this.#giveBack(message);
        break;
      case Op.cancel:
        this.#cancel(message[1] as number, message[2] as ErrorData);
        break;
      case Op.configure:
        [, this.#worker, this.#concurrency, this.#memoryEvery] = message as [number, number, number, number];
        return;
      default:
        throw new TypeError(
          `Cannot read a message to worker ${this.#worker}: unknown operation ${message[0]}`,
        );
    }
    this.#pump();
  }

  /** Puts the tasks of a `run` or `runViews` message in line. */
  #enqueue(message: HostMessage): void {
    if (message[0] === Op.runViews) {
      this.#line.push(message[1], message[2], message[3], message);
      return;
    }
    for (let i = 1; i < message.length; i += 3) {
      this.#line.push(message[i], message[i + 1], message[i + 2], undefined);
    }
  }

  /** Whether it has nothing to do until the next message. */
  get isIdle(): boolean {
    return this.#running.size === 0 && this.#head === this.#line.length;
  }

  flush(): void {
    const answers = this.#answers;
    const functions = this.#answered;
    if (answers.length === 1) return;
    this.#answers = [Op.results];
    this.#answered = [];
    try {
      this.#post(answers, NOTHING);
    } catch {
      // One of them can't be cloned: each goes alone, so that only that one fails.
      for (let i = 1; i < answers.length; i += 3) {
        const index = functions[(i - 1) / 3]!;
        this.#answerAlone(answers[i] as number, index, answers[i + 1], answers[i + 2] as number, NOTHING);
      }
    }
  }

  #pump(): void {
    const board = this.#board;
    let now = this.#flushedAt = performance.now();
    while (this.#head < this.#line.length && this.#running.size < this.#concurrency) {
      // A cancel message is under way: it may be about the next task.
      if (Atomics.load(board, Board.cancels) !== Atomics.load(board, Board.cancelsRead)) break;
      const started = this.#enter();
      if (started === 0) break;
      const line = this.#line;
      const head = this.#head;
      const id = line[head] as number;
      const index = line[head + 1] as number;
      const input = line[head + 2];
      const views = line[head + 3];
      line[head + 2] = undefined;
      this.#head = head + 4;
      if (this.#begun !== undefined) this.#begun(started & COUNT);
      if (index === -1) this.#keep(id, index, undefined, 0);
      else now = this.#begin(id, index, input, views, now);
      if (now - this.#flushedAt > FLUSH_AFTER) {
        this.flush();
        this.#flushedAt = now;
      }
    }
    if (this.#head > 0 && this.#head === this.#line.length) {
      this.#line.length = this.#head = 0;
    } else if (this.#head > 4096) {
      this.#line = this.#line.slice(this.#head);
      this.#head = 0;
    }
    this.flush();
    if (this.#memoryEvery > 0 && now - this.#memoryAt >= this.#memoryEvery) this.#reportMemory(now);
  }

  /** Counts a task that is about to begin: gives the count, or 0 while the host takes tasks back. */
  #enter(): number {
    const board = this.#board;
    for (let seen = Atomics.load(board, Board.started);;) {
      if ((seen & CLOSED) !== 0) return 0;
      const next = (seen + 1) & COUNT;
      const found = Atomics.compareExchange(board, Board.started, seen, next);
      if (found === seen) return next === 0 ? COUNT + 1 : next;
      seen = found;
    }
  }

  /** Drops tasks that the host has taken back, and begins the others. */
  #giveBack(message: HostMessage): void {
    const line: unknown[] = [];
    for (let i = this.#head; i < this.#line.length; i += 4) {
      if (!message.includes(this.#line[i], 1)) line.push(...this.#line.slice(i, i + 4));
    }
    this.#line = line;
    this.#head = 0;
    this.#recallsRead = (this.#recallsRead + 1) | 0;
    Atomics.and(this.#board, Board.started, COUNT);
    // The host counts before it closes: what it has closed again meanwhile is closed after this.
    if (Atomics.load(this.#board, Board.recalls) !== this.#recallsRead) {
      Atomics.or(this.#board, Board.started, CLOSED);
    }
  }

  /** Begins a task; returns the time when the runner may go on. */
  #begin(id: number, index: number, input: unknown, views: unknown, began: number): number {
    const call = this.#functions.get(index);
    const context = new Context(this.#worker, index, id, this.#post);
    if (call === undefined) {
      this.#running.set(id, context);
      this.#functions.load(index).then(
        (loaded) => views === LOAD ? undefined : this.#call(loaded, input, views, context),
      ).then((value) => this.#end(id, context, value, began), (error) => this.#fail(id, error, began));
      return performance.now();
    }
    if (views === LOAD) {
      this.#keep(id, index, undefined, 0);
      return began;
    }
    let value: unknown;
    try {
      value = this.#call(call, input, views, context);
      if (isThenable(value)) {
        this.#running.set(id, context);
        Promise.resolve(value).then(
          (result) => this.#end(id, context, result, began),
          (error) => this.#fail(id, error, began),
        );
        return performance.now();
      }
    } catch (error) {
      const now = performance.now();
      this.#post([Op.failed, id, encodeError(error), now - began], NOTHING);
      return now;
    }
    const now = performance.now();
    this.#answer(id, context, value, now - began);
    return now;
  }

  #call(call: TaskCallable, input: unknown, views: unknown, context: Context): unknown {
    return invoke(call, views === undefined ? input : this.#slabs.inputOf(views as HostMessage), context);
  }

  /** A task that took a while ended well. */
  #end(id: number, context: Context, value: unknown, began: number): void {
    this.#running.delete(id);
    this.#answer(id, context, value, performance.now() - began);
    this.#resume();
  }

  #fail(id: number, error: unknown, began: number): void {
    this.#running.delete(id);
    this.#post([Op.failed, id, encodeError(error), performance.now() - began], NOTHING);
    this.#resume();
  }

  /** Goes on once those that end in the same turn have ended too. */
  #resume(): void {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    queueMicrotask(() => {
      this.#isFlushing = false;
      this.#pump();
    });
  }

  #answer(id: number, context: Context, value: unknown, milliseconds: number): void {
    if (context.buffers === undefined) this.#keep(id, context.index, value, milliseconds);
    else this.#answerAlone(id, context.index, value, milliseconds, context.buffers);
  }

  #keep(id: number, index: number, value: unknown, milliseconds: number): void {
    this.#answers.push(id, value, milliseconds);
    this.#answered.push(index);
  }

  #answerAlone(
    id: number,
    index: number,
    value: unknown,
    milliseconds: number,
    transfer: readonly ArrayBuffer[],
  ): void {
    try {
      this.#post([Op.results, id, value, milliseconds], transfer);
    } catch (cause) {
      const error = new TypeError(
        `Cannot send the result of task ${this.#functions.describe(index)}: ${(cause as Error).message}; ` +
          "return plain data, typed arrays or buffers, and transfer each buffer once",
        { cause },
      );
      this.#post([Op.failed, id, encodeError(error), milliseconds], NOTHING);
    }
  }

  #cancel(id: number, reason: ErrorData): void {
    if (this.#isShared) Atomics.add(this.#board, Board.cancelsRead, 1);
    const context = this.#running.get(id);
    if (context) return context.abort(decodeError(reason));
    for (let i = this.#head; i < this.#line.length; i += 4) {
      if (this.#line[i] === id) this.#line[i + 1] = -1;
    }
  }

  #reportMemory(now: number): void {
    this.#memoryAt = now;
    const { heapTotal, external } = Deno.memoryUsage();
    this.#post([Op.memory, heapTotal + external], NOTHING);
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}
