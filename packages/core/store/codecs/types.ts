// What a codec is.

/** Name of a codec. */
export type CodecName = "none" | "zstd" | "waveform";

/** Undoes one of Arrow's own compressions of the buffers in a record batch. */
export interface BufferDecoder {
  /** Number of the compression in Arrow's format (0: LZ4 frames, 1: zstd). */
  readonly type: number;
  /**
   * Undo it; `size` is what comes out, checked against what is expected before this is called.
   *
   * @throws {SyntaxError} When other than `size` bytes come out, or the bytes are damaged.
   */
  decode(bytes: Uint8Array, size: number): Uint8Array;
  /**
   * The same at an address that was reserved in the reader's memory (`_unzstd.ts`): as far as what it gives is called for, and until another
   * buffer is begun.
   */
  beginAt(bytes: Uint8Array, size: number, at: number): (bytes: number) => void;
}

/** One of them that is written, too. */
export interface BufferCodec extends BufferDecoder {
  /** Compress. O(bytes). */
  encode(bytes: Uint8Array): Uint8Array;
}

/** How the columns of a file are held. */
export interface Codec {
  /** Its name, as a user writes it. */
  readonly name: CodecName;
  /** What it does, in a few words. */
  readonly help: string;
  /** Compression of buffers, where there is one. */
  readonly buffers: BufferCodec | undefined;
  /** Whether samples of 16 bits, and the numbers beside them, are divided into planes of bytes. */
  readonly planes: boolean;
}
