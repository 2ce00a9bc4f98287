/**
 * How far a run is: one line that is drawn over on a terminal, a line every few seconds elsewhere.
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
import { formatBytes } from "@millrace/core/units";
import type { Io } from "../io.ts";
import { formatDuration } from "./numbers.ts";

const TERMINAL_MS = 100, LINES_MS = 5000, BAR = 24;

/** Shows how much of a number of bytes is done. */
export class Progress {
  readonly #io: Io;
  readonly #name: string;
  readonly #now: () => number;
  readonly #started: number;
  #drawn: number;
  #shown = false;

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
  }

  /** Show that `done` of `total` bytes (0: not known) were read, unless something was shown just now. */
  update(done: number, total: number): void {
    const { terminal, columns } = this.#io.errScreen;
    const now = this.#now();
    if (now - this.#drawn < (terminal ? TERMINAL_MS : LINES_MS)) return;
    this.#drawn = now;
    const text = this.#text(done, total, now - this.#started, terminal);
    if (!terminal) return this.#io.err(`${text}\n`);
    this.#shown = true;
    this.#io.err(`\r\x1b[2K${[...text].slice(0, Math.max(columns - 1, 0)).join("")}`);
  }

  /** Take the line away, so that something else can be written. */
  clear(): void {
    if (this.#shown) this.#io.err("\r\x1b[2K");
    this.#shown = false;
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
