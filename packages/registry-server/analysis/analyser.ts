/**
 * Reads modules beside the server: {@linkcode Analyser}.
 * @module
 */
import type { ModuleFacts } from "./facts.ts";

/** What the worker is asked. */
export interface Question {
  readonly id: number;
  readonly files: readonly (readonly [path: string, text: string])[];
}

/** What it answers. */
export interface Answer {
  readonly id: number;
  readonly facts: readonly (readonly [path: string, facts: ModuleFacts])[];
}

/**
 * A worker that reads modules, started with the first question. Questions are answered in order. When the worker fails, all questions
 * that wait are refused with its error and the next one starts another worker.
 */
export class Analyser implements Disposable {
  #worker: Worker | undefined;
  #waiting = new Map<number, PromiseWithResolvers<ReadonlyMap<string, ModuleFacts>>>();
  #next = 0;

  /** Facts of modules, by path. */
  analyse(
    files: readonly (readonly [path: string, text: string])[],
  ): Promise<ReadonlyMap<string, ModuleFacts>> {
    const id = this.#next++;
    const waiting = Promise.withResolvers<ReadonlyMap<string, ModuleFacts>>();
    this.#waiting.set(id, waiting);
    this.#worker ??= this.#start();
    this.#worker.postMessage({ id, files } satisfies Question);
    return waiting.promise;
  }

  #start(): Worker {
    const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
    worker.onmessage = ({ data: { id, facts } }: MessageEvent<Answer>) => {
      this.#waiting.get(id)?.resolve(new Map(facts));
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
