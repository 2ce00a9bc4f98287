/**
 * WAV files, as a format of `raw_files`: integers of 8, 16, 24 or 32 bits or floating point of 32 or 64, RIFF or RF64, plain or
 * extensible.
 *
 * Such a file is not divided into records: every `recordLength` samples (default 4096) of a channel are one, the last one is shorter.
 * The channels of a file are numbered from 0, those of the next file go on. All files start at the option `t0`, default 0. The
 * sampling interval is the inverse of the rate in whole ps (a notice says where that was rounded; the starts of records are
 * computed from the rate itself).
 *
 * | samples | in `wave` |
 * |---|---|
 * | integers of 8 bits (unsigned) | as they are |
 * | of 16 bits (signed) | + 32768, so that silence is 32768 |
 * | of 24 and 32 bits (signed) | their upper 16 bits + 32768; a notice says so |
 * | floating point, -1 to 1 | 32768 + 32767 x, rounded; a notice says so |
 *
 * The board is 0, energies and flags are 0, the polarity is not known. A file that is shorter than its header says is an error; with
 * `recover` what is there is kept.
 * @module
 */
import { MAX_DT } from "../compass/settings.ts";
import type { Format, FormatOptions, FormatPiece } from "../format.ts";
import { noFiles, readTraces, refuse } from "../merge/read_traces.ts";
import { isWav, wavHeader } from "./header.ts";
import { type WavFile, WavReader } from "./_reader.ts";
import { lostBits } from "./_samples.ts";

const RECORD = 4096;

/** WAV files. */
export const wav: Format = {
  name: "WAV",
  suffixes: [".wav"],
  detect: isWav,
  read: readWav,
  companions: () => [],
};

async function* readWav(paths: readonly string[], options: FormatOptions): AsyncGenerator<FormatPiece> {
  refuse(paths[0]!, "WAV", options, ["dt", "channelBy"]);
  const open = noFiles(), files: WavFile[] = [];
  let channel = 0;
  for (const path of paths) {
    const file = await wavFile(path, channel, options);
    files.push(file);
    channel += file.header.channels;
  }
  if (channel > 65536) {
    throw new RangeError(`Cannot read "${paths[0]}": ${channel} channels; there are 65536 at most`);
  }
  yield* readTraces(files.map((file) => new WavReader(file, options, open)), options);
}

async function wavFile(path: string, channel: number, options: FormatOptions): Promise<WavFile> {
  const header = await wavHeader(path), notice = options.notice ?? (() => {});
  if (header.missing > 0) {
    const what = `"${path}" is ${header.missing} bytes shorter than its header says`;
    if (!options.recover) {
      throw new SyntaxError(
        `Cannot read ${what}; copy it again, or run again with --recover (option raw_files.recover) to keep what is there`,
      );
    }
    notice(`Kept ${header.frames} samples a channel: ${what}`);
  }
  const dt = Math.round(1e12 / header.rate);
  if (dt > MAX_DT || dt < 1) {
    throw new RangeError(
      `Cannot read "${path}": ${header.rate} samples a second; an interval is 1 to ${MAX_DT} ps`,
    );
  }
  if (1e12 % header.rate !== 0) {
    notice(`The sampling interval of "${path}" is ${dt} ps, rounded: it has ${header.rate} samples a second`);
  }
  const lost = lostBits(header);
  if (Number.isNaN(lost)) notice(`Samples of "${path}" are rounded to 16 bits from floating point`);
  else if (lost > 0) notice(`Samples of "${path}" are the upper 16 bits of ${header.bits}`);
  return {
    path,
    header,
    dt,
    t0: BigInt(options.t0 ?? 0),
    channel,
    recordLength: options.recordLength ?? RECORD,
  };
}
