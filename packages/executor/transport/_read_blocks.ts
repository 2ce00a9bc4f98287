// Reading a stream to its end with one block of memory.

import { blockBytes } from "./_process_frames.ts";

/** A stream that is being read. */
export interface BlockReader {
  /** Settles when the stream has ended, or was cancelled. */
  readonly done: Promise<void>;
  /** Reads no more, and closes the stream. */
  cancel(): Promise<void>;
}

/** Calls `take` with each piece, which is valid during the call only. */
export function readBlocks(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  take: (bytes: Uint8Array<ArrayBuffer>) => void,
): BlockReader {
  const reader = stream.getReader({ mode: "byob" });
  async function readOn(): Promise<void> {
    let block = new Uint8Array(blockBytes);
    for (;;) {
      const { value, done } = await reader.read(block);
      if (done || !value) return;
      take(value);
      block = new Uint8Array(value.buffer);
    }
  }
  return { done: readOn(), cancel: () => reader.cancel() };
}
