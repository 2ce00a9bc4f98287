// What the merging of files asks of each of them.
import type { Piece } from "./piece.ts";

/** Rows of a file that are decoded: rows `head` to `count` (excluded) of these columns are not yet taken, in order. */
export interface Backlog {
  /** High halves of the times, ps. */
  readonly hi: Uint32Array;
  /** Low halves of the times. */
  readonly lo: Uint32Array;
  /** Board (high 16 bits) and channel (low 16 bits). */
  readonly place: Uint32Array;
  /** Number of samples. */
  readonly samples: Uint32Array;
  /** First row that was not taken. Who takes a row moves it on. */
  head: number;
  /** Rows in the columns. */
  readonly count: number;
  /** Rows decoded so far. */
  readonly events: number;
  /** Latest time so far, high half; -1 before the first row. All later rows start at most a window before it. */
  readonly latestHi: number;
  /** Its low half. */
  readonly latestLo: number;
  /** Bytes of the file that were read. */
  readonly received: number;
}

/** Where a source goes on: at which byte (or record), and the latest time of what was before. */
export interface Place {
  /** Of the first event that was not taken. */
  readonly offset: number;
  /** High half, ps; -1 where the rows behind the place tell it. */
  readonly latestHi: number;
  /** Low half. */
  readonly latestLo: number;
}

/** One stream of rows of a run: a file, or a table in it. */
export interface RunSource<B extends Backlog = Backlog> {
  /** Name for messages. */
  readonly path: string;
  /** Position among the run's sources, which orders rows that are equal otherwise. */
  readonly index: number;
  /** Bytes to be read, known after {@linkcode RunSource.stat}. */
  readonly size: number;
  /** Least bytes of a row in the file: how much room is made. */
  readonly rowBytes: number;
  /** How far later rows may lie behind the latest one, ps. */
  readonly window: number;
  /** No more rows will come. */
  readonly finished: boolean;
  /** What was decoded. */
  readonly decoder: B;
  /** See that it is there, and how long. */
  stat(): Promise<void>;
  /** Read on. */
  read(): Promise<void>;
  /** Where it goes on when its first row is the next that is taken. Absent where it cannot go on anywhere else. */
  place?(): Place;
  /** Go on there, in front of what was read, or leave what was read where that is there already. Rows before `from` (ps) were taken. */
  goTo?(place: Place, from: bigint): Promise<void>;
  /** Copy the first row, which stays. */
  append(piece: Piece, recordId: number): void;
  /** Let go of everything. */
  dispose(): void;
}
