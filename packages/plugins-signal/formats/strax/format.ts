/**
 * Packed records as strax has them in memory (`raw_records`), as a format of `raw_files`.
 *
 * A file is records one behind the other, little-endian; a JSON of the same name (`raw_records.bin`, `raw_records.json`) says how long
 * one is and where its fields lie: `time` (ns), `length`, `dt` (ns), `channel` and `data`, and `record_i` where they have it; others are passed
 * over. A row is a record of strax, a fragment of a pulse: fragments follow each other without a gap and are not put together. `flags` hold the
 * number of the fragment, `record_i`, as `fragment.ts` says; `raw_records` makes pulses of them with its option `joinFragments`. The
 * board is 0, energies are 0, the polarity is not known.
 *
 * Times since 1970 are counted from the first whole second of the run, which a notice says. The JSON is in the lineage.
 * @module
 */
import { isCompass } from "../compass/detect.ts";
import type { Format, FormatOptions, FormatPiece } from "../format.ts";
import { noFiles, readTraces, refuse } from "../merge/read_traces.ts";
import { descriptionPlaces, isDescription, type StraxLayout, straxLayout } from "./layout.ts";
import { StraxReader } from "./_reader.ts";

const SECOND = 1_000_000_000n;
/** Times from here on (ns) are no times of a run, which lasts 107 days at most, but count from 1970. */
const ABSOLUTE = 10_000_000n * SECOND;

/** Packed records of strax. */
export const strax: Format = {
  name: "strax records",
  suffixes: [".bin"],
  byCompanion: true,
  detect(head, path) {
    if (!path.toLowerCase().endsWith(".bin")) return false;
    try {
      const found = isDescription(Deno.readTextFileSync(descriptionPlaces(path)[0]!));
      return found === "whole" || (found === "part" && !isCompass(head));
    } catch (error) {
      if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotCapable) return false;
      throw error;
    }
  },
  read: readStrax,
  companions: descriptionPlaces,
};

async function* readStrax(paths: readonly string[], options: FormatOptions): AsyncGenerator<FormatPiece> {
  refuse(paths[0]!, "strax", options, ["dt", "t0", "channelBy", "recordLength"]);
  const layouts: StraxLayout[] = [];
  let epoch: bigint | undefined;
  for (const path of paths) {
    const [place] = descriptionPlaces(path) as [string];
    const layout = straxLayout(place, await Deno.readTextFile(place));
    layouts.push(layout);
    const first = await firstTime(path, layout);
    // Rows may lie before the first one.
    const earliest = (first ?? 0n) - BigInt(Math.ceil(options.reorderWindow / 1000));
    const start = first === undefined ? undefined : first >= ABSOLUTE ? earliest - earliest % SECOND : 0n;
    if (start !== undefined && (epoch === undefined || start < epoch)) epoch = start;
  }
  epoch ??= 0n;
  if (epoch > 0n) {
    const date = new Date(Number(epoch / 1_000_000n)).toISOString().replace(".000", "");
    options.notice?.(`Times count from ${date}, which is ${epoch / SECOND} s since 1970`);
  }
  const open = noFiles();
  yield* readTraces(
    paths.map((path, i) => new StraxReader(path, layouts[i]!, epoch, options, open)),
    options,
  );
}

async function firstTime(path: string, { fields }: StraxLayout): Promise<bigint | undefined> {
  using file = await Deno.open(path, { read: true });
  await file.seek(fields.time.offset, Deno.SeekMode.Start);
  const bytes = new Uint8Array(8);
  let have = 0;
  for (let got; have < 8 && (got = await file.read(bytes.subarray(have))) !== null;) have += got;
  return have < 8 ? undefined : new DataView(bytes.buffer).getBigInt64(0, true);
}
