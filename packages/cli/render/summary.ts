/**
 * What a run did, for people and as JSON.
 * @module
 */
import type { RunReport } from "@millrace/core/context";
import type { Plan } from "@millrace/core/plan";
import type { StoredResult } from "@millrace/core/store";
import { formatBytes, formatTime } from "@millrace/core/units";
import { formatCount, formatDuration, formatMegabytes, formatRate } from "./numbers.ts";
import { textTable } from "./table.ts";

/** What a {@linkcode RunSummary} is made of. */
export interface SummaryInput {
  /** Folder of the results. */
  readonly store: string;
  /** What was to be done. */
  readonly plan: Plan;
  /** What was done; absent where everything was stored already. */
  readonly report: RunReport | undefined;
  /** Bytes of input that were read. */
  readonly bytesRead: number;
  /** Most workers that computed; 0 or absent: none. */
  readonly workers?: number;
}

/** One plugin of a run. */
export interface PluginSummary {
  /** Name of the plugin. */
  readonly plugin: string;
  /** Its version. */
  readonly version: string;
  /**
   * Whether it ran, ran behind what an interrupted run had left, its result was found in the store, or another process computed
   * it while this one waited.
   */
  readonly action: "computed" | "resumed" | "reused" | "elsewhere";
  /** Rows of its results; `null` where they went straight into the next plugin and were not counted. */
  readonly rows: number | null;
  /** Bytes of its results: in memory where computed, of the files where reused; `null` where not counted. */
  readonly bytes: number | null;
  /** Chunks that it made; `null` where not counted. */
  readonly chunks: number | null;
  /** Where it was computed: `thread`, `process` or `inline`; `store` where its result was found; `sandbox`. */
  readonly executor: string;
  /** Milliseconds that it ran, added up over all workers. */
  readonly busyMs: number;
  /** Milliseconds that its tasks waited for a worker, added up; those of plugins computed together count for the first. */
  readonly waitMs: number;
  /** Milliseconds that it waited for room in the memory budget, as sources do. */
  readonly backpressureMs: number;
  /** Folders of its results by data type; empty where they are not stored. */
  readonly stored: Readonly<Record<string, string>>;
}

/** What a run did. `toString()` is the table for people, `toJSON()` the same for programs. */
export class RunSummary {
  /** Name of the run. */
  readonly runId: string;
  /** The plugins in the order of the work. */
  readonly plugins: readonly PluginSummary[];
  /** What plugins had to say. */
  readonly notices: readonly string[];
  readonly #input: SummaryInput;

  /** The summary of a run. @param input What was planned and what was reported. */
  constructor(input: SummaryInput) {
    this.#input = input;
    const { plan, report } = input;
    this.runId = plan.runId;
    this.plugins = plan.steps.map((step) => this.#plugin(step));
    const stored = plan.steps.flatMap(({ stored }) => stored?.meta.notices ?? []);
    this.notices = [...new Set([...stored, ...report?.notices ?? []])];
  }

  #plugin({ plugin, stored: before, results, place }: Plan["steps"][number]): PluginSummary {
    const { report } = this.#input;
    const { name, version, provides, sandboxed } = plugin;
    const executor = sandboxed && !before ? "sandbox" : place;
    const places = (results: Iterable<readonly [string, StoredResult]>) =>
      Object.fromEntries([...results].map(([type, { folder = "" }]) => [type, folder]));
    if (before) {
      const { rows, bytes } = before.meta;
      const chunks = before.chunks.length;
      const stored = places(Object.entries(results));
      const times = { busyMs: 0, waitMs: 0, backpressureMs: 0 };
      return { plugin: name, version, action: "reused", executor, rows, bytes, chunks, ...times, stored };
    }
    const done = report?.plan.steps.find((step) => step.plugin.name === name);
    if (report && (!done || done.stored)) {
      const { rows, bytes } = done?.stored?.meta ?? { rows: null, bytes: null };
      const chunks = done?.stored?.chunks.length ?? null;
      const times = { busyMs: 0, waitMs: 0, backpressureMs: 0 };
      const stored = places(Object.entries(done?.results ?? {}));
      const what = { plugin: name, version, action: "elsewhere", executor: "store" } as const;
      return { ...what, rows, bytes, chunks, ...times, stored };
    }
    const metrics = report?.plugins.get(name);
    const stored = places([...report?.stored ?? []].filter(([type]) => provides.includes(type)));
    const fixed = {
      plugin: name,
      version,
      action: provides.some((type) => report?.resumed.has(type)) ? "resumed" : "computed",
      executor,
      busyMs: metrics?.busyMs ?? 0,
      waitMs: metrics?.waitMs ?? 0,
      backpressureMs: metrics?.backpressureMs ?? 0,
      stored,
    } as const;
    // Chunks inside a stage of several plugins never leave it.
    if (!metrics?.chunks) return { ...fixed, rows: null, bytes: null, chunks: null };
    const { rows, bytes, chunks } = metrics;
    return { ...fixed, rows, bytes, chunks };
  }

