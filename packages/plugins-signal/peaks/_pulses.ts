// The frame of the plugins that look for pulses as scipy.signal.find_peaks does: they differ in name and defaults.

import { definePlugin } from "@millrace/core/define";
import { option, type PerChannel } from "@millrace/core/option";
import type { Plugin } from "@millrace/core/plugin";
import { halves } from "../_halves.ts";
import { HIT_START } from "../hits/_hit_columns.ts";
import { findPeaksInto } from "../kernels/find_peaks.ts";
import { type PeakConditions, peakConditions } from "../kernels/peak_conditions.ts";
import { type PeakRoom, peakRoom } from "../kernels/peak_room.ts";
import { useFiltered, WAVE_INPUT, type WaveValues } from "../records/_wave_input.ts";

/** What the plugins differ in. */
export interface PulseSpec {
  readonly module: string;
  readonly export: string;
  readonly provides: string;
  readonly version: string;
  readonly help: string;
  readonly heightMethod: "diff" | "minmax";
  readonly heightWindowExtension: number;
}

/** A plugin that finds pulses in records. */
export function pulsePlugin(spec: PulseSpec): Plugin {
  const { heightMethod, heightWindowExtension, ...names } = spec;
  return definePlugin({
    ...names,
    ...WAVE_INPUT,
    schema: {
      ...HIT_START,
      edge_start: "f32",
      edge_end: "f32",
      height: "f32",
      integral: "f32",
      prominence: "f32",
      width: "f32",
      dt: "i32",
    },
    columnHelp: {
      time: ["ps", "the sample at or before the left edge"],
      endtime: ["ps", "behind the sample at or behind the right edge"],
      peakTime: ["ps", "time of the peak"],
      position: ["sample", "the peak, in the record"],
      edge_start: [
        "sample",
        "where the searched signal rises through half of the prominence, interpolated, in the record",
      ],
      edge_end: [
        "sample",
        "where the searched signal falls through half of the prominence, interpolated, in the record",
      ],
      height: ["ADC", "of the pulse in the waveform: see `heightMethod`"],
      integral: [
        "ADC x sample",
        "sum of the signal above 0 from `time` to `endtime`; NaN without a baseline",
      ],
      prominence: ["ADC", "of the peak in the searched signal"],
      width: ["sample", "`edge_end - edge_start`"],
      dt: ["ps", "sampling interval"],
    },
    reach: { left: 0 },
    options: {
      useFiltered: useFiltered(true),
      useDerivative: option.boolean({
        default: true,
        perChannel: true,
        help: "Whether the steps from sample to sample are searched, or the waveform less its baseline",
      }),
      height: option.number({
        default: 30,
        unit: "ADC",
        perChannel: true,
        help: "Lowest peak of the searched signal",
      }),
      threshold: option.number({
        default: null,
        unit: "ADC",
        perChannel: true,
        help: "Lowest step from a peak to its neighbours; default: any",
      }),
      distance: option.number({
        default: 2,
        min: 1,
        unit: "sample",
        perChannel: true,
        help: "Fewest samples from peak to peak: of two that are nearer the lower one is left out",
      }),
      prominence: option.number({
        default: 0.7,
        min: 0,
        unit: "ADC",
        perChannel: true,
        help: "Lowest prominence in the searched signal",
      }),
      width: option.number({
        default: 4,
        min: 0,
        unit: "sample",
        perChannel: true,
        help: "Shortest width at half of the prominence",
      }),
      heightMethod: option.choice(["diff", "minmax"], {
        default: heightMethod,
        perChannel: true,
        help: "Height of a pulse: its rise from edge to edge, or the range of its samples",
      }),
      heightWindowExtension: option.integer({
        default: heightWindowExtension,
        min: 0,
        max: 2 ** 20,
        unit: "sample",
        perChannel: true,
        aliases: ["minmaxWindowExpand"],
        help: "Samples beyond the edges that minmax looks at",
      }),
    },
    computeChunk(chunk, { options, emit }) {
      const { columns, length } = chunk;
      const out = emit(length);
      const pulses = new Pulses(columns, out, searchesOf(options));
      for (let i = 0; i < length; i++) pulses.add(i);
      return out.resize(pulses.rows);
    },
  });
}

