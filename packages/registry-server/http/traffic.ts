/**
 * How many requests are answered, and how fast: {@linkcode Traffic}.
 * @module
 */

/** Counts answers by what was asked for and the class of the status, since the server started. */
export class Traffic {
  readonly #counts = new Map<string, { count: number; seconds: number }>();

  /** Count an answer. @param ms Until it was ready. */
  add(isModule: boolean, status: number, ms: number): void {
    const key = `kind="${isModule ? "module" : "other"}",status="${Math.trunc(status / 100)}xx"`;
    let counted = this.#counts.get(key);
    if (!counted) this.#counts.set(key, counted = { count: 0, seconds: 0 });
    counted.count++;
    counted.seconds += ms / 1000;
  }

  /** Lines of Prometheus' text format for one metric, without its help. */
  lines(name: string, field: "count" | "seconds"): string {
    return [...this.#counts].map(([labels, counted]) => `${name}{${labels}} ${counted[field]}\n`).join("");
  }
}
