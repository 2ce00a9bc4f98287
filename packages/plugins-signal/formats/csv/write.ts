/**
 * Traces as CAEN CSV files.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { csvHeader, csvRow } from "@millrace/plugins-signal/formats/csv/write";
 *
 * assert.equal(csvHeader(), "BOARD;CHANNEL;TIMETAG;ENERGY;ENERGYSHORT;FLAGS;PROBE_CODE;SAMPLES\n");
 * assert.equal(csvRow({ channel: 3, time: 9n, samples: [1, 2] }), "0;3;9;0;0;0x0;1;1;2\n");
 * ```
 * @module
 */
import type { Table } from "@millrace/core/table";
import type { RawTypes } from "../compass/raw_schema.ts";
import { DEFAULT_COLUMNS } from "./columns.ts";

/** A row to write. */
export interface CsvRow {
  /** Digitizer board; default 0. */
  readonly board?: number;
  /** Channel of the board; default 0. */
  readonly channel?: number;
  /** Time of the first sample, ps. */
  readonly time: bigint;
  /** Energy; default 0. */
  readonly energy?: number;
  /** Short-gate energy; default 0. */
  readonly short?: number;
  /** Flags; default 0. */
  readonly flags?: number;
  /** Samples, ADC counts. */
  readonly samples: ArrayLike<number>;
}

/** The first line: names of the columns, those of a VX2730. */
export function csvHeader(): string {
  return `${DEFAULT_COLUMNS.join(";")};SAMPLES\n`;
}

/** A line. @throws {RangeError} On a negative time. */
export function csvRow({ board, channel, time, energy, short, flags, samples }: CsvRow): string {
  if (time < 0n) throw new RangeError(`Cannot write a row at ${time} ps: a time is 0 or later`);
  const fields = [
    board ?? 0,
    channel ?? 0,
    time,
    energy ?? 0,
    short ?? 0,
    `0x${(flags ?? 0).toString(16)}`,
    1,
  ];
  return `${[...fields, ...Array.from(samples)].join(";")}\n`;
}

/** The lines of all rows of a table of raw records. Times are absolute. O(samples). */
export function csvRows(table: Table<RawTypes>): string {
  const { board, channel, energy, energy_short, flags, wave } = table.columns;
  const times = table.times();
  let text = "";
  for (let i = 0; i < table.length; i++) {
    text += csvRow({
      board: board[i]!,
      channel: channel[i]!,
      time: times[i]!,
      energy: energy[i]!,
      short: energy_short[i]!,
      flags: flags[i]!,
      samples: wave.values.subarray(wave.offsets[i], wave.offsets[i + 1]),
    });
  }
  return text;
}
