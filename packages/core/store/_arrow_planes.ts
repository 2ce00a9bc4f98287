// Columns of 16-bit samples as planes of bytes: plain Arrow columns that say how to undo it.
//
// `Struct<base: Uint16, samples: List<Struct<low: Uint8, high: Uint8>>>` (or `FixedSizeList`): the structs lie in the file as two
// buffers, which is the byte shuffle.
import type * as Arrow from "apache-arrow";
import type { Column, Ragged } from "../data/schema.ts";
import type { ArrowModule } from "./_arrow_types.ts";
import type { ArrowField, BatchColumn } from "./_arrow_batch.ts";
import { packBytes, type Packed } from "./codecs/_frame.ts";
import { joinSamples } from "./codecs/_join.ts";
import type { Planes, Rows, Words } from "./codecs/_planes.ts";

/** Field metadata: the codec of the column. */
export const CODEC_KEY = "millrace.codec";
/** Field metadata: how to undo it. */
export const UNDO_KEY = "millrace.undo";
/** Metadata of the file: names of columns (JSON) whose high bytes are all 0. */
export const LOW_KEY = "millrace.low";

const UNDO = "z = low + 256 high; sample = base + (z even ? z / 2 : -(z + 1) / 2), modulo 65536";

/** Whether the waveform codec divides a column: samples of 16 bits. */
export function hasPlanes({ kind, element }: Column): boolean {
  return (kind === "fixed" || kind === "ragged") && (element === "u16" || element === "i16");
}

/** The field of a divided column; `width` 0 for a ragged one. */
export function planesField(
  arrow: ArrowModule,
  name: string,
  element: string,
  width: number,
  metadata: Map<string, string>,
): Arrow.Field {
  const byte = (part: string) => new arrow.Field(part, new arrow.Uint8(), false);
  const item = new arrow.Field("item", new arrow.Struct([byte("low"), byte("high")]), false);
  const list = width === 0 ? new arrow.List(item) : new arrow.FixedSizeList(width, item);
  const base = element === "i16" ? new arrow.Int16() : new arrow.Uint16();
  const type = new arrow.Struct([
    new arrow.Field("base", base, false),
    new arrow.Field("samples", list, false),
  ]);
  metadata.set(CODEC_KEY, "waveform").set(UNDO_KEY, UNDO);
  return new arrow.Field(name, type, false, metadata);
}

/** Arrow's data of a divided column: in the place of its planes their frames, by their buffers in `packed` too. */
export function planesData(
  arrow: ArrowModule,
  field: Arrow.Field,
  rows: number,
  { bases, low, high }: Planes,
  valueOffsets: Int32Array | undefined,
  packed: Map<ArrayBufferLike, Packed>,
): Arrow.Data {
  const length = low.size;
  const type = field.type as Arrow.Struct;
  const [base, samples] = type.children as [Arrow.Field, Arrow.Field];
  const pair = (samples.type as Arrow.List).children[0]!.type as Arrow.Struct;
  const bytes = (frame: Packed) => {
    packed.set(frame.bytes.buffer, frame);
    return arrow.makeData({ type: new arrow.Uint8(), length, nullCount: 0, data: frame.bytes });
  };
  const child = arrow.makeData({
    type: pair,
    length,
    nullCount: 0,
    children: [bytes(low), bytes(high)],
  });
  const frame = packBytes(new Uint8Array(bases.buffer, bases.byteOffset, bases.byteLength));
  packed.set(frame.bytes.buffer, frame);
  const list = valueOffsets
    ? arrow.makeData({ type: samples.type as Arrow.List, length: rows, nullCount: 0, valueOffsets, child })
    : arrow.makeData({ type: samples.type as Arrow.FixedSizeList, length: rows, nullCount: 0, child });
  const bare = arrow.makeData({
    type: base.type as Arrow.Uint16,
    length: rows,
    nullCount: 0,
    data: frame.bytes as unknown as Uint16Array,
  });
  return arrow.makeData({ type, length: rows, nullCount: 0, children: [bare, list] });
}

/** Whether a column of a file is divided. */
export function isDivided(field: ArrowField): boolean {
  return field.metadata.get(CODEC_KEY) === "waveform";
}

/** The list in a divided column, in the place of one that is not. */
export function samplesOf(column: BatchColumn): BatchColumn {
  return isDivided(column.field) ? column.children[1]! : column;
}

/** Rows `from` to `from + rows` of a divided column put together. O(samples of these rows). */
export function joinColumn(
  column: BatchColumn,
  hasHigh: boolean,
  from: number,
  rows: number,
  out: Words,
  width: number,
): void {
  const [base, samples] = column.children as [BatchColumn, BatchColumn];
  const [low, high] = samples.children[0]!.children as [BatchColumn, BatchColumn];
  const bases = base.values.subarray(from, from + rows) as Words;
  let first = from * width, where: Rows = { width };
  if (width === 0) {
    const offsets = (samples.values as Int32Array).subarray(from, from + rows + 1);
    first = offsets[0]!;
    where = { offsets };
  }
  joinSamples(bases, low, hasHigh ? high : undefined, first, rows, where, out);
}

/** Offsets of a ragged column's rows, counted from 0, as Arrow has them. */
export function arrowOffsets({ offsets }: Ragged, rows: number): Int32Array {
  const first = offsets[0]!;
  const { buffer, byteOffset } = offsets;
  // Without rows the parts must not depend on the table, whose buffer may hold anything there.
  if (first === 0 && rows > 0) return new Int32Array(buffer, byteOffset, rows + 1);
  return Int32Array.from(offsets.subarray(0, rows + 1), (at) => at - first);
}
