/**
 * How CAEN WaveDump writes the events of a channel in binary files with headers (`OUTPUT_FILE_HEADER YES`), little-endian.
 *
 * | bytes | what |
 * |---|---|
 * | 4 | bytes of the event, these 24 included |
 * | 4, 4 | board; pattern, which is not taken |
 * | 4, 4 | channel; number of the event |
 * | 4 | trigger time: 31 bits in 8 ns; the highest bit is not taken |
 * | 2 a sample | samples, u16 |
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { isWaveDump } from "./layout.ts";
 * import { waveDumpBytes } from "./write.ts";
 *
 * assert(isWaveDump(waveDumpBytes([{ channel: 3, time: 5n, samples: [1, 2] }])));
 * ```
 * @module
 */

/** Bytes in front of an event's samples. */
export const HEADER = 24;
/** Most samples of an event; more is taken for damage. */
export const MAX_SAMPLES: number = 2 ** 24;

/** Bytes of an event; 0 where none starts there. */
export function eventBytes(view: DataView, at: number): number {
  const bytes = view.getUint32(at, true);
  const isEvent = bytes >= HEADER && bytes % 2 === 0 && bytes <= HEADER + 2 * MAX_SAMPLES &&
    view.getUint32(at + 4, true) < 256 && view.getUint32(at + 12, true) < 256;
  return isEvent ? bytes : 0;
}

/** Whether a file that starts with these bytes starts with an event. At least 24 bytes are needed. */
export function isWaveDump(head: Uint8Array): boolean {
  if (head.length < HEADER) return false;
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength), first = eventBytes(view, 0);
  return first > 0 && (first + HEADER > head.length || eventBytes(view, first) > 0);
}
