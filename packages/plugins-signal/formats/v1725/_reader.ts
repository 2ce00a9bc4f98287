// One V1725 file of a run, read block by block.
import type { FormatOptions } from "../format.ts";
import type { OpenFiles } from "../merge/file.ts";
import { FileBytes } from "../merge/file_bytes.ts";
import { rowStore } from "../merge/read_traces.ts";
import type { RowStore } from "../merge/row_store.ts";
import type { TraceReader } from "../merge/trace_source.ts";
import { CHANNEL_HEADER, channelMask, channelWords, EVENT_HEADER, eventWords } from "./layout.ts";

const WORD = 2 ** 32;
const OR_RECOVER = ", or run again with --recover (option raw_files.recover) to keep the events before it";
/** Sampling interval, ps: 250 MS/s. */
const DT = 4000;

/** A file of the run. */
export class V1725Reader implements TraceReader {
  readonly path: string;
  readonly window: number;
  readonly rowBytes: number = CHANNEL_HEADER;
  readonly rows: RowStore;
  readonly #board: number;
  readonly #dt: number;
  readonly #options: FormatOptions;
  readonly #file: FileBytes;
  #wanted = EVENT_HEADER;

  constructor(path: string, board: number, options: FormatOptions, open: OpenFiles) {
    this.path = path;
    this.window = options.reorderWindow;
    this.rows = rowStore(path, "byte", options);
    this.#board = board;
    this.#dt = options.dt ?? DT;
    this.#options = options;
    this.#file = new FileBytes(path, options, open);
  }

  async open(): Promise<number> {
    return await this.#file.stat();
  }

  async read(): Promise<boolean> {
    const file = this.#file, more = await file.more(this.#wanted);
    this.rows.received = file.received;
    if (!more) {
      if (file.filled === 0) return false;
      return this.#damaged(
        0,
        `the last event is cut off after ${file.filled} of ${this.#wanted} bytes; copy the file again`,
      );
    }
    let at = 0;
    this.#wanted = EVENT_HEADER;
    while (file.filled - at >= EVENT_HEADER) {
      const size = 4 * eventWords(this.#file.view, at);
      if (size < EVENT_HEADER) {
        const word = this.#file.view.getUint32(at, true).toString(16).padStart(8, "0");
        return this.#damaged(
          at,
          `an event starts with 0x${word}, and its first digit is to be a; copy the file again`,
        );
      }
      if (file.filled - at < size) {
        this.#wanted = size;
        break;
      }
      const problem = this.#check(at, size);
      if (problem !== undefined) return this.#damaged(at, problem);
      this.#event(at);
      at += size;
    }
    file.drop(at);
    return true;
  }

  /** An event's channels fill it: what is wrong if they don't. */
  #check(at: number, size: number): string | undefined {
    const end = at + size;
    let next = at + EVENT_HEADER;
    for (let mask = channelMask(this.#file.view, at), channel = 0; mask !== 0; mask >>>= 1, channel++) {
      if ((mask & 1) === 0) continue;
      const words = next + CHANNEL_HEADER <= end ? channelWords(this.#file.view, next) : 0;
      if (words < 3 || next + 4 * words > end) {
        return `channel ${channel} has ${words} words in an event of ${size / 4}; copy the file again`;
      }
      next += 4 * words;
    }
    return next === end
      ? undefined
      : `the event has ${size / 4} words, and its channels ${(next - at) / 4}; copy the file again`;
  }

  #event(at: number): void {
    const view = this.#file.view, { rows } = this, dt = this.#dt;
    let next = at + EVENT_HEADER;
    for (let mask = channelMask(view, at), channel = 0; mask !== 0; mask >>>= 1, channel++) {
      if ((mask & 1) === 0) continue;
      const words = channelWords(view, next), samples = 2 * (words - 3);
      // 48 bits of intervals times ps, in halves, by parts whose products stay below 2^53.
      const upper = view.getUint16(next + 6, true) * dt;
      const low = view.getUint16(next + 4, true) * dt + (upper % 65536) * 65536;
      const hi = view.getUint16(next + 8, true) * dt + Math.floor(upper / 65536) + Math.floor(low / WORD);
      const offset = this.#file.offset(next);
      const row = rows.add(hi, low % WORD, ((this.#board << 16) | channel) >>> 0, samples, dt, offset);
      if (row >= 0) {
        rows.flags[rows.count - 1] = (view.getUint8(next + 3) >> 6) & 1;
        const from = next + CHANNEL_HEADER;
        for (let k = 0; k < samples; k++) rows.wave[row + k] = view.getUint16(from + 2 * k, true);
      }
      next += 4 * words;
    }
  }

  #damaged(at: number, what: string): false {
    const offset = this.#file.offset(at);
    if (!this.#options.recover) {
      throw new SyntaxError(`Cannot read "${this.path}" at byte ${offset}: ${what}${OR_RECOVER}`);
    }
    this.#options.notice?.(
      `Recovered ${this.rows.events} traces of "${this.path}": ${
        this.#file.size - offset
      } bytes from byte ${offset} on are lost. ` +
        what,
    );
    return false;
  }

  close(): void {
    this.#file.close();
  }
}
