/**
 * `hitlets` of the strax set: pulses of one channel, with the samples around their hits.
 *
 * Each hit is taken `leftExtension` samples longer before and `rightExtension` samples longer behind; those of a channel that overlap or touch then
 * are one hitlet. It reaches from the first recorded sample in this stretch to the last; between records that do not join, samples are 0.
 *
 * | column | what |
 * |---|---|
 * | `time`, `endtime`, `length`, `dt`, `channel` | the hitlet |
 * | `data` | `(sample + fraction of the baseline) x gain`, PE a sample |
 * | `area` | sum of `data`, PE |
 * | `amplitude`, `time_amplitude` | highest sample, and the start of the first such from `time`, ps |
 * | `low_left_area`, `left_area` | time from the start at which 10 and 25 % of the area was seen, ps, linear within a sample; NaN where the area is not above 0 |
 * | `range_50p_area`, `range_80p_area` | from 25 to 75 %, and from 10 to 90 % of the area, ps |
 * | `left_fwhm`, `fwhm`, `left_fwtm`, `fwtm` | left edge and full width at half and at a tenth of `amplitude`, ps, linear between the middles of samples; NaN where all samples are higher |
 * | `entropy` | `-sum(p log(p n))` over the `n` samples above 0, p their share of the area: 0 for a flat hitlet, lower the more it stands out |
 *
 * With `split=local_minimum` hitlets are divided at prominent local minima, `splitIterations` times, as `peaks` are.
 *
 * These are `create_hitlets_from_hits`, `get_hitlets_data`, `hitlet_properties`, `get_fwxm`, `conditional_entropy` and `split_peaks` of strax
 * (Aalbers et al., strax, doi:10.5281/zenodo.1340632).
 *
 * Differences from strax: hitlets do not end with the chunk; one that spans a stretch that was not recorded keeps its samples in their
 * places (strax counts only recorded ones, so that `length` is too short); a hitlet longer than `maxDuration` is an error; areas that are
 * not above 0 have no quantiles (strax: those of the sums as they come).
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Context, Table, tableSource } from "@millrace/core";
 * import { straxHits } from "@millrace/plugins-signal/strax/hits";
 * import { hitlets } from "@millrace/plugins-signal/strax/hitlets";
 * import { straxRecordsSchema } from "@millrace/plugins-signal/strax/schemas";
 *
 * const records = Table.from(straxRecordsSchema, {
 *   time: [0n],
 *   endtime: [80_000n],
 *   channel: [3],
 *   dt: [10_000],
 *   length: [8],
 *   pulse_length: [8],
 *   record_i: [0],
 *   area: [66],
 *   reduction_level: [0],
 *   baseline: [100],
 *   baseline_rms: [1],
 *   data: [[0, 0, 4, 20, 30, 10, 2, 0]],
 * });
 * const config = { "hitlets.leftExtension": 1, "hitlets.rightExtension": 2, "hitlets.gain": 0.5 };
 * await using ctx = new Context({ config });
 * ctx.register(tableSource("records", records), straxHits, hitlets);
 * const { time, data, area, amplitude, fwhm } = (await ctx.getData("run_1", "hitlets")).row(0);
 * assert.deepEqual(data, Float32Array.of(2, 10, 15, 5, 1)); // the hit is 20 and 30
 * assert.deepEqual([time, area, amplitude], [20_000n, 33, 15]);
 * assert.ok(Math.abs(fwhm as number - 20_625) < 1); // from 11.875 ns to 32.5 ns behind the start
 * ```
 * @module
 */
import { definePlugin } from "@millrace/core/define";
import { option } from "@millrace/core/option";
import type { Plugin } from "@millrace/core/plugin";
import type { Columns } from "@millrace/core/schema";
import { hitletsHelp } from "./column_help.ts";
import { type HitletPlaces, hitletPlaces } from "./kernels/hitlet_places.ts";
import { SampleFinder } from "./kernels/hitlet_samples.ts";
import { indexOfFraction } from "./kernels/peak_properties.ts";
import { localMinima } from "./kernels/split_points.ts";
import { conditionalEntropy, indexOfMaximum, widthAtFraction } from "./pulse_properties.ts";
import { splitOptions } from "./_split_options.ts";
import { hitletsSchema, type HitletTypes, straxHitsSchema, straxRecordsSchema } from "./schemas.ts";

const extension = (samples: number, help: string) =>
  option.integer({ default: samples, min: 0, max: 32767, unit: "sample", help });

