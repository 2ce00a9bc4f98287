/**
 * Takes a byte stream apart into frames, however it is cut into pieces.
 *
 * Each byte is copied once, from the piece into the memory of its buffer; a reader that can read to any
 * place reads to `target()` and copies nothing.
 *
 * @module
 */
import {
  defaultLimits,
  type Frame,
  FrameError,
  type FrameHeader,
  type FrameLimits,
  headerBytes,
  readHeader,
  readSizes,
} from "./_frame.ts";

/** Gives memory for a buffer of a frame: at least `bytes`, e.g. from a pool, shared memory too. */
export type Allocate = (bytes: number) => ArrayBufferLike;

/** How frames are read. */
export interface FrameDecoderOptions {
  /** What is accepted. */
  readonly limits?: FrameLimits;
  /** Memory for buffers. Default: a new ArrayBuffer. */
  readonly allocate?: Allocate;
}

const Part = { header: 0, meta: 1, sizes: 2, buffers: 3 } as const;

/** Memory for meta grows as bytes come: a header alone doesn't make a receiver allocate much. */
const metaStep = 1 << 20;

/** Takes frames out of a byte stream. After an error it is of no use. */
export class FrameDecoder {
  readonly #deliver: (frame: Frame) => void;
  readonly #limits: FrameLimits;
  readonly #allocate: Allocate;
  #part: typeof Part[keyof typeof Part] = Part.header;
  #scratch = new Uint8Array(4096);
  #filled = 0;
  #wanted = headerBytes;
  #header: FrameHeader | undefined;
  #meta: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  #sizes: number[] = [];
  #buffers: Uint8Array[] = [];
  #into: Uint8Array = this.#scratch;

  /** Calls `deliver` with each frame, from within `push()` or `advance()`. */
  constructor(deliver: (frame: Frame) => void, options: FrameDecoderOptions = {}) {
    this.#deliver = deliver;
    this.#limits = options.limits ?? defaultLimits;
    this.#allocate = options.allocate ?? ((bytes) => new ArrayBuffer(bytes));
  }

  /**
   * The next piece of the stream.
   *
   * @throws {FrameError} when it can't be what the other side sent
   */
  push(piece: Uint8Array): void {
    let at = 0;
    while (at < piece.length) {
      const target = this.target();
      const count = Math.min(piece.length - at, target.length);
      if (count < 32) {
        for (let i = 0; i < count; i++) target[i] = piece[at + i]!;
      } else target.set(piece.subarray(at, at + count));
      at += count;
      this.advance(count);
    }
  }

  /** Where the next bytes of the stream belong; never empty. Fill some of it, then `advance()`. */
  target(): Uint8Array {
    if (this.#filled === this.#into.length) this.#grow();
    return this.#into.subarray(this.#filled, this.#wanted);
  }

  /** Whether the coming bytes are a buffer's. */
  get inBuffer(): boolean {
    return this.#part === Part.buffers;
  }

  /**
   * `count` bytes were put into `target()`.
   *
   * @throws {FrameError} when they can't be what the other side sent
   */
  advance(count: number): void {
    this.#filled += count;
    if (this.#filled === this.#wanted) this.#next();
  }

  /**
   * The stream has ended.
   *
   * @throws {FrameError} when it ended within a frame
   */
  end(): void {
    if (this.#part === Part.header && this.#filled === 0) return;
    throw new FrameError(
      `Cannot read frame: the stream ended after ${this.#filled} of ${this.#wanted} bytes of ${
        ["the header", "meta", "the sizes of buffers", `buffer ${this.#buffers.length - 1}`][this.#part]
      }`,
    );
  }

  #next(): void {
    if (this.#part === Part.header) {
      this.#header = readHeader(view(this.#scratch), this.#limits);
      if (this.#header.metaBytes > 0) return this.#expect(Part.meta, this.#header.metaBytes);
      this.#meta = new Uint8Array(0);
      return this.#afterMeta();
    }
    if (this.#part === Part.meta) {
      this.#meta = this.#scratch.subarray(0, this.#wanted);
      return this.#afterMeta();
    }
    if (this.#part === Part.sizes) {
      this.#sizes = readSizes(view(this.#into), this.#header!);
      return this.#nextBuffer();
    }
    if (this.#buffers.length < this.#sizes.length) return this.#nextBuffer();
    this.#complete();
  }

  #afterMeta(): void {
    const { buffers } = this.#header!;
    if (buffers === 0) return this.#complete();
    this.#part = Part.sizes;
    this.#into = new Uint8Array(buffers * 8);
    this.#filled = 0;
    this.#wanted = buffers * 8;
  }

  #nextBuffer(): void {
    const bytes = this.#sizes[this.#buffers.length]!;
    const memory = this.#allocate(bytes);
    if (memory.byteLength < bytes) {
      throw new RangeError(`Cannot put ${bytes} bytes into the ${memory.byteLength} that were allocated`);
    }
    this.#part = Part.buffers;
    this.#into = new Uint8Array(memory, 0, bytes);
    this.#buffers.push(this.#into);
    this.#filled = 0;
    this.#wanted = bytes;
  }

  #complete(): void {
    const { type, id } = this.#header!;
    const frame = { type, id, meta: this.#meta, buffers: this.#buffers };
    this.#buffers = [];
    this.#expect(Part.header, headerBytes);
    this.#deliver(frame);
    if (this.#scratch.length > metaStep) this.#into = this.#scratch = new Uint8Array(4096);
  }

  #expect(part: typeof Part[keyof typeof Part], wanted: number): void {
    this.#part = part;
    this.#filled = 0;
    this.#wanted = wanted;
    this.#into = this.#scratch;
  }

  #grow(): void {
    const larger = new Uint8Array(Math.min(this.#wanted, Math.max(this.#filled * 2, metaStep)));
    larger.set(this.#scratch);
    this.#into = this.#scratch = larger;
  }
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
