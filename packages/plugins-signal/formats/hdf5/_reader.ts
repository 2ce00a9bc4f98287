// One table of an HDF5 file, read block by block.
import { MAX_DT } from "../compass/settings.ts";
import type { FormatOptions } from "../format.ts";
import { rowStore } from "../merge/read_traces.ts";
import type { RowStore } from "../merge/row_store.ts";
import type { TraceReader } from "../merge/trace_source.ts";
import { reason } from "./_h5.ts";
import type { TraceTable } from "./_table.ts";
import { quantityOf, type RowTimes } from "./_times.ts";

/** What a table's reader is told. */
export interface TableFile {
  readonly path: string;
  readonly table: TraceTable;
  readonly times: RowTimes;
  /** Channel where the table has no such column. */
  readonly channel: number;
  /** Bytes to read at once. */
  readonly readBytes: number;
  /** The table is not needed any more. */
  readonly close: () => void;
}

/** A table as one of a run's streams. */
export class TableReader implements TraceReader {
  readonly path: string;
  /** Later rows never start before what {@linkcode RowTimes} say. */
  readonly window = 0;
  readonly rowBytes = 1;
  readonly rows: RowStore;
  readonly #file: TableFile;
  readonly #dt: Int32Array;
  readonly #place: Uint32Array;
  readonly #energy: Uint16Array | undefined;
  #next = 0;
  #closed = false;

  constructor(file: TableFile, options: FormatOptions) {
    const { path, table } = file;
    this.#file = file;
    this.path = `${path}:${table.name}`;
    this.rows = rowStore(this.path, "row", options, Infinity);
    this.#dt = intervals(path, table, options.dt);
    this.#place = places(this.path, file);
    const { energy } = table;
    this.#energy = energy?.dtype === "<H" ? energy.value as Uint16Array : undefined;
  }

  open(): Promise<number> {
    const { rows, width, values } = this.#file.table;
    return Promise.resolve(rows * width * (values.metadata as { size: number }).size);
  }

  get next(): number {
    return this.#next;
  }

  goTo(row: number): Promise<number> {
    const { width, values } = this.#file.table;
    this.#next = row;
    return Promise.resolve(row * width * (values.metadata as { size: number }).size);
  }

  read(): Promise<boolean> {
    const { table: { rows, width, values }, times, readBytes } = this.#file;
    const { size } = values.metadata as { size: number };
    const from = this.#next, to = Math.min(rows, from + Math.max(1, Math.floor(readBytes / (width * size))));
    if (from < to) {
      const block = this.#block(from, to);
      for (let row = from; row < to; row++) this.#add(row, block, (row - from) * width);
    }
    this.#next = to;
    this.rows.received = to * width * size;
    if (to < rows) {
      this.rows.latestHi = times.frontierHi[to]!;
      this.rows.latestLo = times.frontierLo[to]!;
    }
    return Promise.resolve(to < rows);
  }

  #block(from: number, to: number): ArrayLike<number> {
    const { table: { values, width } } = this.#file;
    let block: unknown;
    try {
      block = values.slice([[from, to], [0, width]]);
    } catch (cause) {
      throw new SyntaxError(
        `Cannot read "${this.path}" at row ${from}: ${
          reason(cause)
        }; the file is damaged, or packed by a filter that is not known`,
        { cause },
      );
    }
    if (ArrayBuffer.isView(block) && (block as Uint16Array).length === (to - from) * width) {
      return block as unknown as ArrayLike<number>;
    }
    throw new TypeError(
      `Cannot read "${this.path}" at row ${from}: its samples are no numbers; save integers`,
    );
  }

  #add(row: number, block: ArrayLike<number>, from: number): void {
    const { table: { width }, times } = this.#file, { rows } = this;
    const at = rows.add(times.hi[row]!, times.lo[row]!, this.#place[row]!, width, this.#dt[row]!, row);
    if (this.#energy) rows.energy[rows.count - 1] = this.#energy[row]!;
    if (block instanceof Uint16Array) {
      rows.wave.set(block.subarray(from, from + width), at);
      return;
    }
    for (let k = 0; k < width; k++) {
      const sample = Number(block[from + k]);
      if (!(sample >= 0 && sample <= 65535 && Number.isInteger(sample))) {
        throw new RangeError(
          `Cannot read "${this.path}": sample ${k} of row ${row} is ${sample}; samples are integers from 0 to 65535: ` +
            "shift and scale them",
        );
      }
      rows.wave[at + k] = sample;
    }
  }

  close(): void {
    if (!this.#closed) this.#file.close();
    this.#closed = true;
  }
}

function intervals(path: string, { dt, rows, name }: TraceTable, given: number | undefined): Int32Array {
  if (given !== undefined) return new Int32Array(rows).fill(given);
  if (!dt) {
    throw new TypeError(
      `Cannot read "${path}": ${name} has no column dt; set it, such as --set raw_files.dt=2ns`,
    );
  }
  const { values, scale } = quantityOf(path, dt);
  return Int32Array.from({ length: rows }, (_, i) => {
    const ps = Number(values[i]) * scale;
    if (Number.isInteger(ps) && ps >= 1 && ps <= MAX_DT) return ps;
    throw new RangeError(
      `Cannot read "${path}": ${dt.path} of row ${i} is ${ps} ps; a sampling interval is a whole number from 1 to ${MAX_DT} ps`,
    );
  });
}

function places(path: string, { table: { board, channel, rows }, channel: own }: TableFile): Uint32Array {
  const boards = board?.value as ArrayLike<number | bigint> | undefined;
  const channels = channel?.value as ArrayLike<number | bigint> | undefined;
  return Uint32Array.from({ length: rows }, (_, i) => {
    const b = Number(boards?.[i] ?? 0), c = Number(channels?.[i] ?? own);
    if ([b, c].every((n) => Number.isInteger(n) && n >= 0 && n <= 65535)) return ((b << 16) | c) >>> 0;
    throw new RangeError(
      `Cannot read "${path}": row ${i} is of board ${b}, channel ${c}; these are 0 to 65535`,
    );
  });
}
