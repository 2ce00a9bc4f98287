/**
 * Traces as WaveDump writes them.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { waveDumpBytes } from "@millrace/plugins-signal/formats/wavedump/write";
 *
 * assert.equal(waveDumpBytes([{ channel: 3, time: 5n, samples: [1, 2] }]).length, 24 + 4);
 * ```
 * @module
 */
import { HEADER } from "./layout.ts";

/** An event to write. */
export interface WaveDumpEvent {
  /** Board; default 0. */
  readonly board?: number;
  /** Channel. */
  readonly channel: number;
  /** Time of the trigger, in 8 ns; the lower 31 bits are written. */
  readonly time: bigint;
  /** Samples. */
  readonly samples: ArrayLike<number>;
}

/** The bytes of events. */
export function waveDumpBytes(events: readonly WaveDumpEvent[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(events.reduce((sum, { samples }) => sum + HEADER + 2 * samples.length, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const [i, { board, channel, time, samples }] of events.entries()) {
    const size = HEADER + 2 * samples.length;
    for (const [k, word] of [size, board ?? 0, 0, channel, i, Number(time % 2n ** 31n)].entries()) {
      view.setUint32(at + 4 * k, word, true);
    }
    for (let k = 0; k < samples.length; k++) view.setUint16(at + HEADER + 2 * k, samples[k]!, true);
    at += size;
  }
  return bytes;
}