/** Columns of the records. */
interface RecordColumns {
  readonly time: Float64Array;
  readonly board: Uint16Array;
  readonly channel: Uint16Array;
  readonly record_id: BigInt64Array;
  readonly dt: Int32Array;
  readonly baseline: Float64Array;
  readonly polarity: Int8Array;
  readonly wave: { readonly values: ArrayBufferView; readonly offsets: Uint32Array };
}

/** Columns of the pulses. */
interface PulseColumns {
  readonly time: Float64Array;
  readonly endtime: Float64Array;
  readonly peakTime: Float64Array;
  readonly board: Uint16Array;
  readonly channel: Uint16Array;
  readonly record_id: BigInt64Array;
  readonly position: Int32Array;
  readonly edge_start: Float32Array;
  readonly edge_end: Float32Array;
  readonly height: Float32Array;
  readonly integral: Float32Array;
  readonly prominence: Float32Array;
  readonly width: Float32Array;
  readonly dt: Int32Array;
}

/** Where pulses go. */
interface PulseRows {
  readonly length: number;
  readonly columns: PulseColumns;
  resize(rows: number): unknown;
}

/**
 * The pulses of one record after the other. What is done for a record is a function of its own: V8 compiles that once, where it
 * would compile all of it again for each loop of the chunk that it is in, in each thread.
 */
class Pulses {
  /** Pulses so far. */
  rows = 0;
  readonly #from: RecordColumns;
  readonly #values: WaveValues;
  readonly #id: Uint32Array;
  readonly #searches: ChannelSearches;
  readonly #out: PulseRows;
  #to: PulseColumns;
  #outId: Uint32Array;

  constructor(from: RecordColumns, out: PulseRows, searches: ChannelSearches) {
    this.#from = from;
    this.#values = from.wave.values as WaveValues;
    this.#id = halves(from.record_id);
    this.#searches = searches;
    this.#out = out;
    this.#to = out.columns;
    this.#outId = halves(this.#to.record_id);
  }

  /** Search record `i`. */
  add(i: number): void {
    const { board, channel, baseline, polarity, wave: { offsets } } = this.#from;
    const wave = this.#values.subarray(offsets[i], offsets[i + 1]), sign = polarity[i]! < 0 ? -1 : 1;
    const search = this.#searches.at(board[i]!, channel[i]!);
    const searched = searchedOf(wave, search.useDerivative, sign, baseline[i]!);
    const found = findPeaksInto(searched, search.conditions, room);
    if (found === 0) return;
    const rows = this.rows + found;
    if (rows > this.#out.length) {
      this.#out.resize(Math.max(rows, 2 * this.#out.length));
      this.#to = this.#out.columns;
      this.#outId = halves(this.#to.record_id);
    }
    this.#write(i, wave, sign, search, found);
    this.rows = rows;
  }

  #write(i: number, wave: WaveValues, sign: number, search: Search, found: number): void {
    const to = this.#to, id = this.#id, outId = this.#outId, from = this.#from;
    const { useDerivative, isDiff, extension } = search;
    const time = from.time[i]!, dt = from.dt[i]!, level = from.baseline[i]!, last = wave.length - 1;
    for (let p = 0, row = this.rows; p < found; p++, row++) {
      const left = room.leftIps[p]!, right = room.rightIps[p]!, peak = room.peaks[p]!;
      const first = Math.floor(left), end = Math.min(last, Math.ceil(right) + (useDerivative ? 1 : 0)) + 1;
      to.time[row] = time + first * dt;
      to.endtime[row] = time + end * dt;
      to.peakTime[row] = time + peak * dt;
      to.board[row] = from.board[i]!;
      to.channel[row] = from.channel[i]!;
      outId[2 * row] = id[2 * i]!;
      outId[2 * row + 1] = id[2 * i + 1]!;
      to.position[row] = peak;
      to.edge_start[row] = left;
      to.edge_end[row] = right;
      const a = roundEven(left), b = roundEven(right);
      to.height[row] = isDiff ? sign * (wave[b]! - wave[a]!) : range(wave, a - extension, b + extension);
      to.integral[row] = integral(wave, first, end, sign, level);
      to.prominence[row] = room.prominences[p]!;
      to.width[row] = room.widths[p]!;
      to.dt[row] = dt;
    }
  }
}

