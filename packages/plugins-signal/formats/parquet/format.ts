/**
 * Parquet files with a column of traces, as a format of `raw_files`.
 *
 * The columns are those of Arrow files (`formats/arrow/format.ts`): a list of numbers named `wave`, `waveform` ..., `time` in ps or as a
 * timestamp, `dt` in ps, and others by the names of `raw_files`. Files may be packed by any of Parquet's codecs.
 *
 * Pages are decoded one after the other, some 100,000 samples at a time; a page that is unpacked is in memory too.
 * @module
 */
import type { Format } from "../format.ts";
import { readTables } from "../columnar/read.ts";

/** Parquet files. */
export const parquet: Format = {
  name: "Parquet",
  suffixes: [".parquet"],
  detect: (head) => new TextDecoder().decode(head.subarray(0, 4)) === "PAR1",
  read: (paths, options) =>
    readTables(paths, "Parquet", options, async (path) => {
      const { openParquet } = await import("./_windows.ts");
      return openParquet(path, options);
    }),
  companions: () => [],
};
