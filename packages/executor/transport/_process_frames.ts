// Types of the frames between a process and its host.

/** What a frame is. */
export const FrameType = {
  /** A message as in `messages.ts`. */
  message: 1,
  /** To the host, text: the worker is about to end itself, and how. */
  exit: 2,
  /** To the host, an error as `encodeError` gives it: the worker is about to die of it. */
  uncaught: 3,
  /** To the host, without a value: its id is the number of tasks begun. */
  begun: 4,
} as const;

/** Descriptor that a child reads frames from. */
export const inputDescriptor = 3;
/** Descriptor that a child writes frames to. */
export const outputDescriptor = 4;

/** Bytes read or written at once: a pipe's, since larger pieces make both sides wait for each other. */
export const blockBytes = 1 << 16;

/** Detaches `transfer` and puts the moved buffers in the place of those in `buffers`. */
export function moveBuffers(
  buffers: readonly ArrayBufferLike[],
  transfer: readonly ArrayBuffer[],
): readonly ArrayBufferLike[] {
  if (transfer.length === 0) return buffers;
  const moved = new Map<ArrayBufferLike, ArrayBuffer>();
  for (const buffer of transfer) moved.set(buffer, buffer.transfer());
  return buffers.map((buffer) => moved.get(buffer) ?? buffer);
}

/**
 * Checks a transfer list.
 *
 * @throws {DOMException} DataCloneError for a buffer that was moved before or comes twice
 */
export function checkTransfer(transfer: readonly ArrayBuffer[]): void {
  const seen = new Set<ArrayBuffer>();
  for (const buffer of transfer) {
    if (buffer.detached) {
      throw new DOMException("Cannot transfer an ArrayBuffer that was transferred before", "DataCloneError");
    }
    if (seen.has(buffer)) {
      throw new DOMException(
        "Cannot transfer an ArrayBuffer twice: it is in `transfer` twice",
        "DataCloneError",
      );
    }
    seen.add(buffer);
  }
}
