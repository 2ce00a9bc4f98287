// The files of a run, read just as far as the next piece needs.
import type { Account, BufferPool } from "@millrace/core/buffers";
import type { SourcePlace } from "@millrace/core/plugin";
import type { Table } from "@millrace/core/table";
import { RAW_ROW_BYTES, type RawTypes } from "../compass/raw_schema.ts";
import { Merge } from "./heap.ts";
import { Piece } from "./piece.ts";
import { cursorOf, type RunPlace, runPlace } from "./cursor.ts";
import type { RunSource } from "./source.ts";

/** Longest piece, ps: with the longest record behind it, all offsets stay below 2^53. */
export const MAX_SPAN = 2n ** 52n;
const WORD = 2 ** 32;

/** Sizes of pieces. */
export interface Limits {
  readonly maxRows: number;
  readonly maxBytes: number;
}

/** What a {@linkcode Run} works with. */
export interface RunOptions {
  readonly pool?: BufferPool | undefined;
  readonly account?: Account | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly progress?: ((done: number, total: number, skipped?: number) => void) | undefined;
}

/** All rows that start in `[start, end)`. Pieces are contiguous; `table.t0` is `start`. */
export interface RunPiece {
  /** The rows, in the order (time, board, channel, file order). The receiver releases it. */
  readonly table: Table<RawTypes>;
  /** End of the piece before; of the first piece, the first row's time. ps. */
  readonly start: bigint;
  /** All later rows start here or later. After the last piece, the highest endtime of the run (above its last start). ps. */
  readonly end: bigint;
  /** What is needed to go on behind it; not given where the files' format cannot. */
  readonly cursor?: string;
}

/** One pass over the files. */
export class Run {
  readonly #sources: readonly RunSource[];
  readonly #limits: Limits;
  readonly #options: RunOptions;
  readonly #merge = new Merge();
  #piece: Piece | undefined;
  // All rows below this time are known; halves, the high one may be -1 or an infinity.
  #frontierHi = -Infinity;
  #frontierLo = 0;
  #behind: RunSource | undefined;
  #start = 0n;
  #records = 0;
  #bytesLeft = 0;
  #cover = -1n;
  /** Rows before it were taken by an earlier pass. */
  #from: bigint | undefined;
  // Bytes up to where the files are read, those of them that were passed over, and of all files.
  #received = 0;
  #skipped = 0;
  #total = 0;

  constructor(sources: readonly RunSource[], limits: Limits, options: RunOptions) {
    this.#sources = sources;
    this.#limits = limits;
    this.#options = options;
  }

  dispose(): void {
    this.#piece?.table.release();
    for (const source of this.#sources) source.dispose();
  }

  async #read(source: RunSource): Promise<void> {
    this.#options.signal?.throwIfAborted();
    const before = source.decoder.received;
    await source.read();
    this.#received += source.decoder.received - before;
    if (this.#from !== undefined) this.#leaveOut(source, this.#from);
    this.#options.progress?.(this.#received, this.#total, this.#skipped);
  }

  // Every file is looked at before any is read: a missing file is an error at once, not after an hour.
  async begin(resume?: SourcePlace): Promise<void> {
    for (const source of this.#sources) {
      await source.stat();
      this.#total += source.size;
    }
    for (const source of this.#sources) {
      this.#bytesLeft += source.size;
      while (!source.finished && source.decoder.events === 0) await this.#read(source);
    }
    if (resume) await this.#goTo(resume.at, runPlace(resume.cursor, this.#sources.length));
  }

  // What was read so far is the beginning of each file, which says how the rest is to be read.
  async #goTo(at: bigint, { records, cover, places }: RunPlace): Promise<void> {
    this.#from = this.#start = at;
    this.#records = records;
    this.#cover = cover;
    for (const [k, source] of this.#sources.entries()) {
      const before = source.decoder.received;
      await source.goTo!(places[k]!, at);
      this.#bytesLeft -= source.decoder.received;
      const passed = source.decoder.received - before;
      this.#received += passed;
      this.#skipped += Math.max(0, passed);
      this.#leaveOut(source, at);
    }
    this.#options.progress?.(this.#received, this.#total, this.#skipped);
  }

