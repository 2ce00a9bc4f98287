// Clusters of hits, their sums and what follows from those with vectors.

import { coincident, findClusters, shapePeak, sumHits as compute } from "../../kernels/wasm/strax.wasm";
import { Places, view } from "./_memory.ts";
import { PEAK_SAMPLES } from "../schemas.ts";
import type { HitSum, PeakHits, PeakPlace } from "./peak_builder.ts";
import { factorOf, type PeakParts, type PeakShape } from "./peak_parts.ts";
import { placeOf, type PlaceSettings, refuse } from "./peak_places.ts";

/** How hits are gathered. */
export interface ClusterSettings extends PlaceSettings {
  /** Shortest gap between clusters, ps. */
  readonly gapThreshold: number;
  /** A hit so far behind the first of its cluster opens another, ps. */
  readonly maxDuration: number;
}

const NONE = new Float32Array(0);

/** Hits in the memory of the kernels, until it is disposed of. */
export class ResidentHits implements PeakParts, Disposable {
  readonly #hits: PeakHits;
  readonly #toPe: Float64Array;
  readonly #places: Places;
  readonly #at: Readonly<
    Record<"time" | "endtime" | "max_time" | "channel" | "dt" | "area" | "height" | "baseline", number>
  >;
  readonly #wave: number;
  readonly #offsets: number;
  readonly #gains: number;
  readonly #seen: number;
  readonly #perChannel: Float32Array;
  readonly #saturated: Uint8Array;
  readonly #numbers: Float64Array;
  readonly #counts: Int32Array;
  readonly #shape: Float64Array;
  readonly #data: Float32Array;
  #sum: Float32Array = NONE;
  #mark = 0;

  /** The hits where they lie, or copied. */
  constructor(hits: PeakHits, toPe: Float64Array) {
    this.#hits = hits;
    this.#toPe = toPe;
    const { time, endtime, max_time, channel, dt, area, height, baseline, wave } = hits;
    const places = this.#places = new Places();
    const put = (array: Parameters<Places["put"]>[0]) => places.put(array);
    this.#at = {
      time: put(time),
      endtime: put(endtime),
      max_time: put(max_time),
      channel: put(channel),
      dt: put(dt),
      area: put(area),
      height: put(height),
      baseline: put(baseline),
    };
    // Offsets of a slice do not begin at 0.
    const first = wave.offsets[0]!, last = wave.offsets[time.length]!;
    this.#wave = places.putPart(wave.values, first, last) - 2 * first;
    this.#offsets = put(wave.offsets);
    this.#gains = put(toPe);
    this.#perChannel = view(Float32Array, places.take(4 * toPe.length), toPe.length);
    this.#saturated = view(Uint8Array, places.take(toPe.length), toPe.length);
    this.#numbers = view(Float64Array, places.take(32), 2);
    this.#counts = view(Int32Array, this.#numbers.byteOffset + 16, 4);
    this.#shape = view(Float64Array, places.take(8 * 23), 23);
    this.#data = view(Float32Array, places.take(4 * PEAK_SAMPLES), PEAK_SAMPLES);
    this.#seen = places.take(4 * toPe.length);
    view(Int32Array, this.#seen, toPe.length).fill(0);
  }

  /** The room is free again: what was computed is void. */
  [Symbol.dispose](): void {
    this.#places[Symbol.dispose]();
  }

  /** The same places as `findPeakPlaces` finds. @throws {RangeError} As it does. */
  places(settings: ClusterSettings): PeakPlace[] {
    const { gapThreshold, maxDuration, minArea, minChannels } = settings;
    const count = this.#hits.time.length, channels = this.#toPe.length, at = this.#at;
    const seen = this.#places.take(4 * channels), out = this.#places.take(16 * count);
    const found = findClusters(
      ...[count, at.time, at.endtime, at.channel, at.dt, at.area, this.#gains, channels, seen] as const,
      ...[gapThreshold, maxDuration, minArea, minChannels, out] as const,
    );
    if (found < 0) refuse(this.#hits, -1 - found, channels);
    const ends = view(Float64Array, out, 2 * found), bounds = view(Uint32Array, out, 4 * found);
    return Array.from(
      { length: found },
      (_, k) => placeOf(this.#hits, bounds[4 * k]!, bounds[4 * k + 1]!, ends[2 * k + 1]!, settings),
    );
  }

  /** The same as `sumHits` of `sum_hits.ts`, with waveforms summed in single precision. */
  readonly sum = ({ time, length, dt, from, to }: PeakPlace): HitSum => {
    const channels = this.#toPe.length, at = this.#at;
    if (length > this.#sum.length) this.#sum = view(Float32Array, this.#places.take(8 * length), 2 * length);
    const waveform = this.#sum.subarray(0, length);
    const perChannel = this.#perChannel, saturated = this.#saturated, numbers = this.#numbers;
    compute(
      ...[from, to, at.time, at.endtime, at.channel, at.height, at.baseline] as const,
      ...[this.#offsets, this.#wave, this.#gains, time, dt, waveform.byteOffset, length, channels] as const,
      ...[perChannel.byteOffset, saturated.byteOffset, numbers.byteOffset] as const,
    );
    const counts = this.#counts;
    return {
      waveform,
      perChannel,
      saturated,
      area: numbers[0]!,
      maxGap: numbers[1]!,
      hits: counts[0]!,
      firstChannel: counts[1]!,
      lastChannel: counts[2]!,
      saturatedChannels: counts[3]!,
    };
  };

  /** The same as that of `plainParts`, of the waveform that was summed last, for at most `PEAK_SAMPLES`. */
  shape(waveform: Float32Array, area: number, data: Float32Array): PeakShape {
    const room = data.length, at = this.#shape;
    const factor = factorOf(waveform.length, room), length = Math.floor(waveform.length / factor);
    shapePeak(this.#sum.byteOffset, factor, length, room, area, this.#data.byteOffset, at.byteOffset);
    data.set(room === PEAK_SAMPLES ? this.#data : this.#data.subarray(0, room));
    return { length, factor, center: at[21]!, highest: at[22]!, at };
  }

  /** The same as that of `plainParts`. */
  coincident({ from, to }: Pick<PeakPlace, "from" | "to">, least: number, most: number): number {
    const { max_time, channel } = this.#at;
    return coincident(from, to, max_time, channel, least, most, this.#seen, ++this.#mark);
  }
}
