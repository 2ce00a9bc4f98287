// The filter of records: Savitzky-Golay or Butterworth, with designs kept for the lengths and intervals that come.

import { butterworth } from "../kernels/butterworth.ts";
import { type SavgolDesign, savgolDesign, savgolFilterInto } from "../kernels/savgol_filter.ts";
import { type SosDesign, sosDesign } from "../kernels/sos_design.ts";
import { savgolFilterRows } from "../kernels/savgol_rows.ts";
import { sosfiltfiltRows } from "../kernels/sosfiltfilt_rows.ts";

/** What the filter is, from the options of the plugin. */
export interface FilterSettings {
  readonly filterType: "SG" | "BW";
  readonly sgWindowSize: number;
  readonly sgPolyOrder: number;
  readonly filterOrder: number;
  readonly lowcut: number | null;
  readonly highcut: number | null;
}

/** Records to be filtered. */
export interface Records {
  /** Samples of all records. */
  readonly values: Uint16Array;
  /** Record `i` is `values[offsets[i]] .. values[offsets[i + 1]]`. */
  readonly offsets: Uint32Array;
  /** Sampling interval of each, ps. */
  readonly dt: Int32Array;
  /** Records. */
  readonly length: number;
}

/** Filters records; what comes of one depends on nothing but its samples and its sampling interval. */
export interface RecordFilter {
  /** Whether a constant goes through it: the baseline is still there behind it. */
  readonly keepsConstant: boolean;
  /** Filter records to `out`, one behind the other; gives whether all with samples were long enough for the whole filter. */
  filter(records: Records, out: Float32Array): boolean;
}

/** @throws {RangeError} On settings that make no filter. */
export function recordFilter(settings: FilterSettings): RecordFilter {
  return settings.filterType === "SG" ? new SavitzkyGolay(settings) : new Butterworth(settings);
}

class SavitzkyGolay implements RecordFilter {
  readonly keepsConstant = true;
  readonly #whole: SavgolDesign;
  readonly #shorter = new Map<number, SavgolDesign>();

  constructor({ sgWindowSize, sgPolyOrder }: FilterSettings) {
    this.#whole = savgolDesign(sgWindowSize, sgPolyOrder);
  }

  filter(records: Records, out: Float32Array): boolean {
    const { values, offsets, length } = records, first = offsets[0]!;
    let allLong = true;
    for (let i = 0; i < length;) {
      const from = offsets[i]!, n = offsets[i + 1]! - from;
      let to = i + 1;
      if (n >= this.#whole.window) {
        while (to < length && offsets[to + 1]! - offsets[to]! >= this.#whole.window) to++;
        const part = out.subarray(from - first, offsets[to]! - first);
        savgolFilterRows(values, offsets.subarray(i, to + 1), to - i, this.#whole, part);
      } else if (n > 0) {
        this.#short(values.subarray(from, from + n), out.subarray(from - first, from - first + n));
        allLong = false;
      }
      i = to;
    }
    return allLong;
  }

  #short(x: Uint16Array, out: Float32Array): void {
    const { poly } = this.#whole;
    const longest = x.length % 2 === 0 ? x.length - 1 : x.length;
    if (longest <= poly) return out.set(x);
    let design = this.#shorter.get(longest);
    if (!design) this.#shorter.set(longest, design = savgolDesign(longest, poly));
    savgolFilterInto(x, design, out);
  }
}

class Butterworth implements RecordFilter {
  readonly keepsConstant: boolean;
  readonly #settings: FilterSettings;
  readonly #designs = new Map<number, SosDesign>();

  constructor(settings: FilterSettings) {
    const { lowcut, highcut } = settings;
    if (lowcut === null && highcut === null) {
      throw new RangeError(
        "Cannot filter with a Butterworth filter without a frequency; set filtered_waveforms.lowcut or .highcut, or both",
      );
    }
    this.keepsConstant = lowcut === null;
    this.#settings = settings;
  }

  filter({ values, offsets, dt, length }: Records, out: Float32Array): boolean {
    const first = offsets[0]!;
    let allLong = true;
    for (let i = 0; i < length;) {
      const interval = dt[i]!;
      let design = this.#designs.get(interval);
      if (!design) this.#designs.set(interval, design = this.#design(interval));
      const from = offsets[i]!, n = offsets[i + 1]! - from;
      let to = i + 1;
      if (n > design.padding) {
        while (to < length && dt[to] === interval && offsets[to + 1]! - offsets[to]! > design.padding) to++;
        const part = out.subarray(from - first, offsets[to]! - first);
        sosfiltfiltRows(values, offsets.subarray(i, to + 1), to - i, design, part);
      } else if (n > 0) {
        out.subarray(from - first, from - first + n).set(values.subarray(from, from + n));
        allLong = false;
      }
      i = to;
    }
    return allLong;
  }

  #design(dt: number): SosDesign {
    const { filterOrder, lowcut, highcut } = this.#settings;
    const fs = 1e12 / dt;
    try {
      if (lowcut === null) return sosDesign(butterworth(filterOrder, highcut!, { btype: "low", fs }));
      if (highcut === null) return sosDesign(butterworth(filterOrder, lowcut, { btype: "high", fs }));
      return sosDesign(butterworth(filterOrder, [lowcut, highcut], { btype: "band", fs }));
    } catch (cause) {
      if (!(cause instanceof RangeError)) throw cause;
      throw new RangeError(
        `${cause.message}; records are sampled every ${dt} ps: set filtered_waveforms.lowcut and .highcut to fit`,
        { cause },
      );
    }
  }
}
