// One WAV file of a run, read record by record.
import type { FormatOptions } from "../format.ts";
import { type OpenFiles, RunFile } from "../merge/file.ts";
import { rowStore } from "../merge/read_traces.ts";
import type { RowStore } from "../merge/row_store.ts";
import type { TraceReader } from "../merge/trace_source.ts";
import type { WavHeader } from "./header.ts";
import { type ReadSample, sampleReader } from "./_samples.ts";

const WORD = 2n ** 32n;
const SECOND = 1_000_000_000_000n;

/** Where a file's samples go. */
export interface WavFile {
  readonly path: string;
  readonly header: WavHeader;
  /** Sampling interval, ps. */
  readonly dt: number;
  /** Time of its first sample, ps. */
  readonly t0: bigint;
  /** Channel of its first one. */
  readonly channel: number;
  /** Samples a record. */
  readonly recordLength: number;
}

/** A file of the run. */
export class WavReader implements TraceReader {
  readonly path: string;
  readonly window = 0;
  readonly rowBytes = 1;
  readonly rows: RowStore;
  readonly #wav: WavFile;
  readonly #options: FormatOptions;
  readonly #file: RunFile;
  readonly #sample: ReadSample;
  #frame = 0;
  #bytes = new Uint8Array(0);

  constructor(wav: WavFile, options: FormatOptions, open: OpenFiles) {
    this.path = wav.path;
    this.rows = rowStore(wav.path, "sample", options);
    this.#wav = wav;
    this.#options = options;
    this.#file = new RunFile(wav.path, open);
    this.#sample = sampleReader(wav.header);
  }

  async open(): Promise<number> {
    await this.#file.stat();
    await this.#file.seek(this.#wav.header.start);
    const { frames, channels, bits } = this.#wav.header;
    return frames * channels * bits / 8;
  }

  get next(): number {
    return this.#frame;
  }

  async goTo(frame: number): Promise<number> {
    const { start, channels, bits } = this.#wav.header, bytes = frame * channels * bits / 8;
    await this.#file.seek(start + bytes);
    this.#frame = frame;
    return bytes;
  }

  // One record of all channels at a time: they start together.
  async read(): Promise<boolean> {
    const { header: { frames, channels, bits, rate }, recordLength, t0, dt, channel } = this.#wav;
    const samples = Math.min(recordLength, frames - this.#frame), size = bits / 8, frame = size * channels;
    if (samples <= 0) return false;
    const bytes = await this.#take(samples * frame), view = new DataView(bytes.buffer, bytes.byteOffset);
    // Record by record from the rate itself: rounding of the interval does not add up.
    const time = t0 + (BigInt(this.#frame) * SECOND + BigInt(rate) / 2n) / BigInt(rate);
    for (let c = 0; c < channels; c++) {
      const at = this.rows.add(
        Number(time / WORD),
        Number(time % WORD),
        channel + c,
        samples,
        dt,
        this.#frame,
      );
      for (let k = 0; k < samples; k++) {
        const sample = this.#sample(view, k * frame + c * size);
        if (Number.isNaN(sample)) {
          throw new RangeError(
            `Cannot read "${this.path}": sample ${
              this.#frame + k
            } of channel ${c} lies outside -1 to 1; scale it`,
          );
        }
        this.rows.wave[at + k] = sample;
      }
    }
    this.#frame += samples;
    this.rows.received = this.#frame * frame;
    return this.#frame < frames;
  }

  async #take(length: number): Promise<Uint8Array> {
    if (this.#bytes.length < length) {
      this.#options.account?.charge(length - this.#bytes.length);
      this.#bytes = new Uint8Array(length);
    }
    for (let have = 0; have < length;) {
      const got = await this.#file.read(
        this.#bytes.subarray(have, Math.min(length, have + this.#options.readBytes)),
      );
      if (got === null) {
        throw new SyntaxError(`Cannot read "${this.path}" at byte ${this.#file.at}: it became shorter`);
      }
      have += got;
    }
    return this.#bytes.subarray(0, length);
  }

  close(): void {
    this.#file.close();
    this.#options.account?.refund(this.#bytes.length);
    this.#bytes = new Uint8Array(0);
  }
}
