// Columns of numbers of 2 bytes and more beside samples, as planes of bytes: plain Arrow columns that say how to undo it.
//
// `FixedSizeBinary[bytes of a number]` in the place of the numbers' own type, in lists too. The column's buffer has byte 0 of every
// number, then byte 1 of every one, and so on.
import type * as Arrow from "apache-arrow";
import type { Column, Ragged, TypedArray } from "../data/schema.ts";
import type { ArrowField, BatchColumn } from "./_arrow_batch.ts";
import { CODEC_KEY, hasPlanes, UNDO_KEY } from "./_arrow_planes.ts";
import type { ArrowModule } from "./_arrow_types.ts";
import type { Packed } from "./codecs/_frame.ts";
import { unpackNumbers, unpackOffsets, unpackTimes } from "./codecs/_join_numbers.ts";
import { type Before, type Numbers, packNumbers } from "./codecs/_numbers.ts";

const BYTES =
  "all bytes of the column's buffer in order are bytes 0 of its n numbers, then bytes 1, and so on";
const UNDO: Readonly<Record<Before, string>> = {
  none: `${BYTES}; number = its bytes, the lowest first`,
  zigzag: `${BYTES}; z = its bytes, the lowest first; number = z even ? z / 2 : -(z + 1) / 2`,
  steps: `${BYTES}; z = its bytes, the lowest first; step = z even ? z / 2 : -(z + 1) / 2; ` +
    "number = sum of the steps up to its own, modulo 2^64",
};

/** Whether the waveform codec shuffles a column's bytes beside samples: numbers of 2 bytes and more that are none themselves. */
export function isShuffled(column: Column): boolean {
  return column.bytes > 1 && !hasPlanes(column);
}

/** What is done before. */
function before({ kind, element }: Column): Before {
  if (kind === "time") return "steps";
  return element.startsWith("i") ? "zigzag" : "none";
}

/** The type that stands for a column's numbers. */
export function shuffledType(
  arrow: ArrowModule,
  column: Column,
  metadata: Map<string, string>,
): Arrow.DataType {
  metadata.set(CODEC_KEY, "bytes").set(UNDO_KEY, UNDO[before(column)]);
  return new arrow.FixedSizeBinary(column.bytes);
}

/** Whether the bytes of a column in a file are shuffled. */
export function holdsShuffled(field: ArrowField): boolean {
  return field.metadata.get(CODEC_KEY) === "bytes";
}

/** Arrow's data of shuffled numbers: in their place the frame, by its buffer in `packed` too. */
export function shuffledData(
  arrow: ArrowModule,
  column: Column,
  parts: readonly Numbers[],
  packed: Map<ArrayBufferLike, Packed>,
): Arrow.Data {
  const frame = packNumbers(parts, before(column));
  packed.set(frame.bytes.buffer, frame);
  const type = new arrow.FixedSizeBinary(column.bytes), length = frame.size / column.bytes;
  return arrow.makeData({ type, length, nullCount: 0, data: frame.bytes });
}

/** All times of a shuffled column. */
export function shuffledTimes(data: BatchColumn): BigInt64Array {
  return unpackTimes(data, data.length);
}

/** Rows from `from` on of a shuffled column (of a ragged one the values, whose offsets are there) into the table's. */
export function copyShuffled(
  column: Column,
  data: BatchColumn,
  from: number,
  width: number,
  t0: bigint,
  target: TypedArray | Ragged,
): void {
  if (column.kind === "time") {
    try {
      return unpackOffsets(data, data.length, from, t0, target as Float64Array);
    } catch (cause) {
      if (!(cause instanceof RangeError)) throw cause;
      throw new RangeError(`column "${column.name}": ${cause.message}`, { cause });
    }
  }
  if (column.kind === "scalar") {
    return unpackNumbers(data, data.length, before(column), from, target as TypedArray);
  }
  const numbers = data.children[0]!;
  const ragged = "offsets" in target;
  const first = ragged ? (data.values as Int32Array)[from]! : from * width;
  unpackNumbers(numbers, numbers.length, before(column), first, ragged ? target.values : target);
}
