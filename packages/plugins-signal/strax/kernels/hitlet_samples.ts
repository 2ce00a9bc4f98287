// The samples of a stretch of one channel, from the records that hold them.

import type { Columns } from "@millrace/core/schema";
import type { StraxRecordTypes } from "../schemas.ts";
import type { HitletPlace } from "./hitlet_places.ts";
import { firstAbove, rowsByChannel } from "./rows_by_channel.ts";

/** Columns of records that samples are taken from, in time order. */
export type SampleRecords = Pick<
  Columns<StraxRecordTypes>,
  "time" | "endtime" | "channel" | "dt" | "length" | "baseline" | "data"
>;

/** Finds the samples of stretches of channels. */
export class SampleFinder {
  readonly #records: SampleRecords;
  readonly #width: number;
  readonly #shift: number;
  readonly #rows: ReadonlyMap<number, readonly number[]>;

  /**
   * Records of a channel must not overlap; those without a baseline (NaN) hold no samples. O(records).
   *
   * @param width Samples a record.
   * @param shift What to add to the records' times to compare them with those of the places, ps.
   */
  constructor(records: SampleRecords, width: number, shift: number) {
    this.#records = records;
    this.#width = width;
    this.#shift = shift;
    this.#rows = rowsByChannel(records.channel, (i) => !Number.isNaN(records.baseline[i]!));
  }

  /**
   * The samples of a place from the first to the last that was recorded, with the fraction of the baseline, times `gain`; those
   * between that were not recorded are 0. Start in ps and samples; empty where none was recorded.
   *
   * @throws {RangeError} On a record with another sampling interval.
   */
  find({ time, endtime, channel, dt }: HitletPlace, gain: number): { time: number; data: Float32Array } {
    const rows = this.#rows.get(channel) ?? [], records = this.#records, width = this.#width;
    let first = Infinity, last = -Infinity;
    const data = new Float32Array(Math.round((endtime - time) / dt));
    for (let k = firstAbove(rows, records.endtime, time - this.#shift); k < rows.length; k++) {
      const i = rows[k]!, start = records.time[i]! + this.#shift;
      if (start >= endtime) break;
      if (records.dt[i] !== dt) {
        throw new RangeError(
          `The hits of channel ${channel} have a sampling interval of ${dt} ps, its records one of ${
            records.dt[i]
          } ps`,
        );
      }
      const at = Math.round((start - time) / dt), n = Math.min(records.length[i]!, width);
      const from = Math.max(0, at), to = Math.min(data.length, at + n);
      if (to <= from) continue;
      const fraction = records.baseline[i]! - Math.floor(records.baseline[i]!);
      for (let s = from; s < to; s++) data[s] = (records.data[i * width + s - at]! + fraction) * gain;
      if (from < first) first = from;
      if (to > last) last = to;
    }
    if (first > last) return { time, data: data.subarray(0, 0) };
    return { time: time + first * dt, data: data.subarray(first, last) };
  }
}
