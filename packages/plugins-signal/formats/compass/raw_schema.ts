/**
 * The columns of raw records, whatever format they were read from.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { rawSchema } from "./raw_schema.ts";
 *
 * assert.equal(rawSchema.columns.at(-1)?.type, "u16[]");
 * ```
 * @module
 */
import { type Schema, schema } from "@millrace/core/schema";

/** Column types of {@linkcode rawSchema}, in order. */
export type RawTypes = {
  /** Time of the first sample, ps. */
  readonly time: "time";
  /** Time behind the last sample, ps: `time + length * dt`. */
  readonly endtime: "time";
  /** Digitizer board. */
  readonly board: "u16";
  /** Channel of the board. */
  readonly channel: "u16";
  /** Number of the record in the run, from 0, in output order. */
  readonly record_id: "i64";
  /** Sampling interval, ps a sample. */
  readonly dt: "i32";
  /** Samples of the record. */
  readonly length: "u32";
  /** Energy (long gate), ADC channels; 0 where the file has none. */
  readonly energy: "u16";
  /** Short-gate energy, ADC channels; 0 where the file has none. */
  readonly energy_short: "u16";
  /** Calibrated energy, in the calibration's unit; NaN where the file has none. */
  readonly energy_calibrated: "f64";
  /** Flags of the digitizer, as they were written. */
  readonly flags: "u32";
  /** -1 for negative pulses, 1 for positive ones, 0 where the settings do not say it. */
  readonly polarity: "i8";
  /** Samples, ADC counts. */
  readonly wave: "u16[]";
};

/** Raw records in the total order (time, board, channel, file order). */
export const rawSchema: Schema<RawTypes> = schema({
  time: "time",
  endtime: "time",
  board: "u16",
  channel: "u16",
  record_id: "i64",
  dt: "i32",
  length: "u32",
  energy: "u16",
  energy_short: "u16",
  energy_calibrated: "f64",
  flags: "u32",
  polarity: "i8",
  wave: "u16[]",
});

/** Bytes that a raw record takes in a table, its samples apart. */
export const RAW_ROW_BYTES = 57;
