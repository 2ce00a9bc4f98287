// The columns of tables of traces, whatever file they are in.

/** Names of the column that is the trace, best first. */
export const WAVES: readonly string[] = [
  "wave",
  "waveform",
  "waveforms",
  "samples",
  "trace",
  "traces",
  "values",
];

/** Names of the column that is the time, best first. */
export const TIMES: readonly string[] = ["time", "timestamp"];

/** Other columns that are taken, with the least and highest value of each; they have the names of those of `raw_files`. */
export const OTHERS: Readonly<Record<string, readonly [least: number, most: number]>> = {
  board: [0, 65535],
  channel: [0, 65535],
  dt: [1, 2 ** 28],
  energy: [0, 65535],
  energy_short: [0, 65535],
  flags: [0, 2 ** 32 - 1],
  polarity: [-1, 1],
};

/** The columns of a file that are read. */
export interface Chosen {
  readonly wave: string;
  readonly time: string | undefined;
  readonly others: readonly string[];
}

/** Choose among the columns of a file. @throws {TypeError} On a file without a column of traces. */
export function choose(path: string, names: readonly string[]): Chosen {
  const wave = WAVES.find((name) => names.includes(name));
  if (wave === undefined) {
    throw new TypeError(
      `Cannot read "${path}": it has the columns ${names.join(", ")}; traces are a column of lists named ${
        WAVES.join(", ")
      }`,
    );
  }
  return {
    wave,
    time: TIMES.find((name) => names.includes(name)),
    others: [...Object.keys(OTHERS), "energy_calibrated"].filter((name) => names.includes(name)),
  };
}
