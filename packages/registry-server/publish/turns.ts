/**
 * A few at a time: {@linkcode Turns}.
 * @module
 */

/** Lets a few pieces of work go on at once; the others wait in order. A piece that fails makes room like any other. */
export class Turns {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  /** @param places How many at once. */
  constructor(places: number) {
    this.#free = places;
  }

  /** Wait for a place; dispose of it to make room. */
  async take(): Promise<Disposable> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return {
      [Symbol.dispose]: () => {
        const next = this.#waiting.shift();
        if (next) next();
        else this.#free++;
      },
    };
  }
}
