// One WaveDump file of a run, read block by block.
import type { FormatOptions } from "../format.ts";
import type { OpenFiles } from "../merge/file.ts";
import { FileBytes } from "../merge/file_bytes.ts";
import { rowStore } from "../merge/read_traces.ts";
import type { RowStore } from "../merge/row_store.ts";
import type { TraceReader } from "../merge/trace_source.ts";
import { eventBytes, HEADER } from "./layout.ts";

const WORD = 2 ** 32;
/** The counter of trigger times starts anew here; in 8 ns. */
const TURN = 2 ** 31;
const TICK = 8000;
const OR_RECOVER = ", or run again with --recover (option raw_files.recover) to keep the events before it";

/** A file of the run. */
export class WaveDumpReader implements TraceReader {
  readonly path: string;
  readonly window: number;
  readonly rowBytes: number = HEADER;
  readonly rows: RowStore;
  readonly #dt: number;
  readonly #options: FormatOptions;
  readonly #file: FileBytes;
  #wanted = HEADER;
  #last = 0;
  #turns = 0;

  constructor(path: string, dt: number, options: FormatOptions, open: OpenFiles) {
    this.path = path;
    this.window = options.reorderWindow;
    this.rows = rowStore(path, "byte", options);
    this.#dt = dt;
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
      return this.#damaged(0, `the last event is cut off after ${file.filled} of ${this.#wanted} bytes`);
    }
    let at = 0;
    this.#wanted = HEADER;
    for (; file.filled - at >= HEADER; at += this.#wanted) {
      this.#wanted = eventBytes(file.view, at);
      if (this.#wanted === 0) return this.#damaged(at, "no event starts there");
      if (file.filled - at < this.#wanted) break;
      this.#event(at, (this.#wanted - HEADER) / 2);
    }
    if (file.filled - at < HEADER) this.#wanted = HEADER;
    file.drop(at);
    return true;
  }

  #event(at: number, samples: number): void {
    const { view } = this.#file, { rows } = this;
    const tag = view.getUint32(at + 20, true) % TURN;
    // Events come in order: a counter that is half a turn behind, or more, has started anew.
    if (this.#last - tag >= TURN / 2) this.#turns++;
    this.#last = tag;
    const ticks = this.#turns * TURN + tag; // below 2^53 for 200 days; times 8000 in halves
    const low = (ticks % WORD) * TICK, hi = Math.floor(ticks / WORD) * TICK + Math.floor(low / WORD);
    const place = ((view.getUint32(at + 4, true) << 16) | view.getUint32(at + 12, true)) >>> 0;
    const row = rows.add(hi, low % WORD, place, samples, this.#dt, this.#file.offset(at));
    if (row < 0) return;
    for (let k = 0; k < samples; k++) rows.wave[row + k] = view.getUint16(at + HEADER + 2 * k, true);
  }

  #damaged(at: number, what: string): false {
    const offset = this.#file.offset(at);
    if (!this.#options.recover) {
      throw new SyntaxError(
        `Cannot read "${this.path}" at byte ${offset}: ${what}; copy the file again${OR_RECOVER}`,
      );
    }
    this.#options.notice?.(
      `Recovered ${this.rows.events} traces of "${this.path}": ${
        this.#file.size - offset
      } bytes from byte ${offset} on are lost: ${what}`,
    );
    return false;
  }

  close(): void {
    this.#file.close();
  }
}
