// One run under way: its graph, and what is stored of it.

import type { Graph, Tap } from "../engine/graph.ts";
import type { Plugin } from "../plugin/plugin.ts";
import type { ResultWriter, Store, StoredResult } from "../store/types.ts";
import type { Plan } from "./plan.ts";

/** One run under way: its graph, and what is stored of it. */
export class Work {
  graph!: Graph;
  done: () => void = () => {};
  readonly notices: string[] = [];
  readonly taps: Tap[] = [];
  readonly #plan: Plan;
  readonly #store: Store | undefined;
  readonly #writers = new Map<string, ResultWriter>();
  readonly #written = new Set<string>();

  constructor(plan: Plan, store: Store | undefined) {
    this.#plan = plan;
    this.#store = store;
  }

  notice(plugin: string, text: string): void {
    const line = `${plugin}: ${text}`;
    if (!this.notices.includes(line)) this.notices.push(line);
  }

  async open(): Promise<void> {
    if (!this.#store) return;
    const { runId, targets } = this.#plan;
    try {
      for (const step of this.#plan.steps) {
        if (step.stored) continue;
        for (const dataType of step.plugin.provides) {
          if (!saved(step.plugin, targets.includes(dataType))) continue;
          const writer = await this.#store.writer({ runId, dataType }, {
            schema: step.schemas[dataType]!,
            dataKind: step.dataKinds[dataType] ?? dataType,
            lineage: step.lineages[dataType]!,
            lineageHash: step.hashes[dataType]!,
          });
          this.#writers.set(dataType, writer);
          this.taps.push({
            dataType,
            take: async (chunk) => {
              this.#written.add(dataType);
              await writer.write(chunk);
            },
          });
        }
      }
    } catch (error) {
      await this.#abort();
      throw error;
    }
  }

  /** Everything was read: make the results readable. */
  async finish(): Promise<Map<string, StoredResult>> {
    await this.graph.finish();
    const stored = new Map<string, StoredResult>();
    for (const step of this.#plan.steps) if (step.stored) stored.set(step.plugin.name, step.stored);
    for (const [dataType, writer] of this.#writers) {
      // A source without any input has no extent: there is nothing to store.
      if (this.#written.has(dataType)) stored.set(dataType, await writer.finish({ notices: this.notices }));
    }
    return stored;
  }

  async #abort(): Promise<void> {
    for (const writer of this.#writers.values()) await writer.abort();
  }

  async close(): Promise<void> {
    this.done();
    await this.graph?.close();
    await this.#abort();
  }
}

function saved(plugin: Plugin, isTarget: boolean): boolean {
  return plugin.saveWhen === "always" || (isTarget && plugin.saveWhen !== "never");
}
