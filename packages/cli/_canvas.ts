// A grid of dots that is printed as characters: braille (2 x 4 dots each) or one dot a character.

/** Dots on a grid of `columns` by `rows` characters; (0, 0) is at the top left. */
export class Canvas {
  /** Dots side by side. */
  readonly width: number;
  /** Dots one above the other. */
  readonly height: number;
  readonly #columns: number;
  readonly #rows: number;
  readonly #cells: Uint8Array;
  readonly #braille: boolean;

  constructor(columns: number, rows: number, braille: boolean) {
    this.#columns = columns;
    this.#rows = rows;
    this.#braille = braille;
    this.width = columns * (braille ? 2 : 1);
    this.height = rows * (braille ? 4 : 1);
    this.#cells = new Uint8Array(columns * rows);
  }

  /** The column of characters that a dot lies in. */
  column(x: number): number {
    return this.#braille ? x >> 1 : x;
  }

  /** Set one dot. */
  dot(x: number, y: number): void {
    if (!this.#braille) this.#cells[y * this.#columns + x] = 1;
    else this.#cells[(y >> 2) * this.#columns + (x >> 1)]! |= BITS[(y & 3) * 2 + (x & 1)]!;
  }

  /** Dots from one to another, at least one in each column and row between. */
  line(x0: number, y0: number, x1: number, y1: number): void {
    let before = y0;
    for (let x = x0; x <= x1; x++) {
      const y = x1 === x0 ? y1 : Math.round(y0 + (y1 - y0) * (x - x0) / (x1 - x0));
      for (let at = Math.min(before, y); at <= Math.max(before, y); at++) this.dot(x, at);
      before = y;
    }
  }

  /** The characters of a row. */
  row(row: number): string[] {
    if (!(row >= 0 && row < this.#rows)) throw new RangeError(`Cannot print row ${row} of ${this.#rows}`);
    const cells = this.#cells.subarray(row * this.#columns, (row + 1) * this.#columns);
    const none = " ";
    return Array.from(
      cells,
      (cell) => cell === 0 ? none : this.#braille ? String.fromCharCode(0x2800 + cell) : "*",
    );
  }
}

// Bits of the braille patterns by dot, row by row: dots 1 4, 2 5, 3 6, 7 8.
const BITS = [0x01, 0x08, 0x02, 0x10, 0x04, 0x20, 0x40, 0x80];
