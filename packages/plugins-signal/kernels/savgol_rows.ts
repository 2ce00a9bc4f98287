/**
 * The Savitzky-Golay filter of many records at once.
 *
 * Weights of most filters are fractions with one denominator (those of 11 samples and a parabola are 429ths): sums of products of
 * integers are exact and eight of them are one instruction. Where the weights are no such fractions, records are filtered one
 * by one by {@linkcode savgolFilterInto}. O(samples x window); the work space is kept for the next call.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { savgolDesign, savgolFilterRows } from "@millrace/plugins-signal/kernels";
 *
 * const values = new Uint16Array([0, 0, 35, 0, 0, 7, 7, 7, 7, 7, 7]); // two records: 5 and 6 samples
 * const out = new Float32Array(11);
 * savgolFilterRows(values, new Uint32Array([0, 5, 11]), 2, savgolDesign(5, 2), out);
 * assert.equal(out[2], 17); // 35 x 17 / 35
 * assert.deepEqual([...out.subarray(5)], [7, 7, 7, 7, 7, 7]);
 * ```
 * @module
 */
import { Arena, type Block, blocksOf, copyIn, copyOffsets, view } from "./_block.ts";
import type { WordSamples } from "./samples.ts";
import { type SavgolDesign, savgolFilterInto } from "./savgol_filter.ts";
import { savgolRows } from "./wasm/signal.wasm";

/** Integer weights: those of the middle of the window are `numerators / divisor`, exactly. */
interface Fractions {
  readonly numerators: Int16Array;
  readonly divisor: number;
  /** What a sum lacks where all samples are too low by 32768. */
  readonly back: number;
}

/**
 * The filtered records, written to `out`, one behind the other from its start.
 *
 * Results are within 1 unit in the last place of f32 (a relative 1.2e-7) of what {@linkcode savgolFilterInto} gives, and the same
 * for a record wherever it lies and whatever is beside it.
 *
 * @param values Samples of all records.
 * @param offsets `[rows + 1]` record `i` is `values[offsets[i]] .. values[offsets[i + 1]]`.
 * @param rows Records.
 * @param out At least as many values as the records have samples.
 * @throws {RangeError} On a record shorter than the window, offsets out of order or range, or too little room.
 */
export function savgolFilterRows(
  values: WordSamples,
  offsets: Uint32Array,
  rows: number,
  design: SavgolDesign,
  out: Float32Array,
): void {
  const fractions = fractionsOf(design);
  const blocks = blocksOf(values, offsets, rows);
  if (fractions === undefined) {
    for (const block of blocks) {
      checkRoom(offsets, rows, out);
      checkLengths(offsets, block, design.window);
      for (let i = block.from; i < block.to; i++) {
        const part = out.subarray(offsets[i]! - offsets[0]!, offsets[i + 1]! - offsets[0]!);
        savgolFilterInto(values.subarray(offsets[i], offsets[i + 1]), design, part);
      }
    }
    return;
  }
  const kept = new Arena(), isSigned = values instanceof Int16Array;
  const edges = kept.put(edgesOf(design)), pairs = kept.put(fractions.numerators);
  for (const block of blocks) {
    const { from, to, samples } = block;
    checkRoom(offsets, rows, out);
    checkLengths(offsets, block, design.window);
    const arena = new Arena(kept);
    const own = copyOffsets(arena, offsets, block);
    const result = arena.take(4 * samples);
    const from16 = copyIn(arena, values, offsets, block);
    const { divisor, back } = fractions;
    savgolRows(
      from16,
      isSigned ? 1 : 0,
      own,
      to - from,
      result,
      pairs,
      design.window,
      divisor,
      isSigned ? 0 : back,
      edges,
    );
    out.set(view(Float32Array, result, samples), offsets[from]! - offsets[0]!);
  }
}

/** @throws {RangeError} On too little room, where offsets are in order. */
function checkRoom(offsets: Uint32Array, rows: number, out: Float32Array): void {
  const values = offsets[rows]! - offsets[0]!;
  if (out.length >= values) return;
  throw new RangeError(`Cannot filter: the output has ${out.length} values; give one with ${values}`);
}

/** @throws {RangeError} On a record shorter than the window. */
function checkLengths(offsets: Uint32Array, { from, to }: Block, window: number): void {
  for (let i = from; i < to; i++) {
    if (offsets[i + 1]! - offsets[i]! >= window) continue;
    throw new RangeError(
      `Cannot filter record ${i} of ${offsets[i + 1]! - offsets[i]!} samples with a window of ${window}`,
    );
  }
}

const edgeWeights = new WeakMap<SavgolDesign, Float64Array>();

/** Weights of the places before the middle of the window, then of those behind it, as the module takes them: six by six. */
function edgesOf(design: SavgolDesign): Float64Array {
  let edges = edgeWeights.get(design);
  if (edges) return edges;
  const { window, weights } = design, half = window >> 1, groups = Math.ceil(half / 6);
  edges = new Float64Array(2 * groups * 6 * window);
  for (let side = 0, at = 0; side < 2; side++) {
    for (let group = 0; group < groups; group++) {
      for (let j = 0; j < window; j++) {
        for (let place = 6 * group; place < 6 * group + 6; place++, at++) {
          if (place < half) edges[at] = weights[(side * (half + 1) + place) * window + j]!;
        }
      }
    }
  }
  edgeWeights.set(design, edges);
  return edges;
}

const known = new WeakMap<SavgolDesign, { readonly fractions: Fractions | undefined }>();

function fractionsOf(design: SavgolDesign): Fractions | undefined {
  let entry = known.get(design);
  if (!entry) known.set(design, entry = { fractions: findFractions(design) });
  return entry.fractions;
}

/** The lowest denominator for which all weights are integers, and sums of products with samples fit 32 bits. */
function findFractions({ window, weights }: SavgolDesign): Fractions | undefined {
  const half = (window - 1) / 2, middle = weights.subarray(half * window, (half + 1) * window);
  const size = middle.reduce((sum, w) => sum + Math.abs(w), 0);
  for (let divisor = 1; divisor * size * 65536 < 2 ** 31; divisor++) {
    if (!middle.every((w) => Math.abs(w * divisor - Math.round(w * divisor)) < 1e-10)) continue;
    const numerators = new Int16Array(window + 1); // pairs: the last one is filled up with 0
    middle.forEach((w, j) => numerators[j] = Math.round(w * divisor));
    return { numerators, divisor, back: 32768 * numerators.reduce((sum, w) => sum + w, 0) };
  }
  return undefined;
}
