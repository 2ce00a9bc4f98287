// A node that reads a source: a source plugin's pieces, or the stored chunks of a result.

import { timesOf } from "../chunk/chunk.ts";
import type { Table } from "../data/table.ts";
import type { Plugin, SourcePiece, TimeRange } from "../plugin/plugin.ts";
import type { InputPlace } from "../store/types.ts";
import { checkPiece } from "./source_piece.ts";
import { abortable, closeIterator } from "./abortable.ts";
import type { ChunkSizer } from "./chunk_sizer.ts";
import { PipelineError } from "./errors.ts";
import { type GraphServices, Node } from "./node.ts";
import { OutputCarry } from "./output_carry.ts";
import { Places } from "./places.ts";
import type { StageStep } from "./stage.ts";
import { clock, type Ran } from "./task_event.ts";

/** How big a source's pieces shall be. */
export interface PieceSize {
  readonly maxRows: number;
  readonly maxBytes: number;
}

/** A piece that was asked for, and when. */
interface Asked {
  readonly at: number;
  readonly next: Promise<IteratorResult<SourcePiece>>;
}

/** How far the input is read, as the source says. */
interface Read {
  readonly done: number;
  readonly total: number;
  readonly skipped: number;
}

/** Pieces that are asked for ahead of a source that is read elsewhere: one is read while the one before is on its way. */
const AHEAD = 2;

/** Reads a source plugin. */
export class SourceNode extends Node {
  readonly #step: StageStep;
  readonly #plugin: Plugin;
  readonly #carry: OutputCarry;
  readonly #size: PieceSize;
  readonly #range: TimeRange;
  readonly #sizer: ChunkSizer | undefined;
  readonly #resume: InputPlace | undefined;
  readonly #places = new Places();
  /** What the source said about the end of the piece that is being given. */
  #cursor: string | undefined;
  #iterator: AsyncIterator<SourcePiece> | undefined;
  /** It is read elsewhere, while this thread does something else. */
  #elsewhere = false;
  /** The next pieces, asked for already. */
  #ahead: Asked[] = [];
  /** End of the piece that is being given in chunks; undefined when all of it was given. */
  #until: bigint | undefined;
  /** Bytes of one of its rows. */
  #rowBytes = 0;
  #pieces = 0;
  /** Where and when pieces were read that were not taken yet, if that was elsewhere, and how far the input was then. */
  readonly #ran: { readonly ran: Ran; readonly read: Read | undefined }[] = [];
  /** What the source said last. */
  #said: Read | undefined;
  /** How far the input is read for what was taken. */
  #read: Read | undefined;