/** How the records of a channel are searched. */
interface Search {
  readonly useDerivative: boolean;
  readonly isDiff: boolean;
  readonly extension: number;
  readonly conditions: PeakConditions;
}

interface SearchOptions {
  readonly useDerivative: PerChannel<boolean>;
  readonly height: PerChannel<number>;
  readonly threshold: PerChannel<number | null>;
  readonly distance: PerChannel<number>;
  readonly prominence: PerChannel<number>;
  readonly width: PerChannel<number>;
  readonly heightMethod: PerChannel<"diff" | "minmax">;
  readonly heightWindowExtension: PerChannel<number>;
}

/** The search of each channel, made when the first record of it comes. */
class ChannelSearches {
  readonly #options: SearchOptions;
  readonly #made: (Search | undefined)[][] = [];
  #one: Search | undefined;

  constructor(options: SearchOptions) {
    const { useDerivative, height, threshold, distance, prominence, width } = options;
    const { heightMethod, heightWindowExtension } = options;
    const conditions = { height, threshold, distance, prominence, width };
    this.#options = { ...conditions, useDerivative, heightMethod, heightWindowExtension };
    if (Object.values(this.#options).every(({ uniform }) => uniform)) this.#one = this.#make(0, 0);
  }

  at(board: number, channel: number): Search {
    return this.#one ?? ((this.#made[board] ??= [])[channel] ??= this.#make(board, channel));
  }

  #make(board: number, channel: number): Search {
    const options = this.#options;
    return {
      useDerivative: options.useDerivative.at(board, channel),
      isDiff: options.heightMethod.at(board, channel) === "diff",
      extension: options.heightWindowExtension.at(board, channel),
      conditions: peakConditions({
        height: options.height.at(board, channel),
        threshold: options.threshold.at(board, channel),
        distance: options.distance.at(board, channel),
        prominence: options.prominence.at(board, channel),
        width: options.width.at(board, channel),
      }),
    };
  }
}

// Options of one run are the same object for every chunk.
let latest: { readonly options: object; readonly searches: ChannelSearches } | undefined;

function searchesOf(options: SearchOptions): ChannelSearches {
  if (latest?.options !== options) latest = { options, searches: new ChannelSearches(options) };
  return latest.searches;
}

// Work space for one record at a time: a chunk is computed without a pause.
let signal = new Float64Array(0);
let room: PeakRoom = peakRoom(0);

/** What is searched: a pulse rises in it. */
function searchedOf(wave: WaveValues, useDerivative: boolean, sign: number, baseline: number): Float64Array {
  const n = useDerivative ? Math.max(0, wave.length - 1) : wave.length;
  if (signal.length < n) {
    signal = new Float64Array(n);
    room = peakRoom(n);
  }
  if (useDerivative) { for (let k = 0; k < n; k++) signal[k] = sign * (wave[k + 1]! - wave[k]!); }
  else for (let k = 0; k < n; k++) signal[k] = sign * (wave[k]! - baseline);
  return signal.subarray(0, n);
}

/** Rounded to an integer, halves to the even one. */
function roundEven(value: number): number {
  const rounded = Math.round(value);
  return rounded - value === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}

/** Highest less lowest of the samples `from` to `to` (excluded) that are there. */
function range(wave: WaveValues, from: number, to: number): number {
  let low = Infinity, high = -Infinity;
  for (let k = Math.max(0, from), end = Math.min(wave.length, to); k < end; k++) {
    const sample = wave[k]!;
    if (sample < low) low = sample;
    if (sample > high) high = sample;
  }
  return high - low;
}

/** Sum of the signal above 0. */
function integral(wave: WaveValues, from: number, to: number, sign: number, baseline: number): number {
  let sum = 0;
  for (let k = from; k < to; k++) {
    const value = sign * (wave[k]! - baseline);
    if (!(value <= 0)) sum += value; // NaN passes
  }
  return sum;
}
