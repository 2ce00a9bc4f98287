// One file of packed records, read block by block.
import { MAX_DT } from "../compass/settings.ts";
import type { FormatOptions } from "../format.ts";
import type { OpenFiles } from "../merge/file.ts";
import { FileBytes } from "../merge/file_bytes.ts";
import { rowStore } from "../merge/read_traces.ts";
import type { RowStore } from "../merge/row_store.ts";
import type { TraceReader } from "../merge/trace_source.ts";
import { flagsOfFragment } from "./fragment.ts";
import type { Field, StraxLayout } from "./layout.ts";

const WORD = 2 ** 32;

/** A file of the run. */
export class StraxReader implements TraceReader {
  readonly path: string;
  readonly window: number;
  readonly rowBytes: number;
  readonly rows: RowStore;
  readonly #layout: StraxLayout;
  readonly #options: FormatOptions;
  readonly #file: FileBytes;
  /** The second since 1970 that times count from, in ns, in halves. */
  readonly #epochHi: number;
  readonly #epochLo: number;
  #words = new Uint16Array(0);
  #record = 0;

  constructor(path: string, layout: StraxLayout, epoch: bigint, options: FormatOptions, open: OpenFiles) {
    this.path = path;
    this.window = options.reorderWindow;
    this.rowBytes = layout.itemsize - 2 * layout.samples;
    this.rows = rowStore(path, "record", options);
    this.#layout = layout;
    this.#options = options;
    this.#file = new FileBytes(path, options, open);
    this.#epochHi = Number(epoch >> 32n);
    this.#epochLo = Number(epoch & 0xffffffffn);
  }

  async open(): Promise<number> {
    const size = await this.#file.stat(), { itemsize, records } = this.#layout;
    if (records !== undefined && records * itemsize !== size) {
      this.#damaged(`its description says ${records} records of ${itemsize} bytes, and it has ${size} bytes`);
    }
    return size;
  }

  get next(): number {
    return this.#record;
  }

  async goTo(record: number): Promise<number> {
    await this.#file.seek(record * this.#layout.itemsize);
    this.#record = record;
    return this.#file.received;
  }

  async read(): Promise<boolean> {
    const { itemsize } = this.#layout, file = this.#file;
    const more = await file.more(itemsize);
    this.rows.received = file.received;
    if (!more) {
      if (file.filled > 0) {
        this.#damaged(`it ends after ${file.filled} of ${itemsize} bytes of record ${this.#record}`);
      }
      return false;
    }
    if (this.#words.buffer !== file.bytes.buffer) this.#words = new Uint16Array(file.bytes.buffer);
    let at = 0;
    for (; at + itemsize <= file.filled; at += itemsize) this.#add(at);
    file.drop(at);
    return true;
  }

  #add(at: number): void {
    const { fields, samples } = this.#layout, view = this.#file.view;
    const length = whole(view, at, fields.length),
      dt = whole(view, at, fields.dt),
      channel = whole(view, at, fields.channel);
    const number = fields.record_i ? whole(view, at, fields.record_i) : 0;
    const record = this.#record++;
    if (
      !(length >= 0 && length <= samples && dt >= 1 && 1000 * dt <= MAX_DT && channel >= 0 &&
        channel <= 65535 && number >= 0 && number <= 65535)
    ) {
      throw new SyntaxError(
        `Cannot read "${this.path}" at record ${record} (byte ${
          this.#file.offset(at)
        }): it has length ${length} ` +
          `of ${samples}, dt ${dt} ns, channel ${channel} and record_i ${number}; the file is damaged, or its ` +
          "description is that of another",
      );
    }
    // ns in halves, from the epoch, times 1000.
    let lo = view.getUint32(at + fields.time.offset, true) - this.#epochLo;
    let hi = view.getInt32(at + fields.time.offset + 4, true) - this.#epochHi;
    if (lo < 0) lo += WORD, hi--;
    const low = lo * 1000;
    const row = this.rows.add(
      hi * 1000 + Math.floor(low / WORD),
      low % WORD,
      channel,
      length,
      1000 * dt,
      record,
    );
    if (row < 0) return;
    if (fields.record_i) this.rows.flags[this.rows.count - 1] = flagsOfFragment(number);
    this.#copy(at + fields.data.offset, length, row, record);
  }

  #copy(from: number, length: number, row: number, record: number): void {
    const { wave } = this.rows, isSigned = this.#layout.fields.data.type === "<i2";
    let all = 0;
    if ((from & 1) === 0) {
      const words = this.#words, first = from >> 1;
      for (let k = 0; k < length; k++) {
        const sample = words[first + k]!;
        all |= sample;
        wave[row + k] = sample;
      }
    } else {
      for (let k = 0; k < length; k++) all |= wave[row + k] = this.#file.view.getUint16(from + 2 * k, true);
    }
    if (!isSigned || all < 32768) return;
    const k = wave.subarray(row, row + length).findIndex((sample) => sample > 32767);
    throw new RangeError(
      `Cannot read "${this.path}" at record ${record}: sample ${k} is ${
        wave[row + k]! - 65536
      }; samples are integers from 0 on: ` +
        "give raw records, from which no baseline was taken",
    );
  }

  #damaged(what: string): void {
    if (!this.#options.recover) {
      throw new SyntaxError(
        `Cannot read "${this.path}": ${what}; copy the file again, or run again with --recover (option raw_files.recover) ` +
          "to keep the whole records in it",
      );
    }
    this.#options.notice?.(`Kept the whole records of "${this.path}": ${what}`);
  }

  close(): void {
    this.#file.close();
  }
}

function whole(view: DataView, at: number, { type, offset }: Field): number {
  switch (type) {
    case "<i2":
      return view.getInt16(at + offset, true);
    case "<u2":
      return view.getUint16(at + offset, true);
    case "<i4":
      return view.getInt32(at + offset, true);
    default:
      return view.getUint32(at + offset, true);
  }
}