  constructor(
    services: GraphServices,
    step: StageStep,
    size: PieceSize,
    range: TimeRange,
    sizer?: ChunkSizer,
    resume?: InputPlace,
  ) {
    super(services);
    const { plugin } = step;
    this.#step = step;
    this.#plugin = plugin;
    this.#size = size;
    this.#range = range;
    this.#sizer = sizer;
    this.#resume = resume;
    const type = plugin.name;
    this.#carry = new OutputCarry(
      {
        runId: services.runId,
        dataType: type,
        dataKind: plugin.dataKinds[type] ?? type,
        schema: plugin.schemas[type]!,
        sameKind: false,
        advice: "a piece holds the rows from the end of the piece before to its own end",
      },
      services,
      (chunk) => this.give(type, chunk),
    );
  }

  get plugins(): readonly string[] {
    return [this.#plugin.name];
  }

  get bytes(): number {
    return this.#carry.bytes;
  }

  protected async advance(pull: boolean): Promise<boolean> {
    if (this.#until !== undefined) return this.#divide(this.#until, this.#sizer!);
    if (!pull) return false;
    if (this.#ahead.length === 0) await this.makeRoom(this.#plugin.name);
    if (this.done) return false; // making room may have satisfied every consumer
    const before = this.given;
    const { name, module } = this.#plugin;
    try {
      this.#iterator ??= this.#open();
      const { at, next } = this.#ahead.shift() ?? this.#ask();
      const { value, done } = await abortable(next, this.services.signal, letGo);
      this.#count(at, done ? undefined : value);
      if (done) {
        this.#tellRead(undefined);
        this.#iterator = undefined;
        if (this.#carry.watermark !== undefined) this.#carry.finish(this.#carry.watermark);
        this.end();
        return this.given > before;
      }
      this.#take(value);
      this.#readAhead();
      return this.given > before;
    } catch (cause) {
      if (this.services.signal.aborted) throw this.services.signal.reason;
      throw new PipelineError(
        {
          plugin: name,
          module,
          runId: this.services.runId,
          chunkIndex: this.#pieces,
          start: this.#carry.watermark,
          end: undefined,
        },
        cause,
      );
    }
  }

  #readAhead(): void {
    const { account } = this.services;
    if (!this.#elsewhere || this.done) return;
    while (this.#ahead.length < AHEAD && account.used * 2 <= account.limit) {
      const asked = this.#ask();
      asked.next.catch(() => {}); // told when it is its turn
      this.#ahead.push(asked);
    }
  }

  #ask(): Asked {
    return { at: clock(), next: this.#iterator!.next() };
  }

  /** Count what the reading of a piece took. */
  #count(submitted: number, piece: SourcePiece | undefined): void {
    const { name } = this.#plugin;
    const { ran, read } = this.#ran.shift() ??
      { ran: { worker: "main", began: submitted, ended: clock() }, read: this.#said };
    this.#read = read;
    const metrics = this.metricsOf(name);
    metrics.busyMs += ran.ended - ran.began;
    metrics.waitMs += Math.max(0, ran.began - submitted);
    this.services.task?.({
      type: "task",
      task: "read",
      plugins: [name],
      busy: undefined,
      ...ran,
      submitted,
      start: this.#carry.watermark,
      end: piece?.end,
      rows: piece?.table.length ?? 0,
      bytes: piece?.table.nbytes ?? 0,
    });
  }

  #tellRead(until: bigint | undefined): void {
    if (!this.#read) return;
    this.services.event({ type: "input", plugin: this.#plugin.name, ...this.#read, until });
  }

  #open(): AsyncIterator<SourcePiece> {
    const { runId, pool, account, signal, event, executor } = this.services;
    const plugin = this.#plugin.name;
    const context = {
      runId,
      options: this.#step.options,
      ...this.#size,
      timeRange: this.#range,
      resume: this.#resume && { at: this.#resume.at, cursor: this.#resume.cursor },
      pool,
      account,
      signal,
      notice: (text: string) => event({ type: "notice", plugin, text }),
      progress: (done: number, total: number, skipped = 0) => {
        this.#said = { done, total, skipped };
        if (this.#elsewhere) return; // told when the piece is taken that came with it
        this.#read = this.#said;
        this.#tellRead(undefined);
      },
    };
    const elsewhere = executor.readSource?.(
      this.#step,
      context,
      (ran) => void this.#ran.push({ ran, read: this.#said }),
    );
    this.#elsewhere = elsewhere !== undefined;
    return (elsewhere ?? this.#plugin.read!(context))[Symbol.asyncIterator]();
  }

  #take(piece: SourcePiece): void {
    checkPiece(this.#plugin, piece);
    const { table, end } = piece;
    this.#pieces++;
    this.#cursor = piece.cursor;
    if (this.#resume) this.#carry.start(this.#resume.at, this.#resume.cover);
    if (this.#carry.watermark === undefined) {
      const first = earliest(table);
      this.#carry.start(
        piece.start ?? (first !== undefined && first < 0n ? first : 0n < end ? 0n : end - 1n),
      );
    }
    const { nbytes: bytes, length: rows } = table;
    this.#carry.add(table);
    if (this.#pieces === 1 && this.#read) {
      const { skipped, total } = this.#read;
      const until = this.#carry.watermark;
      this.services.event({ type: "input", plugin: this.#plugin.name, done: skipped, total, skipped, until });
    }
    this.#tellRead(end);
    if (this.#sizer) {
      this.#rowBytes = bytes / Math.max(1, rows);
      this.#divide(end, this.#sizer);
    } else {
      this.#carry.advance(end);
      this.#note(end);
    }
  }

  /** All of a piece was given. */
  #note(end: bigint): void {
    if (this.#cursor === undefined || !this.#carry.isEmpty) return;
    this.#places.note({ at: end, cover: this.#carry.cover, cursor: this.#cursor });
  }

  /** The last place in the input from which all rows that start at or after a time are read. */
  placeBefore(time: bigint): InputPlace | undefined {
    const found = this.#places.before(time);
    return found ?? (this.#resume && this.#resume.at <= time ? this.#resume : undefined);
  }

  /**
   * Give one chunk of the piece, of the size that is good by what is known now: giving all of it at once would be before
   * anything is known. True if that was a chunk.
   */
  #divide(end: bigint, sizer: ChunkSizer): boolean {
    const { rows: before, watermark } = this.#carry;
    const time = this.#carry.timeAfter(sizer.rowsOf(this.#rowBytes));
    const cut = time === undefined || time > end ? end : time;
    this.#until = cut < end ? end : undefined;
    this.#carry.advance(cut, cut < end);
    if (cut === end) this.#note(end);
    sizer.given(this.#carry.rows - before);
    return cut > watermark!;
  }

  protected clear(): void {
    this.#carry.clear();
    const iterator = this.#iterator;
    this.#iterator = undefined;
    for (const { next } of this.#ahead) next.then(letGo, () => {}); // the run has ended: nobody is left to be told
    this.#ahead = [];
    // Nobody waits for it here: the graph does, before it ends.
    if (!iterator) return;
    this.closing = closeIterator(iterator, this.#plugin, this.services.runId);
    this.closing.catch(() => {}); // reported where it is waited for
  }

  /** Settles when the source has cleaned up. */
  closing: Promise<void> | undefined;
}

/** A piece that comes after the run has ended is nobody's. */
function letGo({ value, done }: IteratorResult<SourcePiece>): void {
  if (!done) value?.table?.release();
}

/** Start of the earliest row, ps. */
function earliest(table: Table): bigint | undefined {
  const times = timesOf(table);
  if (times.length === 0) return undefined;
  return table.t0 + BigInt(times.reduce((least, time) => (time < least ? time : least)));
}