/** Pulses of one channel, with the samples around their hits. */
export const hitlets: Plugin = definePlugin({
  module: import.meta.url,
  export: "hitlets",
  provides: "hitlets",
  dependsOn: ["hits", "records"],
  needs: { hits: straxHitsSchema.types, records: straxRecordsSchema.types },
  version: "1.0.0",
  help: "Pulses of one channel with the samples around their hits, their widths and areas",
  schema: hitletsSchema,
  columnHelp: hitletsHelp,
  // A hitlet that a row is part of starts at most maxDuration before it, depends on what is up to its end, and on the hits around that it does
  // not join: those are within the extensions, which a hitlet is longer than.
  halo: ({ maxDuration }) => ({ left: 2 * maxDuration, right: 2 * maxDuration + 1 }),
  options: {
    leftExtension: extension(3, "Samples before a hit that belong to it"),
    rightExtension: extension(4, "Samples behind a hit that belong to it"),
    gain: option.number({
      default: 1,
      unit: "PE/ADC",
      perChannel: true,
      help: "PE of one ADC count and sample",
    }),
    maxDuration: option.time({
      default: "100 us",
      min: 1,
      help: "Longest hitlet, extensions included: how far around a hit others are looked for",
    }),
    split: option.choice(["none", "local_minimum"], { default: "none", help: "How hitlets are divided" }),
    ...splitOptions("hitlets"),
  },
  computeChunk(chunk, { inputs, options, emit }) {
    const { records } = inputs, { leftExtension, rightExtension, maxDuration } = options;
    const shift = Number(records.t0 - chunk.t0), start = Number(chunk.start - chunk.t0);
    const end = Number(chunk.end - chunk.t0);
    const finder = new SampleFinder(records.columns, records.table.width("data"), shift);
    const places = hitletPlaces(chunk.columns, leftExtension, rightExtension);
    const found = { place: [] as number[], time: [] as number[], from: [] as number[], to: [] as number[] };
    for (let k = 0; k < places.count; k++) {
      // Others are of the stretches before and behind, and may be incomplete here. A part may start long after its hitlet does.
      if (places.endtime[k]! <= start || places.time[k]! >= end) continue;
      checkDuration(places, k, maxDuration, chunk.t0);
      finder.find(places, k, options.gain.at(0, places.channel[k]!)); // channels are those of the whole detector
      const { time, from } = finder, dt = places.dt[k]!;
      addParts(finder.samples, from, finder.to, options.splitIterations, options, (a, b) => {
        found.place.push(k);
        found.time.push(time + (a - from) * dt);
        found.from.push(a);
        found.to.push(b);
      });
    }
    const rows = found.time.length;
    const out = emit(rows, { values: { data: finder.to } }), to = out.columns;
    to.data.offsets[0] = 0;
    for (let row = 0; row < rows; row++) {
      const place = found.place[row]!, dt = places.dt[place]!;
      to.time[row] = found.time[row]!;
      to.channel[row] = places.channel[place]!;
      to.dt[row] = dt;
      write(finder.samples.subarray(found.from[row]!, found.to[row]!), dt, to, row);
    }
    return out;
  },
});

interface SplitOptions {
  readonly split: "none" | "local_minimum";
  readonly splitMinArea: number;
  readonly splitMinHeight: number;
  readonly splitMinRatio: number;
}

/** @throws {RangeError} On a place that is longer than what is looked at. */
function checkDuration(
  { time, endtime, channel }: HitletPlaces,
  k: number,
  maxDuration: number,
  t0: bigint,
): void {
  if (endtime[k]! - time[k]! <= maxDuration) return;
  throw new RangeError(
    `The hitlet in channel ${channel[k]} at ${t0 + BigInt(time[k]!)} ps is longer than ${maxDuration} ps: ` +
      "set hitlets.maxDuration to more, or hits.minAmplitude higher",
  );
}

/** Tell the stretches of samples `from` to `to` that hitlets are made of. */
function addParts(
  samples: Float32Array,
  from: number,
  to: number,
  iterations: number,
  options: SplitOptions,
  add: (from: number, to: number) => void,
): void {
  if (to <= from) return;
  if (options.split === "none" || iterations === 0) return add(from, to);
  const data = samples.subarray(from, to);
  const points = sumOf(data) < options.splitMinArea
    ? []
    : localMinima(data, options.splitMinHeight, options.splitMinRatio).filter((at) => at > 0);
  if (points.length === 0) return add(from, to);
  let first = from;
  for (const point of [...points, to - from]) {
    addParts(samples, first, from + point, iterations - 1, options, add);
    first = from + point;
  }
}

function sumOf(data: Float32Array): number {
  let sum = 0;
  for (const x of data) sum += x;
  return sum;
}

const FRACTIONS = Float64Array.of(0.1, 0.25, 0.75, 0.9);
const at = new Float64Array(FRACTIONS.length), edges = new Float64Array(2);

/** All columns that follow from the samples. */
function write(data: Float32Array, dt: number, out: Columns<HitletTypes>, row: number): void {
  const area = sumOf(data), top = indexOfMaximum(data);
  out.endtime[row] = out.time[row]! + data.length * dt;
  out.length[row] = data.length;
  out.area[row] = area;
  out.amplitude[row] = data[top]!;
  out.time_amplitude[row] = top * dt;
  if (area > 0) indexOfFraction(data, area, FRACTIONS, at);
  else at.fill(NaN);
  out.low_left_area[row] = at[0]! * dt;
  out.left_area[row] = at[1]! * dt;
  out.range_50p_area[row] = (at[2]! - at[1]!) * dt;
  out.range_80p_area[row] = (at[3]! - at[0]!) * dt;
  widthAtFraction(data, 0.5, edges);
  out.left_fwhm[row] = edges[0]! * dt;
  out.fwhm[row] = (edges[1]! - edges[0]!) * dt;
  widthAtFraction(data, 0.1, edges);
  out.left_fwtm[row] = edges[0]! * dt;
  out.fwtm[row] = (edges[1]! - edges[0]!) * dt;
  out.entropy[row] = conditionalEntropy(data);
  const { values, offsets } = out.data;
  values.set(data, offsets[row]!);
  offsets[row + 1] = offsets[row]! + data.length;
}
