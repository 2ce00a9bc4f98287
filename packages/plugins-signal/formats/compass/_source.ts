// One input file of a run: its handle, its decoder and what was found about it.
import type { Account } from "@millrace/core/buffers";
import { type OpenFiles, RunFile } from "../merge/file.ts";
import type { Piece } from "../merge/piece.ts";
import type { Place, RunSource } from "../merge/source.ts";
import { OR_RECOVER } from "./_damage.ts";
import { CompassDecoder } from "./decode.ts";
import { type Polarities, polarities } from "./polarity.ts";
import { samplingInterval } from "./settings.ts";

const FIRST_READ = 64 * 1024;
/** Of what is at hand, less is read at once: it stays in the cache until its samples are taken. A slow disk is better at more. */
const QUICK_READ = 2 * FIRST_READ;
// From here on a copy of a view is faster than a loop.
const LONG_TRACE = 48;

/** What a {@linkcode Source} may be told. */
export interface SourceOptions {
  readonly dt: number | undefined;
  readonly reorderWindow: number;
  readonly recover: boolean;
  readonly readBytes: number;
  readonly account: Account | undefined;
  readonly notice: (text: string) => void;
  /** The run's open files: beyond a number of them, idle ones are closed. */
  readonly open: OpenFiles;
}

/** A file that is read piece by piece into its decoder. */
export class Source implements RunSource<CompassDecoder> {
  readonly path: string;
  /** Position among the run's files, which orders rows that are equal otherwise. */
  readonly index: number;
  readonly decoder: CompassDecoder;
  /** Bytes of the file when it was opened. */
  size = 0;
  /** How far rows may lie behind the latest one, ps. */
  readonly window: number;
  /** No more rows will come. */
  finished = false;
  /** Sampling interval, ps; 0 until it is known. */
  dt: number;
  /** Polarity of each channel; `undefined` until the first event is known. */
  polarities: Polarities | undefined;
  /** Why the sampling interval is the default. */
  problem: string | undefined;

  readonly #file: RunFile;
  #next: number;
  readonly #options: SourceOptions;

  constructor(path: string, index: number, options: SourceOptions) {
    this.path = path;
    this.index = index;
    this.dt = options.dt ?? 0;
    this.window = options.reorderWindow;
    this.#options = options;
    this.#file = new RunFile(path, options.open);
    this.#next = Math.min(FIRST_READ, options.readBytes);
    this.decoder = new CompassDecoder({
      name: path,
      reorderWindow: options.reorderWindow,
      ...(options.account ? { account: options.account } : {}),
    });
  }

  /** Find the file's size. */
  async stat(): Promise<void> {
    this.size = await this.#file.stat();
  }

  /**
   * Read on. At the end, or at damage that is to be recovered from, the source is finished.
   *
   * @throws What the decoder says about damage, unless `recover` is set.
   */
  async read(): Promise<void> {
    const { decoder } = this;
    // An event that says it is longer than the file gets no room: it will be found cut off.
    const left = Math.max(1, this.size - decoder.received);
    const bytes = Math.min(left, Math.max(decoder.missing, this.#next));
    const room = decoder.room(bytes);
    const got = await this.#file.read(room);
    this.#next = Math.min(this.#file.isQuick ? QUICK_READ : 2 * this.#next, this.#options.readBytes);
    if (got === null) decoder.finish();
    else decoder.commit(got);
    if (decoder.damage) this.#damaged();
    if (got === null || decoder.damage) {
      this.finished = true;
      this.#file.close();
    }
    if (decoder.count > decoder.head) {
      this.polarities ??= await polarities(this.path);
      if (this.dt === 0) await this.#findInterval();
    }
  }

  place(): Place {
    return this.decoder.mark();
  }

  async goTo(place: Place): Promise<void> {
    if (this.finished || place.offset <= this.decoder.received) return; // rows that were taken are left out
    await this.#file.seek(place.offset);
    this.decoder.jump(place);
  }

  get rowBytes(): number {
    return this.decoder.layout?.fixed ?? 1;
  }

  /** Append the decoder's first row, which keeps it. */
  append(piece: Piece, recordId: number): void {
    const { decoder } = this, { layout, view } = decoder;
    const row = decoder.head, samples = decoder.samples[row]!, place = decoder.place[row]!;
    const at = decoder.offset[row]! - decoder.base;
    const { energy, short, calibrated, flags, fixed } = layout!;
    const first = piece.add(
      decoder.hi[row]!,
      decoder.lo[row]!,
      place,
      samples,
      this.dt,
      energy < 0 ? 0 : view.getUint16(at + energy, true),
      short < 0 ? 0 : view.getUint16(at + short, true),
      calibrated < 0 ? NaN : view.getFloat64(at + calibrated, true),
      view.getUint32(at + flags, true),
      this.polarities!.at(place >>> 16, place & 0xffff),
      recordId,
    );
    const from = at + fixed, { bytes } = decoder;
    if (samples >= LONG_TRACE) piece.put(bytes.subarray(from, from + 2 * samples), first);
    else {
      const out = piece.samples;
      for (let k = 0, b = from; k < samples; k++, b += 2) out[first + k] = bytes[b]! | (bytes[b + 1]! << 8);
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

  /** Close the file and let go of what is not taken. */
  dispose(): void {
    this.#file.close();
    this.decoder[Symbol.dispose]();
  }
}
