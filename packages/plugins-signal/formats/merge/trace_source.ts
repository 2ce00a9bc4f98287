// A file (or a table in it) that a format's reader decodes into rows.
import type { Piece } from "./piece.ts";
import type { RowStore } from "./row_store.ts";
import type { Place, RunSource } from "./source.ts";

/** What a format says how its rows are read. */
export interface TraceReader {
  /** Name for messages. */
  readonly path: string;
  /** Least bytes of a row in the file, its samples apart. */
  readonly rowBytes: number;
  /** How far rows may lie behind the latest one in `rows`, ps. */
  readonly window: number;
  /** Where the rows go; its `received` counts bytes up to what `open` gave. */
  readonly rows: RowStore;
  /** See that the file is there and of the format. Gives the bytes that there are to read. */
  open(): Promise<number>;
  /** Decode some more rows; whether there may be more. */
  read(): Promise<boolean>;
  /** Place in the file of the next row to be decoded, where the reader can go on at any: as `rows` are told it. */
  readonly next?: number;
  /**
   * Go on at a place further on: that of a row which starts at or after `from` (ps), while all rows in front of it start before. Gives the
   * bytes of the file up to there. Absent where it cannot, which `open` may find out.
   */
  goTo?(place: number, from: bigint): Promise<number>;
  /** Close what is open. */
  close(): void;
}

/** A reader as one of a run's sources. */
export class TraceSource implements RunSource<RowStore> {
  readonly path: string;
  readonly index: number;
  readonly decoder: RowStore;
  size = 0;
  finished = false;
  readonly #reader: TraceReader;
  readonly #notice: (text: string) => void;
  place?: () => Place;
  goTo?: (place: Place, from: bigint) => Promise<void>;

  constructor(reader: TraceReader, index: number, notice: (text: string) => void) {
    this.path = reader.path;
    this.index = index;
    this.decoder = reader.rows;
    this.#reader = reader;
    this.#notice = notice;
  }

  get rowBytes(): number {
    return this.#reader.rowBytes;
  }

  get window(): number {
    return this.#reader.window;
  }

  async stat(): Promise<void> {
    const reader = this.#reader;
    this.size = await reader.open();
    if (!reader.goTo) return;
    this.place = () => this.decoder.mark(reader.next!);
    this.goTo = async (place, from) => {
      if (this.finished || place.offset <= reader.next!) return; // rows that were taken are left out
      this.decoder.received = await reader.goTo!(place.offset, from);
      this.decoder.jump(place);
    };
  }

  async read(): Promise<void> {
    const { decoder } = this;
    decoder.begin();
    this.finished = !await this.#reader.read();
    decoder.end();
    if (!this.finished) return;
    decoder.received = this.size; // also what is behind the rows
    this.#reader.close();
    const { count, first } = decoder.late;
    if (count === 0) return;
    this.#notice(
      `Left out ${count} ${count === 1 ? "row" : "rows"} of "${this.path}" that came too late: ${first}; ` +
        "set raw_files.reorderWindow to keep them",
    );
  }

  append(piece: Piece, recordId: number): void {
    this.decoder.append(piece, recordId);
  }

  dispose(): void {
    this.#reader.close();
    this.decoder.dispose();
  }
}
