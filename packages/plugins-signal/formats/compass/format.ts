/**
 * CAEN CoMPASS `.BIN` files, as a format of `raw_files`.
 * @module
 */
import type { Format, FormatOptions, FormatPiece } from "../format.ts";
import { refuse } from "../merge/read_traces.ts";
import { isCompass } from "./layout.ts";
import { openCompass } from "./reader.ts";
import { settingsPlaces } from "./settings.ts";

/** CAEN CoMPASS binary files. */
export const compass: Format = {
  name: "CoMPASS",
  suffixes: [".bin"],
  detect: (head) => head.length >= 2 && isCompass(head),
  read(paths: readonly string[], options: FormatOptions): AsyncIterable<FormatPiece> {
    refuse(paths[0]!, "CoMPASS", options, ["t0", "channelBy", "recordLength"]);
    return openCompass(paths, options);
  },
  companions: settingsPlaces,
};
