/**
 * Tables and chunks as Arrow IPC files, so that polars, pyarrow and R open a result without Millrace.
 *
 * | column type | Arrow type |
 * |---|---|
 * | `"time"` | `Int64`, absolute picoseconds since the start of the run |
 * | `"u16"`, ... `"f64"` | the same number type |
 * | `"bool"` | `Bool` (bits) |
 * | `"u16[800]"`, `"u16[n]"` | `FixedSizeList[800]<Uint16>` |
 * | `"u16[]"` | `List<Uint16>` |
 *
 * With the codec `"waveform"`, samples of 16 bits are `Struct<base, samples: List<Struct<low, high>>>`, and beside them times and
 * other numbers of 2 bytes and more `FixedSizeBinary`. Field metadata say how to undo it (`millrace.codec`, `millrace.undo`). With it
 * and with `"zstd"`, buffers are compressed in Arrow's own way.
 *
 * No column has nulls. Field metadata keep the column type (`millrace.type`), the schema's metadata a chunk's interval and
 * names (`millrace.start`, ...). An open width that no row has fixed is written as 1, with `millrace.width` 0.
 *
 * Writing copies times, booleans and nothing else; reading copies the rows and columns that are asked for into one pooled
 * buffer.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { decodeTable, encodeTable } from "@millrace/core/arrow";
 * import { schema } from "@millrace/core/schema";
 * import { Table } from "@millrace/core/table";
 *
 * using hits = Table.from(schema({ time: "time", height: "f32" }), { time: [1000n, 2500n], height: [3, 4] });
 * const bytes = await new Blob(await encodeTable(hits) as Uint8Array<ArrayBuffer>[]).bytes();
 * using back = await decodeTable(bytes);
 * assert.deepEqual(back.rows(), hits.rows());
 * ```
 * @module
 */
export { encodeChunk, type EncodeOptions, encodeTable } from "./_arrow_encode.ts";
export {
  ArrowFile,
  type ArrowTableOptions,
  decodeChunk,
  type DecodeOptions,
  decodeTable,
  openArrow,
  type OpenArrowOptions,
} from "./_arrow_decode.ts";
export {
  type ArrowField,
  type Batch,
  type BatchColumn,
  checkArrowFile,
  type ReadBytes,
} from "./_arrow_batch.ts";
export { checkArrowStream } from "./_arrow_stream.ts";
export { unlz4 } from "./codecs/lz4.ts";
