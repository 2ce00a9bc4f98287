/**
 * Parquet files with a column of traces, as a format of `raw_files`.
 *
 * The columns are those of Arrow files (`formats/arrow/format.ts`): a list of numbers named `wave`, `waveform` ..., `time` in ps or as a
 * timestamp, `dt` in ps, and others by the names of `raw_files`. Files may be packed by any of Parquet's codecs.
 *
 * Rows are read within a row group, 4 million samples at a time, 8 bytes each; where a file has no offset index, the group's packed
 * bytes are in memory too.
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
