/**
 * How events of a V1725 with waveform firmware (DAW) lie in a file, little-endian.
 *
 * | bytes | what |
 * |---|---|
 * | 4 | `0xA` in the upper 4 bits, below it the words (4 bytes) of the event, this one included |
 * | 1 + 3 | channels 0 to 7 that take part, a bit each; board and pattern |
 * | 3 + 1 | number of the event; channels 8 to 15 |
 * | 4 | time of the event, which is not taken |
 *
 * and for each channel that takes part, in their order
 *
 * | bytes | what |
 * |---|---|
 * | 4 | words of the channel, these 12 bytes included, in the lower 22 bits; bit 30: the trace is truncated |
 * | 6 | time of the first sample, in sampling intervals |
 * | 2 | baseline, which is not taken |
 * | 2 a sample | samples, u16 |
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { isV1725 } from "./layout.ts";
 * import { v1725Bytes } from "./write.ts";
 *
 * assert(isV1725(v1725Bytes([{ channels: [{ channel: 9, time: 5n, samples: [1, 2] }] }])));
 * ```
 * @module
 */

/** Bytes in front of an event's channels. */
export const EVENT_HEADER = 16;
/** Bytes in front of a channel's samples. */
export const CHANNEL_HEADER = 12;

/** Words of an event, its header included; 0 where it does not start as one. */
export function eventWords(view: DataView, at: number): number {
  const word = view.getUint32(at, true);
  return word >>> 28 === 0xa ? word & 0xfffffff : 0;
}

/** Channels of an event, a bit each. */
export function channelMask(view: DataView, at: number): number {
  return view.getUint8(at + 4) | (view.getUint8(at + 11) << 8);
}

/** Words of a channel, its header included. */
export function channelWords(view: DataView, at: number): number {
  return view.getUint32(at, true) & 0x3fffff;
}

/** Whether a file that starts with these bytes starts with an event. At least 28 bytes are needed. */
export function isV1725(head: Uint8Array): boolean {
  if (head.length < EVENT_HEADER + CHANNEL_HEADER) return false;
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const words = eventWords(view, 0), first = channelWords(view, EVENT_HEADER);
  return channelMask(view, 0) !== 0 && first >= 3 && first + 4 <= words;
}
