/**
 * Binary files of a CAEN V1725 with waveform firmware, as a format of `raw_files`: events with a trace of each channel that took
 * part.
 *
 * The board is the number behind `_b` in a file's name, else 0. The sampling interval is 4 ns (250 MS/s) unless the option `dt` says
 * otherwise; times are counted in it. Bit 0 of `flags` is set where the digitizer truncated the trace. The polarity is not known.
 *
 * Differences from WaveformAnalysis: an event that is damaged or cut off is an error with its place (or, with `recover`, the end of
 * the file), where there the rest is read out of step; traces of different lengths are not filled up with zeros.
 * @module
 */
import type { Format, FormatOptions, FormatPiece } from "../format.ts";
import { noFiles, readTraces, refuse } from "../merge/read_traces.ts";
import { isV1725 } from "./layout.ts";
import { V1725Reader } from "./_reader.ts";

/** CAEN V1725 binary files. */
export const v1725: Format = {
  name: "CAEN V1725",
  suffixes: [".bin"],
  detect: isV1725,
  read(paths, options) {
    refuse(paths[0]!, "V1725", options, ["t0", "channelBy", "recordLength"]);
    return readV1725(paths, options);
  },
  companions: () => [],
};

function readV1725(paths: readonly string[], options: FormatOptions): AsyncIterable<FormatPiece> {
  const open = noFiles();
  return readTraces(paths.map((path) => new V1725Reader(path, boardOf(path), options, open)), options);
}

function boardOf(path: string): number {
  const board = Number(/_b(\d+)[^/]*$/i.exec(path)?.[1] ?? 0);
  if (board <= 65535) return board;
  throw new RangeError(
    `Cannot read "${path}": its name says board ${board}; boards are 0 to 65535: rename it`,
  );
}