  /** The summary as JSON: bytes, milliseconds and rates by the second. */
  toJSON(): Record<string, unknown> {
    const { report, bytesRead, store, plan, workers = 0 } = this.#input;
    return {
      runId: this.runId,
      store,
      executor: plan.executor,
      workers: inWorkers(plan) ? workers : 0,
      elapsedMs: report?.elapsedMs ?? 0,
      bytesRead,
      peakBytes: report?.peakBytes ?? 0,
      resumed: Object.fromEntries([...report?.resumed ?? []].map(([type, from]) => [type, String(from)])),
      notices: this.notices,
      plugins: this.plugins.map((plugin) => ({
        ...plugin,
        rowsPerSecond: perSecond(plugin.rows, plugin.busyMs),
        bytesPerSecond: perSecond(plugin.bytes, plugin.busyMs),
      })),
    };
  }

  /** The summary as a table, a line on the whole and the notices. */
  toString(): string {
    const right = true;
    // Plugins that are computed together wait together.
    const heads = new Set(this.#input.plan.stages.map(([first]) => first));
    const table = textTable(
      [
        { title: "plugin" },
        { title: "" },
        { title: "rows", right },
        { title: "size", right },
        { title: "rows/s", right },
        { title: "MB/s", right },
        { title: "busy", right },
        { title: "wait", right },
        { title: "stored in" },
      ],
      this.plugins.map((plugin) => {
        const { rows, bytes, busyMs, waitMs, action } = plugin;
        const ran = action === "computed" || action === "resumed";
        const rate = ran ? perSecond(rows, busyMs) : null;
        const speed = ran ? perSecond(bytes, busyMs) : null;
        return [
          plugin.plugin,
          ran ? action : action === "reused" ? "stored before" : "by another process",
          rows === null ? "-" : formatCount(rows),
          bytes === null ? "-" : formatBytes(bytes),
          rate === null ? "-" : formatRate(rate),
          speed === null ? "-" : formatMegabytes(speed),
          ran ? formatDuration(busyMs) : "-",
          ran && heads.has(plugin.plugin) ? formatDuration(waitMs) : "-",
          Object.values(plugin.stored).join(", ") || "-",
        ];
      }),
    );
    const resumed = [...this.#input.report?.resumed ?? []].map(([type, from]) =>
      `${type} from ${formatTime(from)}`
    );
    const goneOn = resumed.length > 0 ? `${this.runId}: resumed ${resumed.join(", ")}\n` : "";
    return `${table}\n${goneOn}${this.#whole()}\n${
      this.notices.map((notice) => `Note: ${notice}\n`).join("")
    }`;
  }

  #whole(): string {
    const { report, bytesRead, plan, workers = 0 } = this.#input;
    if (!report) return `${this.runId}: everything was stored already; --fresh computes it anew`;
    const { elapsedMs, peakBytes } = report;
    const where = `, executor ${placesOf(plan, workers)}`;
    const sandboxed = this.plugins.flatMap(({ plugin, action, executor }) =>
      executor === "sandbox" && action !== "elsewhere" ? [plugin] : []
    );
    const apart = sandboxed.length === 0
      ? ""
      : `; ${sandboxed.join(", ")} in ${sandboxed.length === 1 ? "a sandbox" : "sandboxes"}`;
    const held = `held ${formatBytes(peakBytes)} at most${where}${apart}`;
    if (bytesRead === 0) return `${this.runId}: ${held}`;
    const speed = formatBytes(perSecond(bytesRead, elapsedMs) ?? 0);
    return `${this.runId}: read ${formatBytes(bytesRead)} in ${
      formatDuration(elapsedMs)
    } (${speed}/s), ${held}`;
  }
}

/** Whether anything of a plan is computed in workers. */
function inWorkers({ steps }: Plan): boolean {
  return steps.some(({ place }) => place === "thread" || place === "process");
}

/** Where a plan is computed, in words. */
function placesOf(plan: Plan, workers: number): string {
  if (!inWorkers(plan)) return plan.executor;
  const computed = plan.steps.filter(({ stored }) => !stored);
  const kinds = new Set(computed.map(({ place }) => place).filter((place) => place !== "inline"));
  const count = workers === 1 ? "1 worker" : `up to ${workers} workers`;
  const here = computed.flatMap(({ place, plugin }) =>
    place === "inline" && !plugin.sandboxed ? [plugin.name] : []
  );
  return `${[...kinds].join(" and ")} with ${count}${
    here.length > 0 ? `, ${here.join(", ")} in the main process` : ""
  }`;
}

function perSecond(count: number | null, ms: number): number | null {
  return count !== null && ms > 0 ? Math.round(count / ms * 1000) : null;
}
