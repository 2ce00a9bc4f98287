// One input file of a run: its handle, its decoder and what was found about it.
import type { Account } from "@millrace/core/buffers";
import { OR_RECOVER } from "./_damage.ts";
import { CompassDecoder } from "./decode.ts";
import { type Polarities, polarities } from "./polarity.ts";
import { samplingInterval } from "./settings.ts";

const FIRST_READ = 64 * 1024;
const MOST_OPEN = 128;

/** What a {@linkcode Source} may be told. */
export interface SourceOptions {
  readonly dt: number | undefined;
  readonly reorderWindow: number;
  readonly recover: boolean;
  readonly readBytes: number;
  readonly account: Account | undefined;
  readonly notice: (text: string) => void;
  /** The run's open files: beyond a number of them, idle ones are closed. */
  readonly open: Set<Source>;
}

/** A file that is read piece by piece into its decoder. */
export class Source {
  readonly path: string;
  /** Position among the run's files, which orders rows that are equal otherwise. */
  readonly index: number;
  readonly decoder: CompassDecoder;
  /** Bytes of the file when it was opened. */
  size = 0;
  /** No more rows will come. */
  finished = false;
  /** Sampling interval, ps; 0 until it is known. */
  dt: number;
  /** Polarity of each channel; `undefined` until the first event is known. */
  polarities: Polarities | undefined;
  /** Why the sampling interval is the default. */
  problem: string | undefined;

  #file: Deno.FsFile | undefined;
  #next: number;
  readonly #options: SourceOptions;

  constructor(path: string, index: number, options: SourceOptions) {
    this.path = path;
    this.index = index;
    this.dt = options.dt ?? 0;
    this.#options = options;
    this.#next = Math.min(FIRST_READ, options.readBytes);
    this.decoder = new CompassDecoder({
      name: path,
      reorderWindow: options.reorderWindow,
      ...(options.account ? { account: options.account } : {}),
    });
  }

  /** Find the file's size. */
  async stat(): Promise<void> {
    let info: Deno.FileInfo;
    try {
      info = await Deno.stat(this.path);
    } catch (cause) {
      throw openError(this.path, cause);
    }
    if (info.isDirectory) {
      throw new TypeError(
        `Cannot read "${this.path}": it is a folder; give its files, e.g. "${this.path}/*.BIN"`,
      );
    }
    if (!info.isFile) {
      throw new TypeError(`Cannot read "${this.path}": it is neither a file nor a folder; give .BIN files`);
    }
    this.size = info.size;
  }

  async #handle(): Promise<Deno.FsFile> {
    if (this.#file) return this.#file;
    const { open } = this.#options;
    for (const other of open) {
      if (open.size < MOST_OPEN) break;
      other.#close();
    }
    try {
      this.#file = await Deno.open(this.path, { read: true });
    } catch (cause) {
      throw openError(this.path, cause);
    }
    open.add(this);
    if (this.decoder.received > 0) await this.#file.seek(this.decoder.received, Deno.SeekMode.Start);
    return this.#file;
  }

  /**
   * Read on. At the end, or at damage that is to be recovered from, the source is finished.
   *
   * @throws What the decoder says about damage, unless `recover` is set.
   */
  async read(): Promise<void> {
    const { decoder } = this;
    const file = await this.#handle();
    // An event that says it is longer than the file gets no room: it will be found cut off.
    const left = Math.max(1, this.size - decoder.received);
    const bytes = Math.min(left, Math.max(decoder.missing, this.#next));
    this.#next = Math.min(2 * this.#next, this.#options.readBytes);
    const room = decoder.room(bytes);
    let got: number | null;
    try {
      got = await file.read(room);
    } catch (cause) {
      if (!(cause instanceof Error)) throw cause;
      throw new Error(
        `Cannot read "${this.path}" at byte ${decoder.received}: ${cause.message}; check the disk and the file`,
        { cause },
      );
    }
    if (got === null) decoder.finish();
    else decoder.commit(got);
    if (decoder.damage) this.#damaged();
    if (got === null || decoder.damage) {
      this.finished = true;
      this.#close();
    }
    if (decoder.count > decoder.head) {
      this.polarities ??= await polarities(this.path);
      if (this.dt === 0) await this.#findInterval();
    }
  }

  #damaged(): void {
    const { offset, error } = this.decoder.damage!;
    if (!this.#options.recover) throw error;
    const lost = Math.max(this.size, this.decoder.received) - offset;
    this.#options.notice(
      `Recovered ${this.decoder.events} events of "${this.path}": ${lost} bytes from byte ${offset} on are lost. ${
        error.message.replace(OR_RECOVER, "")
      }`,
    );
  }

  // The first event of the file decides, in whichever pieces it was read.
  async #findInterval(): Promise<void> {
    const { decoder } = this;
    const found = await samplingInterval(this.path, decoder.firstSamples);
    this.dt = found.dt;
    if (decoder.layout!.samples >= 0) this.problem = found.problem;
  }

  #close(): void {
    this.#file?.close();
    this.#file = undefined;
    this.#options.open.delete(this);
  }

  /** Close the file and let go of what is not taken. */
  dispose(): void {
    this.#close();
    this.decoder[Symbol.dispose]();
  }
}

function openError(path: string, cause: unknown): Error {
  if (!(cause instanceof Error)) return new Error(`Cannot open "${path}"`, { cause });
  if (cause instanceof Deno.errors.NotFound) {
    return new Deno.errors.NotFound(`Cannot open "${path}": there is no such file; check the path`, {
      cause,
    });
  }
  if (cause instanceof Deno.errors.NotCapable) {
    return new Deno.errors.NotCapable(
      `Cannot open "${path}": this program may not read it; run it with --allow-read="${path}"`,
      { cause },
    );
  }
  if (cause instanceof Deno.errors.PermissionDenied) {
    return new Deno.errors.PermissionDenied(
      `Cannot open "${path}": the system does not let this user read it; change its permissions`,
      { cause },
    );
  }
  return new Error(`Cannot open "${path}": ${cause.message}; check the path and the disk`, { cause });
}
