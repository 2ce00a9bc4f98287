/**
 * How far a run is: on a terminal a line for the whole and one a plugin, drawn over; a line every few seconds elsewhere.
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
 * now = 6000;
 * progress.update(3_000_000, 12_000_000);
 * progress.end();
 * assert.equal(io.stderr, "run_7: 25 % of 11.44 MiB, 488.28 KiB/s, 18 s left\n");
 * ```
 * @module
 */
import type { PluginMetrics } from "@millrace/core/context";
import { formatBytes } from "@millrace/core/units";
import type { Io } from "../io.ts";
import { formatCount, formatDuration, formatMegabytes } from "./numbers.ts";
import { textTable } from "./table.ts";

const TERMINAL_MS = 100, LINES_MS = 5000, BAR = 24;

const TITLES = [
  { title: "plugin" },
  ...["rows", "MB/s", "busy", "tasks", "queue"].map((title) => ({ title, right: true })),
];

/** Shows how much of a number of bytes is done, and on a terminal what plugins do. */
export class Progress {
  readonly #io: Io;
  readonly #name: string;
  readonly #now: () => number;
  readonly #started: number;
  #drawn: number;
  /** Lines that are on the screen. */
  #shown = 0;
  #whole: string;
  #plugins: readonly string[] = [];

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
    this.#started = this.#drawn = now();
    this.#whole = `${name}: starting`;
  }

  /** Show that `done` of `total` bytes (0: not known) were read, unless something was shown just now. */
  update(done: number, total: number): void {
    const { terminal } = this.#io.errScreen;
    const now = this.#now();
    if (now - this.#drawn < (terminal ? TERMINAL_MS : LINES_MS)) return;
    this.#drawn = now;
    const text = this.#text(done, total, now - this.#started, terminal);
    if (!terminal) return this.#io.err(`${text}\n`);
    this.#whole = text;
    this.#draw();
  }

  /** Show what plugins have done so far, on a terminal. Rates and shares are of the whole time. */
  plugins(metrics: ReadonlyMap<string, Readonly<PluginMetrics>>): void {
    if (!this.#io.errScreen.terminal) return;
    this.#drawn = this.#now();
    const ms = this.#drawn - this.#started;
    const rows = [...metrics].map(([name, { rows, bytes, busyMs, tasks, queueBytes }]) => [
      name,
      formatCount(rows),
      ms > 0 ? formatMegabytes(bytes / ms * 1000) : "-",
      ms > 0 ? `${Math.round(busyMs / ms * 100)} %` : "-",
      String(tasks),
      formatBytes(queueBytes),
    ]);
    this.#plugins = textTable(TITLES, rows).split("\n").slice(0, -1);
    this.#draw();
  }

  #draw(): void {
    const { columns, rows } = this.#io.errScreen;
    // A line that is wrapped, or one that has left the screen, could not be drawn over.
    const room = Math.max(rows - 2, 0);
    const plugins = this.#plugins.length > room
      ? [...this.#plugins.slice(0, room - 1), `and ${this.#plugins.length - room + 1} more`].slice(0, room)
      : this.#plugins;
    const lines = [this.#whole, ...plugins].map((line) =>
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

  #text(done: number, total: number, ms: number, bar: boolean): string {
    const rate = done / ms * 1000;
    const speed = `${formatBytes(rate)}/s`;
    if (total <= 0) return `${this.#name}: ${formatBytes(done)}, ${speed}`;
    const part = Math.min(done / total, 1);
    const left = done > 0 ? `, ${formatDuration(Math.max(total - done, 0) / rate * 1000)} left` : "";
    const percent = `${Math.floor(part * 100)} %`;
    const picture = bar ? ` ${this.#bar(part)}` : "";
    return `${this.#name}:${picture} ${percent} of ${formatBytes(total)}, ${speed}${left}`;
  }

  #bar(part: number): string {
    const full = Math.floor(part * BAR);
    const [on, off] = this.#io.unicode ? ["█", "░"] : ["#", "."];
    return on.repeat(full) + off.repeat(BAR - full);
  }
}
