/**
 * The columns of a CAEN CSV file, as its header names them.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { columnsIn } from "./columns.ts";
 *
 * const { energy, fixed } = columnsIn("a.CSV", 1, "BOARD;CHANNEL;TIMETAG;ENERGY;ENERGYSHORT;FLAGS;SAMPLES", ";");
 * assert.deepEqual([energy, fixed], [3, 6]);
 * ```
 * @module
 */

/** Where columns lie, from 0; -1 for those that there are not. */
export interface CsvColumns {
  /** Byte between columns. */
  readonly separator: number;
  readonly board: number;
  readonly channel: number;
  /** Time of the first sample, ps. */
  readonly time: number;
  readonly energy: number;
  readonly calibrated: number;
  readonly short: number;
  readonly flags: number;
  /** Columns in front of the samples. */
  readonly fixed: number;
}

/** Names of the columns in front of the samples, where no file of a run has a header: as a VX2730 is written. */
export const DEFAULT_COLUMNS: readonly string[] = [
  ...["BOARD", "CHANNEL", "TIMETAG", "ENERGY", "ENERGYSHORT", "FLAGS", "PROBE_CODE"],
];

const SEPARATORS = ";,\t|";

/** The separator in a line: the sign behind its first word or number, if it may be one. */
export function separatorOf(line: string): string | undefined {
  const sign = /^\w+(?:\([^)]*\))?(\W)/.exec(line)?.[1];
  return sign !== undefined && SEPARATORS.includes(sign) ? sign : undefined;
}

/** Whether a line names columns. */
export function isHeader(line: string): boolean {
  return /^BOARD\W+CHANNEL\W+TIMETAG\b/i.test(line);
}

/** Whether a line starts as a row does. */
export function isRow(line: string): boolean {
  return /^\d+[;,\t|]\d+[;,\t|]\d/.test(line);
}

/**
 * Where the columns lie that a header names.
 *
 * @throws {SyntaxError} On a name that is there twice, or times in another unit than ps.
 */
export function columnsIn(path: string, line: number, header: string, separator: string): CsvColumns {
  const names = header.trim().split(separator).map((name) => name.trim().toUpperCase());
  if (names.at(-1) === "") names.pop();
  const at = (...wanted: string[]): number => {
    const found = names.flatMap((name, i) => wanted.includes(name.replace(/\(.*\)$/, "")) ? [i] : []);
    if (found.length > 1) {
      throw new SyntaxError(
        `Cannot read "${path}" at line ${line}: the column ${wanted[0]} is there twice; repair the header`,
      );
    }
    return found[0] ?? -1;
  };
  const time = at("TIMETAG"), samples = at("SAMPLES");
  const unit = /\((.*)\)$/.exec(names[time] ?? "")?.[1];
  if (unit !== undefined && unit !== "PS") {
    throw new SyntaxError(
      `Cannot read "${path}" at line ${line}: its times are in ${unit.toLowerCase()}; have them written in ps`,
    );
  }
  if (samples >= 0 && samples !== names.length - 1) {
    throw new SyntaxError(
      `Cannot read "${path}" at line ${line}: columns follow behind SAMPLES; samples are to be the last ones`,
    );
  }
  return {
    separator: separator.charCodeAt(0),
    board: at("BOARD"),
    channel: at("CHANNEL"),
    time,
    energy: at("ENERGY"),
    calibrated: at("CALIB_ENERGY", "CALIBRATED_ENERGY", "ENERGY_CALIB"),
    short: at("ENERGYSHORT", "ENERGY_SHORT"),
    flags: at("FLAGS"),
    fixed: samples >= 0 ? samples : names.length,
  };
}
