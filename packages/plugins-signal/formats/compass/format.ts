/**
 * CAEN CoMPASS `.BIN` files, as a format of `raw_files`.
 * @module
 */
import type { Format, FormatOptions, FormatPiece } from "../format.ts";
import { isCompass } from "./layout.ts";
import { openCompass } from "./reader.ts";
import { settingsPlaces } from "./settings.ts";

/** CAEN CoMPASS binary files. */
export const compass: Format = {
  name: "CoMPASS",
  suffix: ".bin",
  detect: (head) => head.length >= 2 && isCompass(head),
  read(paths: readonly string[], options: FormatOptions): AsyncIterable<FormatPiece> {
    const { t0, channelBy, ...others } = options;
    const given = t0 !== undefined ? "t0" : channelBy !== undefined ? "channelBy" : undefined;
    if (given !== undefined) {
      throw new TypeError(
        `Cannot read "${
          paths[0]
        }" with raw_files.${given}: CoMPASS files have their own times and channels; leave it out`,
      );
    }
    return openCompass(paths, others);
  },
  companions: settingsPlaces,
};
