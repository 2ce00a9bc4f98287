// One V1725 file of a run.
import type { FormatOptions } from "../format.ts";
import { EventReader } from "../merge/event_reader.ts";
import type { OpenFiles } from "../merge/file.ts";
import { CHANNEL_HEADER, channelMask, channelWords, EVENT_HEADER, eventWords } from "./layout.ts";

const WORD = 2 ** 32;
/** Sampling interval, ps: 250 MS/s. */
const DT = 4000;

/** A file of the run. */
export class V1725Reader extends EventReader {
  readonly #board: number;
  readonly #dt: number;

  constructor(path: string, board: number, options: FormatOptions, open: OpenFiles) {
    super(path, EVENT_HEADER, CHANNEL_HEADER, options, open);
    this.#board = board;
    this.#dt = options.dt ?? DT;
  }

  protected sizeOf(at: number): number | string {
    const size = 4 * eventWords(this.file.view, at);
    if (size >= EVENT_HEADER) return size;
    const word = this.file.view.getUint32(at, true).toString(16).padStart(8, "0");
    return `an event starts with 0x${word}, and its first digit is to be a`;
  }

  protected take(at: number, size: number): string | undefined {
    const problem = this.#check(at, size);
    if (problem === undefined) this.#traces(at);
    return problem;
  }

  /** An event's channels fill it: what is wrong if they don't. */
  #check(at: number, size: number): string | undefined {
    const end = at + size, { view } = this.file;
    let next = at + EVENT_HEADER;
    for (let mask = channelMask(view, at), channel = 0; mask !== 0; mask >>>= 1, channel++) {
      if ((mask & 1) === 0) continue;
      const words = next + CHANNEL_HEADER <= end ? channelWords(view, next) : 0;
      if (words < 3 || next + 4 * words > end) {
        return `channel ${channel} has ${words} words in an event of ${size / 4}`;
      }
      next += 4 * words;
    }
    return next === end ? undefined : `the event has ${size / 4} words, and its channels ${(next - at) / 4}`;
  }

  #traces(at: number): void {
    const { view } = this.file, { rows } = this, dt = this.#dt, offset = this.file.offset(at);
    let next = at + EVENT_HEADER;
    for (let mask = channelMask(view, at), channel = 0; mask !== 0; mask >>>= 1, channel++) {
      if ((mask & 1) === 0) continue;
      const words = channelWords(view, next), samples = 2 * (words - 3);
      // 48 bits of intervals times ps, in halves, by parts whose products stay below 2^53.
      const upper = view.getUint16(next + 6, true) * dt;
      const low = view.getUint16(next + 4, true) * dt + (upper % 65536) * 65536;
      const hi = view.getUint16(next + 8, true) * dt + Math.floor(upper / 65536) + Math.floor(low / WORD);
      const row = rows.add(hi, low % WORD, ((this.#board << 16) | channel) >>> 0, samples, dt, offset);
      if (row >= 0) {
        rows.flags[rows.count - 1] = (view.getUint8(next + 3) >> 6) & 1;
        const from = next + CHANNEL_HEADER;
        for (let k = 0; k < samples; k++) rows.wave[row + k] = view.getUint16(from + 2 * k, true);
      }
      next += 4 * words;
    }
  }
}
