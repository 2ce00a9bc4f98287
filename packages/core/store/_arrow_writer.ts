// Writes Arrow IPC files, with compressed buffers where a codec is given.
import type * as Arrow from "apache-arrow";
import type { ArrowModule } from "./_arrow_types.ts";
import type { Packed } from "./codecs/_frame.ts";
import type { BufferCodec } from "./codecs/types.ts";

interface Compressed {
  byteLength: number;
  bufferRegions: { offset: number; length: number }[];
  buffers: Uint8Array[];
}

/**
 * A writer of one file. Buffers of `packed` are frames of the codec already.
 *
 * apache-arrow 21.2.0 puts the compressed length in front of a compressed buffer, where the format wants the uncompressed one; so
 * that part is ours.
 */
export function fileWriter(
  arrow: ArrowModule,
  codec: BufferCodec | undefined,
  packed: ReadonlyMap<ArrayBufferLike, Packed>,
): Arrow.RecordBatchFileWriter {
  if (!codec) return new arrow.RecordBatchFileWriter();
  class CompressedWriter extends arrow.RecordBatchFileWriter {
    protected override _compressBodyBuffers(views: ArrayBufferView[]): Compressed {
      const buffers: Uint8Array[] = [], bufferRegions: { offset: number; length: number }[] = [];
      let at = 0;
      for (const view of views) {
        const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
        const prefix = new Uint8Array(bytes.length === 0 ? 0 : 8);
        let body = bytes;
        if (bytes.length > 0) {
          const frame = packed.get(bytes.buffer);
          const compressed = frame ? frame.bytes : codec!.encode(bytes);
          const pays = frame !== undefined || compressed.length < bytes.length;
          if (pays) body = compressed;
          const size = pays ? frame?.size ?? bytes.length : -1;
          new DataView(prefix.buffer).setBigInt64(0, BigInt(size), true);
        }
        const length = prefix.length + body.length;
        buffers.push(prefix, body);
        bufferRegions.push({ offset: at, length });
        at += (length + 7) & ~7;
      }
      return { byteLength: at, bufferRegions, buffers };
    }
  }
  return new CompressedWriter({ compressionType: codec.type });
}
