// One WaveDump file of a run.
import type { FormatOptions } from "../format.ts";
import { EventReader } from "../merge/event_reader.ts";
import type { OpenFiles } from "../merge/file.ts";
import { eventBytes, HEADER } from "./layout.ts";

const WORD = 2 ** 32;
/** The counter of trigger times starts anew here; in 8 ns. */
const TURN = 2 ** 31;
const TICK = 8000;

/** A file of the run. */
export class WaveDumpReader extends EventReader {
  readonly #dt: number;
  #last = 0;
  #turns = 0;
  /** No event that is still to come starts before, where the events before are not known. */
  #from: bigint | undefined;

  constructor(path: string, dt: number, options: FormatOptions, open: OpenFiles) {
    super(path, HEADER, HEADER, options, open);
    this.#dt = dt;
  }

  override async goTo(offset: number, from: bigint): Promise<number> {
    this.#from = from;
    return await super.goTo(offset, from);
  }

  protected sizeOf(at: number): number | string {
    return eventBytes(this.file.view, at) || "no event starts there";
  }

  protected take(at: number, size: number): undefined {
    const { view } = this.file, { rows } = this, samples = (size - HEADER) / 2;
    const tag = view.getUint32(at + 20, true) % TURN;
    if (this.#from !== undefined) {
      // It follows one that starts before, by less than a turn.
      const least = Number((this.#from + BigInt(TICK - 1)) / BigInt(TICK));
      this.#turns = Math.floor(least / TURN) + (tag < least % TURN ? 1 : 0);
      this.#last = tag;
      this.#from = undefined;
    }
    // Events come in order: a counter that is half a turn behind, or more, has started anew.
    if (this.#last - tag >= TURN / 2) this.#turns++;
    this.#last = tag;
    const ticks = this.#turns * TURN + tag; // below 2^53 for 200 days; times 8000 in halves
    const low = (ticks % WORD) * TICK, hi = Math.floor(ticks / WORD) * TICK + Math.floor(low / WORD);
    const place = ((view.getUint32(at + 4, true) << 16) | view.getUint32(at + 12, true)) >>> 0;
    const row = rows.add(hi, low % WORD, place, samples, this.#dt, this.file.offset(at));
    if (row < 0) return;
    for (let k = 0; k < samples; k++) rows.wave[row + k] = view.getUint16(at + HEADER + 2 * k, true);
  }
}
