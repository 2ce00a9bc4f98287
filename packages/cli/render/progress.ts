/**
 * How far a run is: on a terminal a line for the whole and one a plugin, drawn over; a line every few seconds elsewhere.
 *
 * What is left is told by the pace up to the last time that more was done, and counts down from there until more is due.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { memoryIo } from "../io.ts";
 * import { Progress } from "./progress.ts";
 *
 * let now = 0;
 * const io = memoryIo();
 * const progress = new Progress(io, "run_7", () => now);
 * const total = 12_000_000;
 * progress.update({ done: 0, total, until: undefined });
 * now = 6000;
 * progress.update({ done: 3_000_000, total, until: 2_000_000_000_000n });
 * progress.end();
 * assert.equal(io.stderr, "run_7: 25 % of 11.44 MiB, 488.28 KiB/s, 18 s left\n");
 * ```
 * @module
 */
import type { PluginMetrics } from "@millrace/core/context";
import { formatBytes, formatTime } from "@millrace/core/units";
import type { Io } from "../io.ts";
import type { Coverage } from "./covered.ts";
import { formatCount, formatDuration, formatMegabytes } from "./numbers.ts";
import { textTable } from "./table.ts";

const TERMINAL_MS = 100, LINES_MS = 5000, BAR = 24;
/** What stands beside name and bar in a line. */
const NUMBERS = 46;

const TITLES = [
  { title: "plugin" },
  ...["rows", "MB/s", "busy", "tasks", "queue"].map((title) => ({ title, right: true })),
];

/** Shows how much of a run's input is done, and on a terminal what plugins do. */
export class Progress {
  readonly #io: Io;
  readonly #name: string;
  readonly #now: () => number;
  readonly #started: number;
  #drawn: number;
  /** Lines that are on the screen. */
  #shown = 0;
  #plugins: readonly string[] = [];
  #coverage: Coverage | undefined;
  /** Bytes that were done before this run. */
  #before = 0;
  /** When more was done last, and how long that had taken. */
  #advanced: number;
  #step = 0;

  /**
   * Progress from now on.
   *
   * @param name What is under way.
   * @param now Milliseconds, never going back.
   */
  constructor(io: Io, name: string, now: () => number = () => performance.now()) {
    this.#io = io;
    this.#name = name;
    this.#now = now;
    this.#started = this.#drawn = this.#advanced = now();
  }

  /** Take note of how far the run is, and show it, unless something was shown just now. What is done first was before. */
  update(coverage: Coverage | undefined): void {
    const { terminal } = this.#io.errScreen;
    const now = this.#now();
    if (coverage) {
      const before = this.#coverage?.done;
      if (before === undefined) this.#before = coverage.done;
      else if (coverage.done > before) {
        this.#step = now - this.#advanced;
        this.#advanced = now;
      }
      this.#coverage = coverage;
    }
    if (now - this.#drawn < (terminal ? TERMINAL_MS : LINES_MS)) return;
    this.#drawn = now;
    if (terminal) this.#draw();
    else this.#io.err(`${this.#text(now, false)}\n`);
  }

  /** Show what plugins have done so far with the next update, on a terminal. Rates and shares are of the whole time. */
  plugins(metrics: ReadonlyMap<string, Readonly<PluginMetrics>>): void {
    if (!this.#io.errScreen.terminal) return;
    const ms = this.#now() - this.#started;
    const rows = [...metrics].map(([name, { rows, bytes, busyMs, tasks, queueBytes }]) => [
      name,
      formatCount(rows),
      ms > 0 ? formatMegabytes(bytes / ms * 1000) : "-",
      ms > 0 ? `${Math.round(busyMs / ms * 100)} %` : "-",
      String(tasks),
      formatBytes(queueBytes),
    ]);
    this.#plugins = textTable(TITLES, rows).split("\n").slice(0, -1);
  }

  #draw(): void {
    const { columns, rows } = this.#io.errScreen;
    // A line that is wrapped, or one that has left the screen, could not be drawn over.
    const room = Math.max(rows - 2, 0);
    const plugins = this.#plugins.length > room
      ? [...this.#plugins.slice(0, room - 1), `and ${this.#plugins.length - room + 1} more`].slice(0, room)
      : this.#plugins;
    const bar = this.#name.length + BAR + NUMBERS < columns;
    const lines = [this.#text(this.#now(), bar), ...plugins].map((line) =>
      [...line].slice(0, Math.max(columns - 1, 0)).join("")
    );
    this.#io.err(`${this.#home()}${lines.join("\n")}`);
    this.#shown = lines.length;
  }

  /** To the start of what is shown, and away with it. */
  #home(): string {
    if (this.#shown <= 1) return "\r\x1b[2K";
    return `\r\x1b[${this.#shown - 1}A\x1b[J`;
  }

  /** Take what is shown away, so that something else can be written. */
  clear(): void {
    if (this.#shown > 0) this.#io.err(this.#home());
    this.#shown = 0;
  }

  /** Nothing more will come. */
  end(): void {
    this.clear();
  }

  #text(now: number, bar: boolean): string {
    if (!this.#coverage) return `${this.#name}: starting`;
    const { done, total, until } = this.#coverage;
    const bytes = done - this.#before, ms = now - this.#started;
    const made = until === undefined ? "" : `up to ${formatTime(until)}`;
    const speed = `${formatBytes(ms > 0 ? bytes / ms * 1000 : 0)}/s`;
    if (total <= 0) {
      const known = [...made ? [made] : [], ...done > 0 ? [formatBytes(done), speed] : []];
      return `${this.#name}: ${known.join(", ") || "starting"}`;
    }
    const percent = `${Math.floor(Math.min(done / total, 1) * 100)} %`;
    const picture = bar ? ` ${this.#bar(Math.min(done / total, 1))}` : "";
    const left = done >= total
      ? ", finishing"
      : bytes > 0
      ? `, ${this.#left(bytes, total - done, now)} left`
      : "";
    return `${this.#name}:${picture} ${percent} of ${formatBytes(total)}, ${speed}${left}`;
  }

  /** How long `rest` bytes take if they take as long as `bytes` did. */
  #left(bytes: number, rest: number, now: number): string {
    const ms = (this.#advanced - this.#started) / bytes * rest;
    return formatDuration(Math.max(0, ms - Math.min(now - this.#advanced, this.#step)));
  }

  #bar(part: number): string {
    const full = Math.floor(part * BAR);
    const [on, off] = this.#io.unicode ? ["█", "░"] : ["#", "."];
    return on.repeat(full) + off.repeat(BAR - full);
  }
}
