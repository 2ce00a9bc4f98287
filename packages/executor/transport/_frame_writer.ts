/**
 * Writes frames to a stream in blocks: large buffers as they are, small frames gathered.
 * @module
 */
import type { EncodedFrame } from "./_encode.ts";
import { blockBytes } from "./_process_frames.ts";

/** Writes frames one after the other, as fast as the other side reads. */
export class FrameWriter {
  readonly #writer: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #failed: (error: unknown) => void;
  #queue: Uint8Array[] = [];
  #block = new Uint8Array(blockBytes);
  #writing: Promise<void> | undefined;
  #isClosed = false;

  /** `failed` is called once when the other side reads no more. */
  constructor(stream: WritableStream<Uint8Array<ArrayBuffer>>, failed: (error: unknown) => void) {
    this.#writer = stream.getWriter();
    this.#writer.closed.catch(() => {}); // a write that fails says so itself
    this.#failed = failed;
  }

  /** Queues a frame; its buffers must stay as they are until they are written. */
  write(head: EncodedFrame["head"], buffers: EncodedFrame["buffers"]): void {
    if (this.#isClosed) return;
    this.#queue.push(head.slice());
    for (const buffer of buffers) this.#queue.push(new Uint8Array(buffer));
    this.#writing ??= this.#run();
  }

  /** Closes the stream after what is queued. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#writing;
    await this.#writer.close().catch(this.#failed);
  }

  /** Drops what is queued. */
  abort(): void {
    this.#isClosed = true;
    this.#queue = [];
    this.#writer.abort().catch(() => {}); // it may have failed before
  }

  async #run(): Promise<void> {
    try {
      while (this.#queue.length > 0) {
        const pieces = this.#queue;
        this.#queue = [];
        await this.#writePieces(pieces);
      }
    } catch (error) {
      this.#isClosed = true;
      this.#queue = [];
      this.#failed(error);
    } finally {
      this.#writing = undefined;
    }
  }

  async #writePieces(pieces: readonly Uint8Array[]): Promise<void> {
    const block = this.#block;
    let filled = 0;
    for (const piece of pieces) {
      for (let at = 0; at < piece.length;) {
        const left = piece.length - at;
        if (filled === 0 && left >= blockBytes && piece.buffer instanceof ArrayBuffer) {
          await this.#writer.write(new Uint8Array(piece.buffer, piece.byteOffset + at, blockBytes));
          at += blockBytes;
          continue;
        }
        const count = Math.min(left, blockBytes - filled);
        block.set(piece.subarray(at, at + count), filled);
        filled += count;
        at += count;
        if (filled === blockBytes) {
          await this.#writer.write(block);
          filled = 0;
        }
      }
    }
    if (filled > 0) await this.#writer.write(block.subarray(0, filled));
  }
}
