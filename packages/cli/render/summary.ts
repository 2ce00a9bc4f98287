/**
 * What a run did, for people and as JSON.
 * @module
 */
import type { RunReport } from "@millrace/core/context";
import type { Plan } from "@millrace/core/plan";
import { formatBytes } from "@millrace/core/units";
import { formatCount, formatDuration, formatRate } from "./numbers.ts";
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
  /** Data types of which the store had a result of another lineage before. */
  readonly replaced?: ReadonlySet<string>;
}

/** One plugin of a run. */
export interface PluginSummary {
  /** Name of the plugin. */
  readonly plugin: string;
  /** Its version. */
  readonly version: string;
  /** Whether it ran, also in the place of a stored result of another lineage, or its result was found in the store. */
  readonly action: "computed" | "replaced" | "reused";
  /** Rows of its results; `null` where they went straight into the next plugin and were not counted. */
  readonly rows: number | null;
  /** Bytes of its results: in memory where computed, of the files where reused; `null` where not counted. */
  readonly bytes: number | null;
  /** Chunks that it made; `null` where not counted. */
  readonly chunks: number | null;
  /** Milliseconds that it ran. */
  readonly busyMs: number;
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

  #plugin({ plugin, stored: before }: Plan["steps"][number]): PluginSummary {
    const { store, report, replaced } = this.#input;
    const { name, version, provides } = plugin;
    const place = (type: string) => [type, `${store}/${this.runId}/${type}`];
    if (before) {
      const { rows, bytes } = before.meta;
      const chunks = before.chunks.length;
      const stored = Object.fromEntries(provides.map(place));
      return { plugin: name, version, action: "reused", rows, bytes, chunks, busyMs: 0, stored };
    }
    const metrics = report?.plugins.get(name);
    const stored = Object.fromEntries(provides.filter((type) => report?.stored.has(type)).map(place));
    const fixed = {
      plugin: name,
      version,
      action: Object.keys(stored).some((type) => replaced?.has(type)) ? "replaced" : "computed",
      busyMs: metrics?.busyMs ?? 0,
      stored,
    } as const;
    // Chunks inside a stage of several plugins never leave it.
    if (!metrics?.chunks) return { ...fixed, rows: null, bytes: null, chunks: null };
    const { rows, bytes, chunks } = metrics;
    return { ...fixed, rows, bytes, chunks };
  }

  /** The summary as JSON: bytes, milliseconds and rates by the second. */
  toJSON(): Record<string, unknown> {
    const { report, bytesRead, store } = this.#input;
    return {
      runId: this.runId,
      store,
      elapsedMs: report?.elapsedMs ?? 0,
      bytesRead,
      peakBytes: report?.peakBytes ?? 0,
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
    const table = textTable(
      [
        { title: "plugin" },
        { title: "" },
        { title: "rows", right },
        { title: "size", right },
        { title: "rows/s", right },
        { title: "MB/s", right },
        { title: "time", right },
        { title: "stored in" },
      ],
      this.plugins.map((plugin) => {
        const { rows, bytes, busyMs, action } = plugin;
        const ran = action !== "reused";
        const rate = ran ? perSecond(rows, busyMs) : null;
        const speed = ran ? perSecond(bytes, busyMs) : null;
        return [
          plugin.plugin,
          ran ? action : "stored before",
          rows === null ? "-" : formatCount(rows),
          bytes === null ? "-" : formatBytes(bytes),
          rate === null ? "-" : formatRate(rate),
          speed === null ? "-" : formatMegabytes(speed),
          ran ? formatDuration(busyMs) : "-",
          Object.values(plugin.stored).join(", ") || "-",
        ];
      }),
    );
    return `${table}\n${this.#whole()}\n${this.notices.map((notice) => `Note: ${notice}\n`).join("")}`;
  }

  #whole(): string {
    const { report, bytesRead } = this.#input;
    if (!report) return `${this.runId}: everything was stored already; --fresh computes it anew`;
    const { elapsedMs, peakBytes } = report;
    const held = `held ${formatBytes(peakBytes)} at most`;
    if (bytesRead === 0) return `${this.runId}: ${held}`;
    const speed = formatBytes(perSecond(bytesRead, elapsedMs) ?? 0);
    return `${this.runId}: read ${formatBytes(bytesRead)} in ${
      formatDuration(elapsedMs)
    } (${speed}/s), ${held}`;
  }
}

function formatMegabytes(bytes: number): string {
  const megabytes = bytes / 1e6;
  return megabytes >= 100 ? formatCount(Math.round(megabytes)) : formatRate(megabytes);
}

function perSecond(count: number | null, ms: number): number | null {
  return count !== null && ms > 0 ? Math.round(count / ms * 1000) : null;
}
