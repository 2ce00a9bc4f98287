// The tables of several files, merged.
import type { FormatOptions, FormatPiece } from "../format.ts";
import { readTraces, refuse } from "../merge/read_traces.ts";
import { type BlockSource, ColumnarReader, Epoch } from "./reader.ts";

/** All rows of the files, in time order. `open` begins a file. */
export async function* readTables(
  paths: readonly string[],
  name: string,
  options: FormatOptions,
  open: (path: string) => Promise<BlockSource>,
): AsyncGenerator<FormatPiece> {
  refuse(paths[0]!, name, options, ["channelBy", "recordLength"]);
  const epoch = new Epoch();
  const readers = paths.map((path, i) => new ColumnarReader(path, i, epoch, options, () => open(path)));
  let isFirst = true;
  for await (const piece of readTraces(readers, options)) {
    if (isFirst && epoch.ps) {
      const seconds = epoch.ps / 1_000_000_000_000n, date = new Date(Number(seconds) * 1000).toISOString();
      options.notice?.(`Times count from ${date.replace(".000", "")}, which is ${seconds} s since 1970`);
    }
    isFirst = false;
    yield piece;
  }
}
