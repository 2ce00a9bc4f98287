/**
 * CAEN CSV files, a row a trace, as a format of `raw_files`: those of CoMPASS and of a VX2730.
 *
 * Columns are separated by `;` (or `,`, tab, `|`). A header names them: `BOARD`, `CHANNEL`, `TIMETAG` (ps), `ENERGY`,
 * `CALIB_ENERGY`, `ENERGYSHORT`, `FLAGS` (decimal, or hexadecimal with `0x`), `SAMPLES`; others are passed over. Samples lie behind
 * the last named column, to the end of the line. The header is the first or the second line; files without one, such as the later ones of a
 * VX2730's channel, have the columns of those with one; where none has one, there are seven in front of the samples.
 *
 * A run lies in one folder, or in `RAW` in it: `DataR_CH3@VX2730_7_1.CSV` is channel 3's file 1. Where some names have `CH` and a
 * number, only those are read. Sampling interval and polarity are those of the settings XML beside a file, as with `.BIN` files.
 *
 * Differences from WaveformAnalysis: times beyond 2^53 ps are exact, samples above 32767 stay positive, rows may have different
 * numbers of samples, and a line that cannot be read is an error with its number, where there the file is passed over.
 * @module
 */
import { DEFAULT_DT, settingsPlaces } from "../compass/settings.ts";
import type { Format, FormatOptions, FormatPiece } from "../format.ts";
import { noFiles, readTraces, refuse } from "../merge/read_traces.ts";
import { columnsIn, type CsvColumns, DEFAULT_COLUMNS, isHeader, isRow, separatorOf } from "./columns.ts";
import { type CsvFile, CsvReader } from "./_reader.ts";

const HEAD = 4096;

/** CAEN CSV files. */
export const csv: Format = {
  name: "CAEN CSV",
  suffixes: [".csv"],
  dataFiles(paths) {
    const channels = paths.filter((path) => channelOf(path) !== undefined);
    return channels.length > 0 ? channels : paths;
  },
  detect(head) {
    const lines = new TextDecoder().decode(head).split("\n", 2);
    return lines.some(isHeader) || (lines.length > 0 && isRow(lines[0]!));
  },
  read: readCsv,
  companions: settingsPlaces,
};

/** Number of the channel and of the file in a name such as `DataR_CH3@VX2730_7_1.CSV`. */
function channelOf(path: string): [channel: number, file: number] | undefined {
  const name = path.slice(path.lastIndexOf("/") + 1);
  const channel = /CH(\d+)/i.exec(name)?.[1];
  return channel === undefined ? undefined : [Number(channel), Number(/_(\d+)\.csv$/i.exec(name)?.[1] ?? 0)];
}

/** Files in the order of channels and their numbers: rows that are equal otherwise are in this order. */
function inOrder(paths: readonly string[]): string[] {
  const key = (path: string) => channelOf(path) ?? [-1, 0];
  return [...paths].sort((a, b) => key(a)[0]! - key(b)[0]! || key(a)[1]! - key(b)[1]!);
}

async function* readCsv(paths: readonly string[], options: FormatOptions): AsyncGenerator<FormatPiece> {
  refuse(paths[0]!, "CAEN CSV", options, ["t0", "channelBy", "recordLength"]);
  const assumed: [path: string, problem: string][] = [];
  const open = noFiles();
  const files = await filesOf(inOrder(paths));
  const readers = files.map((file) =>
    new CsvReader(file, options, open, (...problem) => assumed.push(problem))
  );
  for await (const piece of readTraces(readers, options)) {
    report(assumed.splice(0), options);
    yield piece;
  }
}

function report(assumed: readonly [path: string, problem: string][], options: FormatOptions): void {
  const [first] = assumed;
  if (!first) return;
  const more = assumed.length > 1 ? ` and ${assumed.length - 1} more` : "";
  options.notice?.(
    `The sampling interval of "${first[0]}"${more} is assumed to be ${DEFAULT_DT} ps: ${first[1]}; ` +
      "give dt (option raw_files.dt) if it is another",
  );
}

/** What the first lines of each file say. */
async function filesOf(paths: readonly string[]): Promise<CsvFile[]> {
  const heads: { path: string; columns: CsvColumns | undefined; separator: string; header: number }[] = [];
  for (const path of paths) heads.push({ path, ...await headOf(path) });
  const named = heads.find(({ columns }) => columns !== undefined);
  return heads.map(({ path, columns, separator, header }) => {
    if (columns) return { path, columns, header };
    // A file that goes on with another one's rows has its columns: its own channel's first of all.
    const own = heads.find((head) => head.columns && channelOf(head.path)?.[0] === channelOf(path)?.[0]) ??
      named;
    return {
      path,
      columns: own?.columns ?? columnsIn(path, 1, DEFAULT_COLUMNS.join(separator), separator),
      header,
    };
  });
}

async function headOf(
  path: string,
): Promise<Omit<CsvFile, "path" | "columns"> & { columns: CsvColumns | undefined; separator: string }> {
  using file = await Deno.open(path, { read: true });
  const bytes = new Uint8Array(HEAD);
  let have = 0;
  for (let got; have < HEAD && (got = await file.read(bytes.subarray(have))) !== null;) have += got;
  const lines = new TextDecoder().decode(bytes.subarray(0, have)).split("\n", 3);
  if (have === 0) {
    throw new SyntaxError(`Cannot read "${path}" at line 1: it is empty; remove the file from the input`);
  }
  for (const [i, line] of lines.slice(0, 2).entries()) {
    const separator = separatorOf(line);
    if (isHeader(line) && separator !== undefined) {
      return { columns: columnsIn(path, i + 1, line, separator), separator, header: i + 1 };
    }
    if (isRow(line) && i === 0) return { columns: undefined, separator: separator!, header: 0 };
  }
  throw new SyntaxError(
    `Cannot read "${path}" at line 1: it starts with "${
      lines[0]!.trim().slice(0, 60)
    }", neither a header with BOARD, CHANNEL ` +
      "and TIMETAG nor a row of numbers; check the file, or remove it from the input",
  );
}
