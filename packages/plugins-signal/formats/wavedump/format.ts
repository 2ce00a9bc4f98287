/**
 * Binary files of CAEN WaveDump with headers, a file a channel (`wave0.dat`), as a format of `raw_files`.
 *
 * The time of a trace is that of its trigger, counted in 8 ns as boards x725 and x730 do it, by a counter of 31 bits: it starts anew
 * after 17.2 s, which is put together again as long as no two events of a channel lie further apart than half of that. The files do not
 * say the sampling interval, so that the option `dt` is needed. Energies and flags are 0, the polarity is not known. Files without
 * headers and those of text say no times and are not read.
 * @module
 */
import type { Format } from "../format.ts";
import { noFiles, readTraces, refuse } from "../merge/read_traces.ts";
import { isWaveDump } from "./layout.ts";
import { WaveDumpReader } from "./_reader.ts";

/** CAEN WaveDump binary files. */
export const waveDump: Format = {
  name: "CAEN WaveDump",
  suffixes: [".dat"],
  sharesSuffix: true,
  // So little is fixed in their bytes that the name counts too.
  detect: (head, path) => path.toLowerCase().endsWith(".dat") && isWaveDump(head),
  read(paths, options) {
    refuse(paths[0]!, "WaveDump", options, ["t0", "channelBy", "recordLength"]);
    const { dt } = options;
    if (dt === undefined) {
      throw new TypeError(
        `Cannot read "${
          paths[0]
        }": WaveDump files have no sampling interval; set it, such as --set raw_files.dt=4ns for a V1725`,
      );
    }
    const open = noFiles();
    return readTraces(paths.map((path) => new WaveDumpReader(path, dt, options, open)), options);
  },
  companions: () => [],
};
