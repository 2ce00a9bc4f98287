// A binary file of events that lie one behind the other, each as long as it says, read block by block.
import type { FormatOptions } from "../format.ts";
import type { OpenFiles } from "./file.ts";
import { FileBytes } from "./file_bytes.ts";
import { rowStore } from "./read_traces.ts";
import type { RowStore } from "./row_store.ts";
import type { TraceReader } from "./trace_source.ts";

const REMEDY = "; copy the file again";
const OR_RECOVER = ", or run again with --recover (option raw_files.recover) to keep the events before it";

/** One file of a run; a format says how long an event is and what is in it. */
export abstract class EventReader implements TraceReader {
  readonly path: string;
  readonly window: number;
  readonly rowBytes: number;
  readonly rows: RowStore;
  /** What was read of the file and not dropped. */
  protected readonly file: FileBytes;
  readonly #header: number;
  readonly #options: FormatOptions;
  #wanted: number;

  /** @param header Bytes of an event that say how long it is. */
  constructor(path: string, header: number, rowBytes: number, options: FormatOptions, open: OpenFiles) {
    this.path = path;
    this.window = options.reorderWindow;
    this.rowBytes = rowBytes;
    this.rows = rowStore(path, "byte", options);
    this.file = new FileBytes(path, options, open);
    this.#header = this.#wanted = header;
    this.#options = options;
  }

  /** Bytes of the event at `at`, its header is there; or why there is none. */
  protected abstract sizeOf(at: number): number | string;

  /** Take the traces of the event at `at`, all of it is there; says why where it is damaged. */
  protected abstract take(at: number, size: number): string | undefined;

  async open(): Promise<number> {
    return await this.file.stat();
  }

  get next(): number {
    return this.file.offset(0);
  }

  async goTo(offset: number, _from: bigint): Promise<number> {
    await this.file.seek(offset);
    this.#wanted = this.#header;
    return offset;
  }

  async read(): Promise<boolean> {
    const { file } = this, more = await file.more(this.#wanted);
    this.rows.received = file.received;
    if (!more) {
      if (file.filled === 0) return false;
      return this.#damaged(0, `the last event is cut off after ${file.filled} of ${this.#wanted} bytes`);
    }
    let at = 0;
    this.#wanted = this.#header;
    while (file.filled - at >= this.#header) {
      const size = this.sizeOf(at);
      if (typeof size === "string") return this.#damaged(at, size);
      if (file.filled - at < size) {
        this.#wanted = size;
        break;
      }
      const problem = this.take(at, size);
      if (problem !== undefined) return this.#damaged(at, problem);
      at += size;
    }
    file.drop(at);
    return true;
  }

  #damaged(at: number, what: string): false {
    const offset = this.file.offset(at);
    if (!this.#options.recover) {
      throw new SyntaxError(
        `Cannot read "${this.path}" at byte ${offset}: ${what}${REMEDY}${OR_RECOVER}`,
      );
    }
    this.#options.notice?.(
      `Recovered ${this.rows.events} traces of "${this.path}": ${
        this.file.size - offset
      } bytes from byte ${offset} on are lost: ${what}`,
    );
    return false;
  }

  close(): void {
    this.file.close();
  }
}
