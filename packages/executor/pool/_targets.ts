// The task functions that a pool was asked for.

import { checkFunction } from "../task/_check_task.ts";
import type { TaskFunction } from "../task/task.ts";
import { Target } from "./_entry.ts";

/** Task functions by module and export. */
export class Targets {
  readonly #byModule = new Map<string, Map<string, Target>>();
  /** Most tasks have the same function as the one before. */
  #lastFunction: TaskFunction | undefined;
  #lastTarget: Target | undefined;
  #count = 0;

  /** What is known of a function. @throws {TypeError} When it is none */
  of(fn: TaskFunction): Target {
    if (fn === this.#lastFunction && fn !== undefined) return this.#lastTarget!;
    let target = this.#byModule.get(fn?.module)?.get(fn.export);
    if (target === undefined) {
      checkFunction(fn);
      const { module, export: name } = fn;
      target = new Target(this.#count++, { module, export: name });
      const ofModule = this.#byModule.get(module) ?? new Map<string, Target>();
      this.#byModule.set(module, ofModule.set(name, target));
    }
    this.#lastFunction = fn;
    this.#lastTarget = target;
    return target;
  }
}
