/**
 * Traces as packed records of strax, and the JSON that describes them.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { straxBytes, straxDescription } from "@millrace/plugins-signal/formats/strax/write";
 *
 * const bytes = straxBytes([{ time: 5n, channel: 3, dt: 10, samples: [1, 2] }], 110);
 * assert.equal(bytes.length, JSON.parse(straxDescription(110)).itemsize);
 * ```
 * @module
 */

/** A record to write. */
export interface StraxRecord {
  /** Start, ns. */
  readonly time: bigint;
  /** Channel. */
  readonly channel: number;
  /** Sampling interval, ns. */
  readonly dt: number;
  /** Samples, at most those of a record, 0 to 32767. */
  readonly samples: ArrayLike<number>;
  /** Samples of the pulse that it is a fragment of; default: its own. */
  readonly pulseLength?: number;
  /** Number of the fragment in the pulse; default 0. */
  readonly recordI?: number;
}

const HEAD = 24;

/** What the JSON beside the file says, for records of so many samples. */
export function straxDescription(samplesPerRecord: number, records?: number): string {
  const dtype = [
    ["time", "<i8", [], 0],
    ["length", "<i4", [], 8],
    ["dt", "<i2", [], 12],
    ["channel", "<i2", [], 14],
    ["pulse_length", "<i4", [], 16],
    ["record_i", "<i2", [], 20],
    ["baseline", "<i2", [], 22],
    ["data", "<i2", [samplesPerRecord], HEAD],
  ];
  const itemsize = HEAD + 2 * samplesPerRecord;
  return JSON.stringify(
    { itemsize, samples_per_record: samplesPerRecord, n_records: records, dtype },
    null,
    1,
  );
}

/** The bytes of records. @throws {RangeError} On more samples than a record has room for, or one that 16 signed bits don't hold. */
export function straxBytes(
  records: readonly StraxRecord[],
  samplesPerRecord: number,
): Uint8Array<ArrayBuffer> {
  const itemsize = HEAD + 2 * samplesPerRecord;
  const bytes = new Uint8Array(itemsize * records.length), view = new DataView(bytes.buffer);
  for (const [i, { time, channel, dt, samples, pulseLength, recordI }] of records.entries()) {
    const at = i * itemsize;
    if (
      samples.length > samplesPerRecord ||
      Array.from(samples).some((sample) => !(sample >= 0 && sample < 32768))
    ) {
      throw new RangeError(
        `Cannot write record ${i}: it has at most ${samplesPerRecord} samples from 0 to 32767`,
      );
    }
    view.setBigInt64(at, time, true);
    view.setInt32(at + 8, samples.length, true);
    view.setInt16(at + 12, dt, true);
    view.setInt16(at + 14, channel, true);
    view.setInt32(at + 16, pulseLength ?? samples.length, true);
    view.setInt16(at + 20, recordI ?? 0, true);
    for (let k = 0; k < samples.length; k++) view.setInt16(at + HEAD + 2 * k, samples[k]!, true);
  }
  return bytes;
}
