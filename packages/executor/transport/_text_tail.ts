/**
 * The last text that a process wrote, and its lines as they come.
 * @module
 */

/** Keeps the end of a text, within a bound, and hands out its lines. */
export class TextTail {
  readonly #limit: number;
  readonly #line: ((line: string) => void) | undefined;
  readonly #decoder = new TextDecoder();
  #tail = "";
  #open = "";

  /** Keeps at most `limit` characters; a line that is longer is handed out in parts. */
  constructor(limit: number, line?: (line: string) => void) {
    this.#limit = limit;
    this.#line = line;
  }

  /** Takes the next bytes. */
  push(bytes: Uint8Array): void {
    this.#take(this.#decoder.decode(bytes, { stream: true }));
  }

  /** Hands out a last line without an end. */
  end(): void {
    this.#take(this.#decoder.decode());
    if (this.#open !== "") this.#line?.(this.#open);
    this.#open = "";
  }

  /** The end of the text. */
  toString(): string {
    return this.#tail;
  }

  #take(text: string): void {
    this.#tail = (this.#tail + text).slice(-this.#limit);
    if (!this.#line) return;
    const lines = (this.#open + text).split("\n");
    this.#open = lines.pop()!;
    for (const line of lines) this.#line(line);
    while (this.#open.length > this.#limit) {
      this.#line(this.#open.slice(0, this.#limit));
      this.#open = this.#open.slice(this.#limit);
    }
  }
}
