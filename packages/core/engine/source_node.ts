// A node that reads a source: a source plugin's pieces, or the stored chunks of a result.

import { timesOf } from "../chunk/chunk.ts";
import { Table } from "../data/table.ts";
import type { Plugin, SourcePiece, TimeRange } from "../plugin/plugin.ts";
import { checkSchema } from "./_check_outputs.ts";
import { abortable, closeIterator } from "./abortable.ts";
import { PipelineError } from "./errors.ts";
import { type GraphServices, Node } from "./node.ts";
import { OutputCarry } from "./output_carry.ts";

/** How big a source's pieces shall be. */
export interface PieceSize {
  readonly maxRows: number;
  readonly maxBytes: number;
}

/** Reads a source plugin. */
export class SourceNode extends Node {
  readonly #plugin: Plugin;
  readonly #options: Readonly<Record<string, unknown>>;
  readonly #carry: OutputCarry;
  readonly #size: PieceSize;
  readonly #range: TimeRange;
  #iterator: AsyncIterator<SourcePiece> | undefined;
  #pieces = 0;

  constructor(
    services: GraphServices,
    plugin: Plugin,
    options: Readonly<Record<string, unknown>>,
    size: PieceSize,
    range: TimeRange,
  ) {
    super(services);
    this.#plugin = plugin;
    this.#options = options;
    this.#size = size;
    this.#range = range;
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
    if (!pull) return false;
    await this.services.makeRoom();
    if (this.done) return false; // making room may have satisfied every consumer
    const before = this.given;
    const { name, module } = this.#plugin;
    const started = performance.now();
    try {
      this.#iterator ??= this.#open();
      // A piece that comes after the run has ended is nobody's.
      const late = ({ value, done }: IteratorResult<SourcePiece>) => done || value.table.release();
      const { value, done } = await abortable(this.#iterator.next(), this.services.signal, late);
      this.metricsOf(name).busyMs += performance.now() - started;
      if (done) {
        this.#iterator = undefined;
        if (this.#carry.watermark !== undefined) this.#carry.finish(this.#carry.watermark);
        this.end();
        return this.given > before;
      }
      this.#take(value);
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

  #open(): AsyncIterator<SourcePiece> {
    const { runId, pool, account, signal, event } = this.services;
    const plugin = this.#plugin.name;
    return this.#plugin.read!({
      runId,
      options: this.#options,
      ...this.#size,
      timeRange: this.#range,
      pool,
      account,
      signal,
      notice: (text) => event({ type: "notice", plugin, text }),
      progress: (done, total) => event({ type: "input", plugin, done, total }),
    })[Symbol.asyncIterator]();
  }

  #take(piece: SourcePiece): void {
    checkPiece(this.#plugin, piece);
    const { table, end } = piece;
    this.#pieces++;
    if (this.#carry.watermark === undefined) {
      const first = earliest(table);
      this.#carry.start(
        piece.start ?? (first !== undefined && first < 0n ? first : 0n < end ? 0n : end - 1n),
      );
    }
    this.#carry.add(table);
    this.#carry.advance(end);
  }

  protected clear(): void {
    this.#carry.clear();
    const iterator = this.#iterator;
    this.#iterator = undefined;
    // Nobody waits for it here: the graph does, before it ends.
    if (!iterator) return;
    this.closing = closeIterator(iterator, this.#plugin, this.services.runId);
    this.closing.catch(() => {}); // reported where it is waited for
  }

  /** Settles when the source has cleaned up. */
  closing: Promise<void> | undefined;
}

/** @throws {TypeError} On a piece of another shape than a {@linkcode SourcePiece}. */
function checkPiece(plugin: Plugin, piece: SourcePiece | undefined): void {
  const { table, end, start } = piece ?? {};
  if (!(table instanceof Table)) {
    throw new TypeError(
      `read gave ${piece === undefined ? "undefined" : "a piece without a table"}, not { table, end }`,
    );
  }
  if (typeof end !== "bigint" || (start !== undefined && typeof start !== "bigint")) {
    throw new TypeError(`read gave a piece from ${start} to ${end}: start and end are bigint picoseconds`);
  }
  checkSchema(plugin, plugin.name, table);
}

/** Start of the earliest row, ps. */
function earliest(table: Table): bigint | undefined {
  const times = timesOf(table);
  if (times.length === 0) return undefined;
  return table.t0 + BigInt(times.reduce((least, time) => (time < least ? time : least)));
}