  // Rows lie in order: those before are the first ones.
  #leaveOut({ decoder }: RunSource, from: bigint): void {
    const hi = Number(from >> 32n), lo = Number(from & 0xffffffffn);
    let { head } = decoder;
    while (
      head < decoder.count &&
      (decoder.hi[head]! < hi || (decoder.hi[head] === hi && decoder.lo[head]! < lo))
    ) head++;
    decoder.head = head;
  }

  async *pieces(): AsyncGenerator<RunPiece, void, undefined> {
    this.#advance();
    for (let first = true;; first = false) {
      const top = await this.#ready();
      if (!top) return;
      if (first && this.#from === undefined) this.#start = timeOf(top);
      const piece = this.#piece = this.#begin(top);
      // A piece is full only where the next row is known, or else it is the last.
      while (!this.#fill(piece) && this.#behind) {
        await this.#read(this.#behind);
        this.#advance();
      }
      const end = this.#endOf(piece);
      const start = this.#start;
      this.#start = end;
      this.#piece = undefined;
      const cursor = cursorOf(this.#records, this.#cover, this.#sources);
      yield { table: piece.finish(), start, end, ...(cursor === undefined ? {} : { cursor }) };
    }
  }

  // The file with the next row, once that row is final.
  async #ready(): Promise<RunSource | undefined> {
    for (;;) {
      const { top } = this.#merge;
      if (!this.#behind || (top && this.#final(top))) return top;
      await this.#read(this.#behind);
      this.#advance();
    }
  }

  #final({ decoder: { hi, lo, head } }: RunSource): boolean {
    return hi[head]! < this.#frontierHi || (hi[head] === this.#frontierHi && lo[head]! < this.#frontierLo);
  }

  // Rows may have been added: order the files anew, find the frontier and the file that holds it back.
  #advance(): void {
    this.#merge.refill(this.#sources);
    let hi = Infinity, lo = 0;
    this.#behind = undefined;
    for (const source of this.#sources) {
      if (source.finished) continue;
      const { decoder: { latestHi, latestLo }, window } = source;
      let knownHi = latestHi - Math.floor(window / WORD), knownLo = latestLo - window % WORD;
      if (knownLo < 0) knownLo += WORD, knownHi--;
      if (knownHi < hi || (knownHi === hi && knownLo < lo)) {
        hi = knownHi, lo = knownLo, this.#behind = source;
      }
    }
    this.#frontierHi = hi;
    this.#frontierLo = lo;
  }

  #begin(top: RunSource): Piece {
    const { maxRows, maxBytes } = this.#limits;
    const { decoder } = top;
    const samples = decoder.samples[decoder.head]!;
    const rowBytes = RAW_ROW_BYTES + 2 * samples;
    const values = Math.max(0, Math.floor(this.#bytesLeft / 2)); // packed rows are longer than they look
    const rows = Math.min(
      maxRows,
      Math.ceil(maxBytes / rowBytes),
      Math.max(1, Math.ceil(this.#bytesLeft / top.rowBytes)),
    );
    return new Piece(this.#start, rows, Math.min(values, rows * samples), {
      pool: this.#options.pool,
      account: this.#options.account,
    });
  }

  /** Move final rows into the piece; whether it is full. */
  #fill(piece: Piece): boolean {
    const merge = this.#merge;
    const { maxRows, maxBytes } = this.#limits;
    const limitHi = Number((this.#start + MAX_SPAN) >> 32n);
    const limitLo = Number((this.#start + MAX_SPAN) & 0xffffffffn);
    for (let top = merge.top; top && this.#final(top); top = merge.top) {
      const { decoder } = top;
      const row = decoder.head;
      const hi = decoder.hi[row]!, lo = decoder.lo[row]!;
      if (hi !== piece.lastHi || lo !== piece.lastLo) {
        if (hi > limitHi || (hi === limitHi && lo >= limitLo)) return true;
        const bytes = RAW_ROW_BYTES * (piece.rows + 1) + 2 * (piece.values + decoder.samples[row]!);
        if (piece.rows >= maxRows || (bytes > maxBytes && piece.rows > 0)) return true;
      }
      top.append(piece, this.#records++);
      this.#bytesLeft -= top.rowBytes + 2 * decoder.samples[row]!;
      merge.advance();
    }
    return false;
  }

  #endOf(piece: Piece): bigint {
    const { rows, table: { t0, columns: { time, endtime } } } = piece;
    let cover = 0;
    for (let i = 0; i < rows; i++) if (endtime[i]! > cover) cover = endtime[i]!;
    if (rows > 0 && t0 + BigInt(cover) > this.#cover) this.#cover = t0 + BigInt(cover);
    const { top } = this.#merge;
    if (top) { // The next row's time, but no further than a piece may reach.
      const next = timeOf(top), limit = t0 + MAX_SPAN;
      return next < limit ? next : limit;
    }
    const last = t0 + BigInt(time[rows - 1]!) + 1n;
    return this.#cover > last ? this.#cover : last;
  }
}

function timeOf({ decoder: { hi, lo, head } }: RunSource): bigint {
  return BigInt(hi[head]!) * 0x1_0000_0000n + BigInt(lo[head]!);
}
