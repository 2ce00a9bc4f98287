/**
 * Traces as a V1725 with waveform firmware writes them.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { v1725Bytes } from "@millrace/plugins-signal/formats/v1725/write";
 *
 * const bytes = v1725Bytes([{ channels: [{ channel: 9, time: 5n, samples: [1, 2] }] }]);
 * assert.equal(bytes.length, 16 + 12 + 4);
 * ```
 * @module
 */
import { CHANNEL_HEADER, EVENT_HEADER } from "./layout.ts";

/** An event to write. */
export interface V1725Event {
  /** The channels that take part, each once. */
  readonly channels: readonly {
    /** 0 to 15. */
    readonly channel: number;
    /** Time of the first sample, in sampling intervals, below 2^48. */
    readonly time: bigint;
    /** An even number of samples. */
    readonly samples: ArrayLike<number>;
    /** Whether the trace is truncated; default not. */
    readonly isTruncated?: boolean;
    /** Baseline; default 0. */
    readonly baseline?: number;
  }[];
}

/** The bytes of events. @throws {RangeError} On a channel above 15 or twice, a time beyond 48 bits or an odd number of samples. */
export function v1725Bytes(events: readonly V1725Event[]): Uint8Array<ArrayBuffer> {
  const sizes = events.map(({ channels }) =>
    channels.reduce((sum, { samples }) => sum + CHANNEL_HEADER + 2 * samples.length, EVENT_HEADER)
  );
  const bytes = new Uint8Array(sizes.reduce((sum, size) => sum + size, 0)), view = new DataView(bytes.buffer);
  let at = 0;
  for (const [i, { channels }] of events.entries()) {
    const mask = channels.reduce((mask, { channel }) => mask | (1 << channel), 0);
    const wrong = channels.some(({ channel, time, samples }) =>
      !(channel >= 0 && channel < 16 && time >= 0n && time < 2n ** 48n) || samples.length % 2 === 1
    );
    if (wrong || new Set(channels.map(({ channel }) => channel)).size < channels.length) {
      throw new RangeError(
        `Cannot write event ${i}: channels are 0 to 15, times below 2^48, numbers of samples even`,
      );
    }
    view.setUint32(at, 0xa0000000 + sizes[i]! / 4, true);
    view.setUint8(at + 4, mask & 255);
    view.setUint8(at + 11, mask >> 8);
    let next = at + EVENT_HEADER;
    for (
      const { time, samples, isTruncated, baseline } of channels.toSorted((a, b) => a.channel - b.channel)
    ) {
      view.setUint32(next, 3 + samples.length / 2 + (isTruncated ? 2 ** 30 : 0), true);
      view.setUint32(next + 4, Number(time & 0xffffffffn), true);
      view.setUint16(next + 8, Number(time >> 32n), true);
      view.setUint16(next + 10, baseline ?? 0, true);
      for (let k = 0; k < samples.length; k++) {
        view.setUint16(next + CHANNEL_HEADER + 2 * k, samples[k]!, true);
      }
      next += CHANNEL_HEADER + 2 * samples.length;
    }
    at += sizes[i]!;
  }
  return bytes;
}
