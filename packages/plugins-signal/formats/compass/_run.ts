// The files of a run, read just as far as the next piece needs.
import { Merge } from "./_merge.ts";
import { Piece } from "./_piece.ts";
import { RAW_ROW_BYTES } from "./raw_schema.ts";
import type { CompassOptions, CompassPiece } from "./reader.ts";
import type { Source } from "./_source.ts";

/** Longest piece, ps: with the longest record behind it, all offsets stay below 2^53. */
export const MAX_SPAN = 2n ** 52n;
const WORD = 2 ** 32;

/** Options that have limits, with defaults. */
export interface Limits {
  readonly reorderWindow: number;
  readonly maxRows: number;
  readonly maxBytes: number;
  readonly readBytes: number;
}

/** One pass over the files. */
export class Run {
  readonly #sources: readonly Source[];
  readonly #limits: Limits;
  readonly #options: CompassOptions;
  readonly #merge = new Merge();
  #piece: Piece | undefined;
  // All rows below this time are known; halves, the high one may be -1 or an infinity.
  #frontierHi = -Infinity;
  #frontierLo = 0;
  #behind: Source | undefined;
  #start = 0n;
  #records = 0;
  #bytesLeft = 0;
  #cover = -1n;
  // Bytes read, and of all files.
  #received = 0;
  #total = 0;

  constructor(sources: readonly Source[], limits: Limits, options: CompassOptions) {
    this.#sources = sources;
    this.#limits = limits;
    this.#options = options;
  }

  dispose(): void {
    this.#piece?.table.release();
    for (const source of this.#sources) source.dispose();
  }

  async #read(source: Source): Promise<void> {
    this.#options.signal?.throwIfAborted();
    const before = source.decoder.received;
    await source.read();
    this.#received += source.decoder.received - before;
    this.#options.progress?.(this.#received, this.#total);
  }

  // Every file is looked at before any is read: a missing file is an error at once, not after an hour.
  async begin(): Promise<void> {
    for (const source of this.#sources) {
      await source.stat();
      this.#total += source.size;
    }
    for (const source of this.#sources) {
      this.#bytesLeft += source.size;
      while (!source.finished && source.decoder.events === 0) await this.#read(source);
    }
  }

  async *pieces(): AsyncGenerator<CompassPiece, void, undefined> {
    this.#advance();
    for (let first = true;; first = false) {
      const top = await this.#ready();
      if (!top) return;
      if (first) this.#start = timeOf(top);
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
      yield { table: piece.finish(), start, end };
    }
  }

  // The file with the next row, once that row is final.
  async #ready(): Promise<Source | undefined> {
    for (;;) {
      const { top } = this.#merge;
      if (!this.#behind || (top && this.#final(top))) return top;
      await this.#read(this.#behind);
      this.#advance();
    }
  }

  #final({ decoder: { hi, lo, head } }: Source): boolean {
    return hi[head]! < this.#frontierHi || (hi[head] === this.#frontierHi && lo[head]! < this.#frontierLo);
  }

  // Rows may have been added: order the files anew, find the frontier and the file that holds it back.
  #advance(): void {
    this.#merge.refill(this.#sources);
    let hi = Infinity, lo = 0;
    this.#behind = undefined;
    for (const source of this.#sources) {
      const { latestHi, latestLo } = source.decoder;
      if (source.finished) continue;
      if (latestHi < hi || (latestHi === hi && latestLo < lo)) {
        hi = latestHi, lo = latestLo, this.#behind = source;
      }
    }
    const window = this.#limits.reorderWindow;
    hi -= Math.floor(window / WORD);
    lo -= window % WORD;
    if (lo < 0 && hi !== Infinity) lo += WORD, hi--;
    this.#frontierHi = hi;
    this.#frontierLo = lo;
  }

  #begin(top: Source): Piece {
    const { maxRows, maxBytes } = this.#limits;
    const { decoder } = top;
    const samples = decoder.samples[decoder.head]!;
    const rowBytes = RAW_ROW_BYTES + 2 * samples;
    const values = Math.floor(this.#bytesLeft / 2);
    const rows = Math.min(
      maxRows,
      Math.ceil(maxBytes / rowBytes),
      Math.max(1, Math.ceil(this.#bytesLeft / decoder.layout!.fixed)),
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
      piece.append(decoder, top.dt, top.polarities!, this.#records++);
      this.#bytesLeft -= decoder.layout!.fixed + 2 * decoder.samples[row]!;
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

function timeOf({ decoder: { hi, lo, head } }: Source): bigint {
  return BigInt(hi[head]!) * 0x1_0000_0000n + BigInt(lo[head]!);
}
