/**
 * How many requests are answered, and how fast: {@linkcode Traffic}.
 * @module
 */

const KINDS = ["module", "other"];
/** Classes of a status: 1xx to 5xx. */
const CLASSES = 6;

/** Counts answers by what was asked for and the class of the status, since the server started. */
export class Traffic {
  readonly #counts = new Float64Array(KINDS.length * CLASSES);
  readonly #ms = new Float64Array(KINDS.length * CLASSES);

  /** Count an answer. @param ms Until it was ready. */
  add(isModule: boolean, status: number, ms: number): void {
    const at = (isModule ? 0 : CLASSES) + Math.trunc(status / 100);
    this.#counts[at]!++;
    this.#ms[at]! += ms;
  }

  /** Lines of Prometheus' text format for one metric, without its help. */
  lines(name: string, field: "count" | "seconds"): string {
    return [...this.#counts].map((count, at) => {
      if (count === 0) return "";
      const labels = `kind="${KINDS[Math.trunc(at / CLASSES)]}",status="${at % CLASSES}xx"`;
      return `${name}{${labels}} ${field === "count" ? count : this.#ms[at]! / 1000}\n`;
    }).join("");
  }
}
