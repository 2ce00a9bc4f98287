/**
 * A filter of second-order sections run forwards and backwards over many records at once: four records side by side, each in a
 * lane of its own, where a single one has to wait for every sum. O(samples x sections); the work space, 32 bytes a sample of the longest
 * record, is kept for the next call.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { butterworth, sosDesign, sosfiltfiltRows } from "@millrace/plugins-signal/kernels";
 *
 * const values = new Uint16Array(200).fill(1000), out = new Float32Array(200);
 * sosfiltfiltRows(values, new Uint32Array([0, 100, 200]), 2, sosDesign(butterworth(4, 0.2)), out);
 * assert(out.every((y) => Math.abs(y - 1000) < 1e-3));
 * ```
 * @module
 */
import { Arena, blocksOf, copyIn, view } from "./_block.ts";
import type { WordSamples } from "./samples.ts";
import type { SosDesign } from "./sos_design.ts";
import { sosfiltfiltFour } from "./wasm/signal.wasm";

/**
 * The filtered records, written to `out`, one behind the other from its start: exactly what {@linkcode sosfiltfiltInto} gives for each, in
 * double precision, rounded to f32.
 *
 * Records of equal length that follow each other are the fastest.
 *
 * @param values Samples of all records.
 * @param offsets `[rows + 1]` record `i` is `values[offsets[i]] .. values[offsets[i + 1]]`.
 * @param rows Records.
 * @param out At least as many values as the records have samples.
 * @throws {RangeError} On a record that isn't longer than the padding, offsets out of order or range, or too little room.
 */
export function sosfiltfiltRows(
  values: WordSamples,
  offsets: Uint32Array,
  rows: number,
  design: SosDesign,
  out: Float32Array,
): void {
  const { padding, sections } = design, isSigned = values instanceof Int16Array ? 1 : 0;
  for (const block of blocksOf(values, offsets, rows)) {
    const { from, to, samples } = block, first = offsets[from]!;
    const target = out.subarray(first - offsets[0]!, offsets[to]! - offsets[0]!);
    if (target.length < samples) {
      throw new RangeError(
        `Cannot filter: the output has ${out.length} values; give one with ${offsets[rows]! - offsets[0]!}`,
      );
    }
    let longest = 0;
    for (let i = from; i < to; i++) {
      const n = offsets[i + 1]! - offsets[i]!;
      if (n > longest) longest = n;
      if (n > padding) continue;
      throw new RangeError(
        `Cannot filter record ${i} of ${n} samples forwards and backwards: ${sections} sections need more than ${padding}`,
      );
    }
    const arena = new Arena();
    const coefficients = arena.put(design.coefficients), steady = arena.put(design.steady);
    const work = arena.take(32 * (longest + 2 * padding)), result = arena.take(4 * samples);
    const x = copyIn(arena, values, offsets, block);
    for (let i = from; i < to;) {
      const n = offsets[i + 1]! - offsets[i]!;
      let count = 1;
      while (count < 4 && i + count < to && offsets[i + count + 1]! - offsets[i + count]! === n) count++;
      // Lanes without a record of their own compute the last one again.
      const at = (lane: number) => offsets[i + (lane < count ? lane : count - 1)]! - first;
      sosfiltfiltFour(
        x + 2 * at(0),
        x + 2 * at(1),
        x + 2 * at(2),
        x + 2 * at(3),
        isSigned,
        n,
        padding,
        work,
        coefficients,
        steady,
        sections,
        result + 4 * at(0),
        result + 4 * at(1),
        result + 4 * at(2),
        result + 4 * at(3),
      );
      i += count;
    }
    target.set(view(Float32Array, result, samples));
  }
}
