/**
 * Reads modules beside the server: {@linkcode Analyser}.
 * @module
 */
import type { ModuleDocs } from "./document.ts";
import type { ModuleFacts } from "./facts.ts";

/** Modules to read: path and text. */
export type Modules = readonly (readonly [path: string, text: string])[];

/** What the worker is asked. */
export interface Question {
  readonly id: number;
  readonly what: "facts" | "docs";
  readonly files: Modules;
  /** Time for all of them, ms. */
  readonly time: number;
}

/** What it answers. */
export interface Answer {
  readonly id: number;
  readonly found: readonly (readonly [path: string, found: ModuleFacts | ModuleDocs])[];
}

/**
 * A worker that reads modules, started with the first question. Questions are answered in order. When the worker fails, all questions
 * that wait are refused with its error and the next one starts another worker. What takes longer than the time allowed has an `error`,
 * or no docs.
 */
export class Analyser implements Disposable {
  readonly #time: number;
  #worker: Worker | undefined;
  #waiting = new Map<number, PromiseWithResolvers<ReadonlyMap<string, unknown>>>();
  #next = 0;

  /** A reader that has not started yet. @param time Time for the modules of one question, ms. */
  constructor(time: number = 10_000) {
    this.#time = time;
  }

  /** Facts of modules, by path. */
  async analyse(files: Modules): Promise<ReadonlyMap<string, ModuleFacts>> {
    return await this.#ask("facts", files) as ReadonlyMap<string, ModuleFacts>;
  }

  /** Documentation of modules, by path. */
  async document(files: Modules): Promise<ReadonlyMap<string, ModuleDocs>> {
    return await this.#ask("docs", files) as ReadonlyMap<string, ModuleDocs>;
  }

  #ask(what: Question["what"], files: Modules): Promise<ReadonlyMap<string, unknown>> {
    const id = this.#next++;
    const waiting = Promise.withResolvers<ReadonlyMap<string, unknown>>();
    this.#waiting.set(id, waiting);
    this.#worker ??= this.#start();
    this.#worker.postMessage({ id, what, files, time: this.#time } satisfies Question);
    return waiting.promise;
  }

  #start(): Worker {
    const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
    worker.onmessage = ({ data: { id, found } }: MessageEvent<Answer>) => {
      this.#waiting.get(id)?.resolve(new Map(found));
      this.#waiting.delete(id);
    };
    worker.onerror = (event) => {
      event.preventDefault();
      worker.terminate();
      this.#worker = undefined;
      this.#fail(new Error(`Cannot read the modules: ${event.message}`));
    };
    return worker;
  }

  #fail(error: Error): void {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }

  /** Stop the worker. */
  [Symbol.dispose](): void {
    this.#worker?.terminate();
    this.#worker = undefined;
    this.#fail(new Error("Cannot read the modules: the registry is closed"));
  }
}
