/**
 * `raw_files`: the traces of a run's files in time order. Their format is told by their content: CAEN CoMPASS, V1725 and WaveDump binaries, CAEN
 * CSV, NumPy `.npy` and `.npz`, HDF5 and LH5, strax records, WAV, Arrow and Parquet (`formats/formats.ts`).
 *
 * Columns are those of `rawSchema`; a row a trace, with the kind `records`.
 *
 * The settings also say the `polarity` of each channel: -1, 1, or 0 where there are none or they don't say it.
 *
 * The lineage has name, size and hash of each file and of its settings XML; where the files lie is not in it, so that data may be
 * moved.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Context } from "@millrace/core";
 * import { rawFiles } from "@millrace/plugins-signal/sources/raw-files";
 *
 * const file = await Deno.makeTempFile({ suffix: ".BIN" });
 * // No energies, no waveform; one event of channel 3 at 9 ps.
 * await Deno.writeFile(file, new Uint8Array([0xe0, 0xca, 0, 0, 3, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]));
 * await using ctx = new Context({ config: { "raw_files.input": file, "raw_files.dt": "4 ns" } });
 * ctx.register(rawFiles);
 * const table = await ctx.getData("run_1", "raw_files");
 * assert.deepEqual([...table.times()], [9n]);
 * await Deno.remove(file);
 * ```
 * @module
 */
import { defineSource } from "@millrace/core/define";
import { option } from "@millrace/core/option";
import type { Plugin } from "@millrace/core/plugin";
import { type Fingerprint, fingerprint } from "../formats/compass/fingerprint.ts";
import { rawSchema } from "../formats/compass/raw_schema.ts";
import { MAX_DT } from "../formats/compass/settings.ts";
import { findRun } from "../formats/formats.ts";

/** Digitizers take a sample in 100 ps at best: a shorter interval is most often a number of ns. */
const SHORTEST_DT = 100;

const input = option.list({
  track: false, // the fingerprint stands for it
  help: "Files, folders of a run, or patterns",
});

/** The traces of a run's files. Options: `input`, `dt`, `t0`, `channelBy`, `recordLength`, `reorderWindow`, `recover`. */
export const rawFiles: Plugin = defineSource({
  module: import.meta.url,
  export: "rawFiles",
  provides: "raw_files",
  version: "1.4.0",
  help: "Traces of digitizer files of many formats in time order",
  dataKind: "records",
  schema: rawSchema,
  columnHelp: {
    time: ["ps", "first sample"],
    endtime: ["ps", "behind the last sample"],
    dt: ["ps", "sampling interval"],
    length: ["sample", "samples of the record"],
    energy: ["ADC channel", "energy (long gate); 0 where the file has none"],
    energy_short: ["ADC channel", "short-gate energy; 0 where the file has none"],
    energy_calibrated: ["", "calibrated energy, in the calibration's unit; NaN where the file has none"],
    flags: ["", "flags of the digitizer, as they were written; of strax records the number of the fragment"],
    polarity: ["", "-1 for negative pulses, 1 for positive ones, 0 where the settings do not say it"],
    wave: ["ADC", "samples"],
  },
  options: {
    input,
    dt: option.time({
      default: null,
      min: 1,
      max: MAX_DT,
      help:
        "Sampling interval, with its unit (16ns); default: as the files or the settings XML beside them say, else 2 ns; .npy files need it",
    }),
    t0: option.time({ default: null, help: "Time of the first sample, for files without times; default: 0" }),
    channelBy: option.choice(["file", "row"], {
      default: null,
      help: "What a channel is in .npy and .npz files; default: a file",
    }),
    recordLength: option.integer({
      default: null,
      min: 1,
      max: 2 ** 24,
      unit: "sample",
      help: "Samples a record in files that are not divided into records (WAV); default: 4096",
    }),
    reorderWindow: option.time({
      default: "1 ms",
      min: 0,
      max: 2 ** 52,
      help: "How far a row may lie behind the latest row before it in its file",
    }),
    recover: option.boolean({
      default: false,
      help:
        "Keep what can be read of damaged files, leave out rows that come too late, and report both, instead of failing",
    }),
  },
  async *read({ options, timeRange, resume, maxRows, maxBytes, pool, account, signal, notice, progress }) {
    const { input, dt, t0, channelBy, recordLength, reorderWindow, recover } = options;
    const { paths, format, notices } = await findRun(input);
    for (const text of notices) notice(text);
    if (dt !== null && dt < SHORTEST_DT) {
      notice(
        `raw_files.dt is ${dt} ps, ${1000 / dt} samples a ns: a number without a unit is in ps; ` +
          `write "${dt}ns" if that was meant`,
      );
    }
    const pieces = format.read(paths, {
      ...(dt === null ? {} : { dt }),
      ...(t0 === null ? {} : { t0 }),
      ...(channelBy === null ? {} : { channelBy }),
      ...(recordLength === null ? {} : { recordLength }),
      reorderWindow,
      recover,
      maxRows,
      maxBytes,
      readBytes: Math.min(2 ** 20, maxBytes),
      resume,
      from: timeRange[0],
      pool,
      account,
      signal,
      notice,
      progress,
    });
    yield* pieces;
  },
  async fingerprint({ input }) {
    const files: { file: Fingerprint; settings: Fingerprint | null }[] = [];
    const { paths, format } = await findRun(input);
    for (const path of paths) {
      files.push({ file: await fingerprint(path), settings: await settingsOf(format.companions(path)) });
    }
    return files;
  },
});

/** The first of the files that sampling interval and polarity would be taken from; `null` where none can be read. */
async function settingsOf(places: readonly string[]): Promise<Fingerprint | null> {
  for (const place of places) {
    try {
      return await fingerprint(place);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) continue;
      // The reader takes settings that may not be read for none, with a notice.
      if (error instanceof Deno.errors.PermissionDenied || error instanceof Deno.errors.NotCapable) {
        return null;
      }
      throw error;
    }
  }
  return null;
}
