/**
 * Arrow IPC files and streams with a column of traces, as a format of `raw_files`.
 *
 * | column | what |
 * |---|---|
 * | `wave`, `waveform`, `waveforms`, `samples`, `trace`, `traces` or `values` | samples: a list, large list or list of fixed size of numbers |
 * | `time` or `timestamp` | start: whole numbers of ps, or a timestamp or duration of any unit. Without it traces of a file follow each other from the option `t0` on |
 * | `dt` | sampling interval, ps; the option `dt` goes before it |
 * | `board`, `channel`, `energy`, `energy_short`, `energy_calibrated`, `flags`, `polarity` | as in `raw_files`; without a channel it is the number of the file |
 *
 * Results that Millrace has stored are such files. Times since 1970 are counted from the first whole second of the run, which a notice
 * says. A record batch is in memory at a time. Buffers may be packed with zstd or LZ4, as Feather
 * files of pyarrow and Polars are.
 * @module
 */
import type { Format } from "../format.ts";
import { readTables } from "../columnar/read.ts";

/** Arrow IPC files and streams. */
export const arrow: Format = {
  name: "Arrow",
  suffixes: [".arrow", ".feather", ".ipc"],
  detect: (head) => isFile(head) || isStream(head),
  read: (paths, options) =>
    readTables(paths, "Arrow", options, async (path) => {
      const { openArrow } = await import("./_batches.ts");
      return openArrow(path, options);
    }),
  companions: () => [],
};

function isFile(head: Uint8Array): boolean {
  return new TextDecoder().decode(head.subarray(0, 6)) === "ARROW1";
}

/** A stream starts with a mark and the length of its schema, which is a flat buffer. */
function isStream(head: Uint8Array): boolean {
  if (head.length < 16) return false;
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const length = view.getUint32(4, true);
  return view.getUint32(0, true) === 0xffffffff && length > 0 && length < 2 ** 24 && length % 8 === 0 &&
    view.getUint32(8, true) < length;
}
