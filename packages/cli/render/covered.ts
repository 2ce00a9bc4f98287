/**
 * How much of a run's input its wanted results cover.
 *
 * Sources are read ahead of the plugins, so what was read says little about what is done. Sources tell up to which byte the rows
 * before a time lie, stored results have it in their chunks: the time up to which a result is made is a number of bytes.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Context, schema, Table, tableSource } from "@millrace/core";
 * import { Covered } from "./covered.ts";
 *
 * const rows = Table.from(schema({ time: "time" }), { time: [1n, 2n] });
 * await using context = new Context().register(tableSource("triggers", rows));
 * const covered = new Covered(await context.plan("run_7", ["triggers"]));
 * const input = { type: "input", plugin: "triggers", total: 200, skipped: 0 } as const;
 * covered.take({ ...input, done: 0, until: 0n });
 * covered.take({ ...input, done: 100, until: 50n });
 * const chunk = { type: "chunk", plugin: "triggers", dataType: "triggers", rows: 9, bytes: 72 } as const;
 * covered.take({ ...chunk, start: 0n, end: 25n });
 * assert.deepEqual(covered.now, { done: 50, total: 200, until: 25n });
 * ```
 * @module
 */
import type { RunEvent } from "@millrace/core/context";
import type { Plan } from "@millrace/core/plan";

/** Up to where results are made. */
export interface Coverage {
  /** Bytes of input that they cover. */
  readonly done: number;
  /** Bytes of all input; 0: not known. */
  readonly total: number;
  /** The time up to which all of them are made, ps; undefined before the first chunk. */
  readonly until: bigint | undefined;
}

/** Follows a run by what it tells. */
export class Covered {
  readonly #plan: Plan;
  readonly #wanted: readonly string[];
  readonly #inputs = new Map<string, Input>();
  /** Ends of what was made, by data type. */
  readonly #ends = new Map<string, bigint>();
  /** What another process computes: it is read then, unless that process ends before. */
  readonly #elsewhere = new Set<string>();
  #done = 0;

  /** The targets of a plan that are not stored are what is wanted. */
  constructor(plan: Plan) {
    this.#plan = plan;
    this.#wanted = plan.targets.filter((type) => !plan.step(type).stored);
    const computed = plan.steps.filter(({ stored }) => !stored);
    for (const type of new Set(computed.flatMap(({ plugin }) => plugin.dependsOn))) {
      const { stored, results } = plan.step(type);
      const result = stored && results[type];
      if (!result) continue;
      const input = new Input();
      let bytes = 0;
      input.note(result.meta.start, 0);
      for (const chunk of result.chunks) input.note(chunk.end, bytes += chunk.bytes);
      input.total = bytes;
      this.#inputs.set(type, input);
    }
  }

  /** Take note of what happened. */
  take(event: RunEvent): void {
    if (event.type === "input") {
      let input = this.#inputs.get(event.plugin);
      if (!input) this.#inputs.set(event.plugin, input = new Input());
      input.total = event.total;
      if (event.until !== undefined) input.note(event.until, event.done);
    } else if (event.type === "resumed") this.#made(event.dataType, event.from);
    else if (event.type === "chunk") this.#made(event.dataType, event.end);
    else if (event.type === "waiting") this.#elsewhere.add(event.dataType);
  }

  #made(dataType: string, end: bigint): void {
    const before = this.#ends.get(dataType);
    if (before === undefined || end > before) this.#ends.set(dataType, end);
  }

  /** How things stand; undefined while nothing is known of the input. */
  get now(): Coverage | undefined {
    const here = this.#wanted.filter((type) => !this.#elsewhere.has(type) || this.#ends.has(type));
    const until = least(here.map((type) => this.#until(type)));
    let done = 0, total = 0, known = until !== undefined;
    for (const input of this.#inputs.values()) {
      done += input.before(until);
      total += input.total;
      known ||= input.known;
    }
    if (!known) return undefined;
    this.#done = Math.max(this.#done, done);
    return { done: this.#done, total, until };
  }

  /** Up to where a data type is made: what needs the whole run first has as much as what it gathers. */
  #until(type: string): bigint | undefined {
    const end = this.#ends.get(type);
    if (end !== undefined || !this.#gathers(type)) return end;
    return least(this.#plan.step(type).plugin.dependsOn.map((other) => this.#until(other)));
  }

  #gathers(type: string): boolean {
    const { plugin, stored } = this.#plan.step(type);
    return !stored && (plugin.kind === "static" || plugin.dependsOn.some((other) => this.#gathers(other)));
  }
}

/** The least of some times, if all are known. */
function least(times: readonly (bigint | undefined)[]): bigint | undefined {
  let first: bigint | undefined;
  for (const time of times) {
    if (time === undefined) return undefined;
    if (first === undefined || time < first) first = time;
  }
  return first;
}

/** Which bytes of an input lie before a time. */
class Input {
  total = 0;
  readonly #points: { readonly at: bigint; readonly bytes: number }[] = [];
  /** The last one before the time that was asked for last: times that are asked for do not go back. */
  #index = 0;

  /** The rows before `at` lie in the first `bytes` bytes. Both grow from call to call. */
  note(at: bigint, bytes: number): void {
    this.#points.push({ at, bytes });
  }

  get known(): boolean {
    return this.#points.length > 0;
  }

  before(time: bigint | undefined): number {
    const points = this.#points;
    while (time !== undefined && this.#index + 1 < points.length && points[this.#index + 1]!.at <= time) {
      this.#index++;
    }
    const here = points[this.#index], next = points[this.#index + 1];
    if (!here) return 0;
    if (time === undefined || !next || time <= here.at) return here.bytes;
    return here.bytes + (next.bytes - here.bytes) * (Number(time - here.at) / Number(next.at - here.at));
  }
}
