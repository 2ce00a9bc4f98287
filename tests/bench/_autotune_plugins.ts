// Plugins of five kinds of work, found here by workers, and the rows that they work on.

import { definePlugin } from "@millrace/core/define";
import type { Plugin } from "@millrace/core/plugin";
import { schema } from "@millrace/core/schema";
import { Table } from "@millrace/core/table";
import { tableSource } from "@millrace/core/table-source";

const module = import.meta.url;
const VALUES = { time: "time", value: "f32" } as const;

/** Work on each value of tiny rows. */
const onNumbers = (name: string, work: (value: number) => number): Plugin =>
  definePlugin({
    module,
    export: name,
    provides: name,
    dependsOn: ["numbers"],
    needs: { numbers: VALUES },
    version: "1",
    dataKind: "numbers",
    schema: VALUES,
    computeChunk({ columns, length }, { emit }) {
      const out = emit(length);
      for (let i = 0; i < length; i++) out.columns.value[i] = work(columns.value[i]!);
      return out;
    },
  });

/** Some 20 ns a step. */
function settle(value: number, steps: number): number {
  for (let k = 0; k < steps; k++) value = Math.sin(value + k);
  return value;
}

/** Cheap work on tiny rows. */
export const scaled: Plugin = onNumbers("scaled", (value) => 2.5 * value + 1);

/** The same long computation for each row. */
export const settled: Plugin = onNumbers("settled", (value) => settle(value, 500));

/** In some stretches of the run each row takes a hundred times as long as in others. */
export const uneven: Plugin = onNumbers("uneven", (value) => settle(value, value < 0.1 ? 2000 : 20));

const WIDTH = 800;

/** One number of each waveform: of samples `from` to `to` (excluded) of all that a chunk has. */
const onWaves = (
  name: string,
  waves: string,
  samples: "i16" | "f32",
  work: (wave: ArrayLike<number>, from: number, to: number) => number,
): Plugin =>
  definePlugin({
    module,
    export: name,
    provides: name,
    dependsOn: [waves],
    needs: { [waves]: { time: "time", wave: `${samples}[${WIDTH}]` } },
    version: "1",
    dataKind: "waves",
    schema: VALUES,
    computeChunk({ table, length }, { emit }) {
      const out = emit(length);
      const wave = table.get("wave", `${samples}[${WIDTH}]`);
      for (let i = 0; i < length; i++) out.columns.value[i] = work(wave, i * WIDTH, (i + 1) * WIDTH);
      return out;
    },
  });

/** Reads wide waveforms once: bound by memory. */
export const areas: Plugin = onWaves("areas", "waves", "i16", (wave, from, to) => {
  let sum = 0;
  for (let at = from; at < to; at++) sum += wave[at]!;
  return sum;
});

const WAVES = { time: "time", wave: `i16[${WIDTH}]` } as const;

/** Waveforms without their mean, which are stored. */
export const centred: Plugin = definePlugin({
  module,
  export: "centred",
  provides: "centred",
  dependsOn: ["waves"],
  needs: { waves: WAVES },
  version: "1",
  dataKind: "waves",
  schema: { time: "time", wave: `f32[${WIDTH}]` },
  computeChunk({ columns, length }, { emit }) {
    const out = emit(length);
    for (let i = 0; i < length; i++) {
      const wave = columns.wave.subarray(i * WIDTH, (i + 1) * WIDTH);
      let sum = 0;
      for (let k = 0; k < WIDTH; k++) sum += wave[k]!;
      const mean = sum / WIDTH;
      for (let k = 0, at = i * WIDTH; k < WIDTH; k++) out.columns.wave[at++] = wave[k]! - mean;
    }
    return out;
  },
});

/** The highest sample of each, which is stored too. */
export const heights: Plugin = onWaves("heights", "centred", "f32", (wave, from, to) => {
  let most = -Infinity;
  for (let at = from; at < to; at++) most = Math.max(most, wave[at]!);
  return most;
});

const timesOf = (n: number) => Array.from({ length: n }, (_, k) => 1000n * BigInt(k));

/** `n` rows with a value from 0 to 1 that changes slowly. */
export function numbers(n: number): Plugin {
  const value = Float32Array.from({ length: n }, (_, k) => (k * 8 / n) % 1);
  return tableSource("numbers", Table.from(schema(VALUES), { time: timesOf(n), value }));
}

/** `n` noisy waveforms of 800 samples. */
export function waves(n: number): Plugin {
  const wave = new Int16Array(n * WIDTH);
  for (let at = 0, seed = 1; at < wave.length; at++) {
    seed = (Math.imul(seed, 1664525) + 1013904223) | 0;
    wave[at] = 8000 + (seed >> 27);
  }
  return tableSource("waves", Table.from(schema(WAVES), { time: timesOf(n), wave }));
}
