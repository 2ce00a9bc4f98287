// The samples of a stretch of one channel, from the records that hold them.

import type { Columns } from "@millrace/core/schema";
import type { StraxRecordTypes } from "../schemas.ts";
import type { HitletPlaces } from "./hitlet_places.ts";
import { firstAbove, rowsByChannel } from "./rows_by_channel.ts";

/** Columns of records that samples are taken from, in time order. */
export type SampleRecords = Pick<
  Columns<StraxRecordTypes>,
  "time" | "endtime" | "channel" | "dt" | "length" | "baseline" | "data"
>;

/** Finds the samples of stretches of channels, and gathers them one behind the other. */
export class SampleFinder {
  /** Samples of all stretches that were found; another array when there is no more room. */
  samples: Float32Array = new Float32Array(4096);
  /** Where those of the last one lie in it. */
  from = 0;
  to = 0;
  /** Start of the first of them, ps. */
  time = 0;
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
   * Add the samples of place `k` from the first to the last that was recorded, with the fraction of the baseline, times `gain`; those
   * between that were not recorded are 0. None where none was recorded.
   *
   * @throws {RangeError} On a record with another sampling interval.
   */
  find(places: HitletPlaces, k: number, gain: number): void {
    const start = places.time[k]!, end = places.endtime[k]!, channel = places.channel[k]!, dt = places.dt[k]!;
    const rows = this.#rows.get(channel) ?? [], records = this.#records, width = this.#width;
    const room = Math.round((end - start) / dt), base = this.to;
    this.#makeRoom(base + room);
    const { samples } = this;
    samples.fill(0, base, base + room);
    let first = room, last = 0;
    for (let r = firstAbove(rows, records.endtime, start - this.#shift); r < rows.length; r++) {
      const i = rows[r]!, time = records.time[i]! + this.#shift;
      if (time >= end) break;
      if (records.dt[i] !== dt) {
        throw new RangeError(
          `The hits of channel ${channel} have a sampling interval of ${dt} ps, its records one of ${
            records.dt[i]
          } ps`,
        );
      }
      const at = Math.round((time - start) / dt), n = Math.min(records.length[i]!, width);
      const from = Math.max(0, at), to = Math.min(room, at + n);
      if (to <= from) continue;
      const fraction = records.baseline[i]! - Math.floor(records.baseline[i]!), data = i * width - at;
      for (let s = from; s < to; s++) samples[base + s] = (records.data[data + s]! + fraction) * gain;
      if (from < first) first = from;
      if (to > last) last = to;
    }
    if (first > 0 && first < last) samples.copyWithin(base, base + first, base + last);
    this.from = base;
    this.to = base + Math.max(0, last - first);
    this.time = start + first * dt;
  }

  #makeRoom(count: number): void {
    if (count <= this.samples.length) return;
    const larger = new Float32Array(2 * count);
    larger.set(this.samples);
    this.samples = larger;
  }
}
