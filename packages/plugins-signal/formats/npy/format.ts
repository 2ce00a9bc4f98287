/**
 * NumPy `.npy` files of traces `[rows, samples]`, as a format of `raw_files`.
 *
 * Such a file has neither times nor channels. The sampling interval has to be given; the first sample of all is at `t0`.
 *
 * | `channelBy` | channel | time of row `r` |
 * |---|---|---|
 * | `"file"` | number of the file, in the order of paths | `t0 + r x samples x dt`: traces follow each other without a gap |
 * | `"row"` | number of the row | the same for all rows of a file; one file follows the other without a gap |
 *
 * The board is 0, energies and flags are 0, the polarity is not known. Samples are integers from 0 to 65535, whatever type
 * they are stored as; others are an error that names the row.
 * @module
 */
import type { Format } from "../format.ts";
import { noFiles } from "../merge/read_traces.ts";
import { isNpy } from "./header.ts";
import { readArrays } from "./_read.ts";
import { fileBytes, NpySource } from "./_source.ts";

/** NumPy arrays of traces. */
export const npy: Format = {
  name: "NumPy .npy",
  suffixes: [".npy"],
  detect: isNpy,
  read(paths, options) {
    const open = noFiles();
    const readBytes = Math.ceil(options.readBytes / paths.length);
    return readArrays(paths[0]!, options, async function* () {
      for (const path of paths) yield await NpySource.open(await fileBytes(path, open), readBytes);
    });
  },
  companions: () => [],
};
