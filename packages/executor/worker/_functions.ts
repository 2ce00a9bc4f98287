// The task functions of a worker: each module is imported once.

import { describeFunction } from "../task/errors.ts";
import type { TaskCallable, TaskFunction } from "../task/task.ts";

/** Functions by the number that the host gave them. */
export class Functions {
  readonly #names: TaskFunction[] = [];
  readonly #loaded: (TaskCallable | undefined)[] = [];

  /** Says what a number stands for. */
  define(index: number, module: string, name: string): void {
    this.#names[index] = { module, export: name };
  }

  /** The function, undefined while it is not loaded. */
  get(index: number): TaskCallable | undefined {
    return this.#loaded[index];
  }

  /** The function's name in messages. */
  describe(index: number): string {
    return describeFunction(this.#names[index]!);
  }

  /**
   * Imports the module. A failure is not kept: the next task tries again.
   *
   * @throws {Error} When the module can't be imported (with the cause)
   * @throws {TypeError} When the export is no function
   */
  async load(index: number): Promise<TaskCallable> {
    const { module, export: name } = this.#names[index]!;
    let namespace: Record<string, unknown>;
    try {
      namespace = await import(module);
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new Error(`Cannot load the module of task ${this.describe(index)}: ${why}`, { cause });
    }
    const found = namespace[name];
    if (typeof found !== "function") {
      const names = Object.keys(namespace).filter((key) => typeof namespace[key] === "function");
      const there = names.length > 0 ? `functions there are ${names.join(", ")}` : "there is no function";
      const what = name in namespace ? `its type is ${typeof found}` : "there is no such export";
      throw new TypeError(`Cannot call task ${this.describe(index)}: ${what}; ${there}`);
    }
    return this.#loaded[index] = found as TaskCallable;
  }
}
