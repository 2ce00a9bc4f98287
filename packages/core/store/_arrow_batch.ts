// The one record batch of an Arrow IPC file: its columns by name, each buffer decompressed when it is first looked at.
//
// apache-arrow's own reader decompresses every column at once and asks nobody how large a buffer may become.
import type * as Arrow from "apache-arrow";
import type { Footer } from "apache-arrow/ipc/metadata/file";
import type { BufferRegion, FieldNode } from "apache-arrow/ipc/metadata/message";
import type { TypedArray } from "../data/schema.ts";
import { bytesAt, fits, reserve } from "./codecs/_unzstd.ts";
import { lz4Buffers } from "./codecs/lz4.ts";
import type { BufferDecoder } from "./codecs/types.ts";
import { zstdBuffers } from "./codecs/zstd.ts";
import {
  type Block,
  checked,
  checkFooter,
  checkMessage,
  type Columns as Nodes,
  FIRST,
} from "./_arrow_check.ts";

/** Bytes in front of a compressed buffer: how many it has uncompressed. */
const PREFIX = 8;
/** What a writer may fill a buffer up to. */
const PADDING = 64;

/** Buffers (behind that of nulls) of the types that are read here. */
const BUFFERS: Readonly<Record<string, number>> = {
  Int: 1,
  Float: 1,
  Bool: 1,
  FixedSizeBinary: 1,
  List: 1,
  LargeList: 1,
  FixedSizeList: 0,
  Struct: 0,
};

/** Bits of the offsets of lists. */
const OFFSET_BITS: Readonly<Record<string, number | undefined>> = { List: 32, LargeList: 64 };

/** A field of an Arrow schema. */
export interface ArrowField {
  /** Its name. */
  readonly name: string;
  /** Its type, as apache-arrow has it. */
  readonly type: unknown;
  /** Its texts. */
  readonly metadata: ReadonlyMap<string, string>;
}

/** A column, or the values in one. */
export interface BatchColumn {
  /** Its field. */
  readonly field: ArrowField;
  /** Rows. */
  readonly length: number;
  /** Rows that are null. */
  readonly nullCount: number;
  /** Columns in it. */
  readonly children: readonly BatchColumn[];
  /** Bytes of its numbers or offsets, as the file says. */
  readonly bytes: number;
  /** The frame that its bytes come out of, where they are compressed. */
  readonly frame: Uint8Array | undefined;
  /** Its numbers, or those of a `List`'s offsets. @throws {SyntaxError} When they are damaged. */
  readonly values: TypedArray;
  /** The same in memory that is used again: valid until the next column is looked at. @throws {SyntaxError} When they are damaged. */
  look(): TypedArray;
  /**
   * Begin to put its bytes at an address of the reader's memory that was reserved for them: they are there up to where what it gives is called
   * for, until another column is begun. @throws {SyntaxError} When they are damaged, then or now.
   */
  beginAt(at: number): (bytes: number) => void;
}

/** A record batch. */
export interface Batch {
  /** Rows. */
  readonly rows: number;
  /** Fields, in order. */
  readonly fields: readonly ArrowField[];
  /** Texts of the schema. */
  readonly metadata: ReadonlyMap<string, string>;
  /** Columns by name. */
  readonly columns: ReadonlyMap<string, BatchColumn>;
}

/** Bytes of a file from a place on. */
export type ReadBytes = (at: number, length: number) => Uint8Array | Promise<Uint8Array>;

/** The footer of a file of `size` bytes. @throws {SyntaxError} When it has none, or it is damaged. */
export async function readFooter(read: ReadBytes, size: number): Promise<Footer> {
  return (await readChecked(read, size)).footer;
}

async function readChecked(
  read: ReadBytes,
  size: number,
): Promise<{ footer: Footer; blocks: readonly Block[]; columns: Nodes }> {
  const { Message } = await import("apache-arrow/ipc/metadata/message"); // without which a footer's schema cannot be read
  const { Footer } = await import("apache-arrow/ipc/metadata/file");
  const text = async (at: number) => String.fromCharCode(...await read(at, 6));
  if (size < 6 || await text(0) !== "ARROW1") throw new SyntaxError("it does not start as an Arrow file");
  if (size < 20 || await text(size - 6) !== "ARROW1") {
    throw new SyntaxError(`it is cut off: its ${size} bytes do not end as an Arrow file`);
  }
  const tail = await read(size - 10, 4);
  const length = new DataView(tail.buffer, tail.byteOffset).getInt32(0, true), at = size - 10 - length;
  if (!(length > 0 && at >= FIRST)) throw new SyntaxError("its footer lies outside it");
  const bytes = await read(at, length);
  const [from, count] = lengthOf(await read(FIRST, 8)), start = FIRST + from + count;
  // Polars (1.44) puts its first message there without a length: the number is then the flat buffer's own first, which is small.
  const isBare = count > 0 && count < SMALLEST;
  const { blocks, columns } = checkFooter(bytes, isBare ? undefined : start, at);
  const footer = checked("its footer", () => Footer.decode(bytes));
  if (isBare || blocks[0]?.offset === FIRST) return { footer, blocks, columns }; // no first message to compare with
  if (!(count > 0 && start <= at)) throw new SyntaxError("its first message lies outside it");
  const first = await read(FIRST + from, count);
  checkMessage(first);
  const said = checked("its first message", () => {
    const message = Message.decode(first);
    return message.isSchema() ? textOfSchema(message.header() as unknown as Arrow.Schema) : "";
  });
  if (said !== textOfSchema(footer.schema)) {
    throw new SyntaxError("it is damaged: its first message and its footer describe other columns");
  }
  return { footer, blocks, columns };
}

/** Bytes that a message's flat buffer has at least. */
export const SMALLEST = 16;

/** Where a message's flat buffer starts behind its mark and length, and its bytes. Files before Arrow 0.15 have no mark. */
export function lengthOf(head: Uint8Array): readonly [from: number, length: number] {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength), first = view.getInt32(0, true);
  return first === -1 ? [8, view.getInt32(4, true)] : [4, first];
}

function textOfSchema({ fields, metadata }: Arrow.Schema): string {
  const texts = (map: ReadonlyMap<string, string>) => [...map].sort(([a], [b]) => a < b ? -1 : 1);
  const all = (fields: readonly Arrow.Field[]): unknown =>
    fields.map(({ name, type, nullable, metadata }) => [
      name,
      String(type),
      nullable,
      texts(metadata),
      all(type.children ?? []),
    ]);
  return JSON.stringify([all(fields), texts(metadata)]);
}

/**
 * Check all of an Arrow IPC file that says where its rows lie and how many there are, before another reader believes it. Bytes of
 * the rows are not looked at. O(bytes that are looked at).
 *
 * @param read Gives bytes of the file from a place on.
 * @param size Bytes of the file.
 * @return How many rows each record batch has.
 * @throws {SyntaxError} When it is cut off or damaged; says what is wrong, the name of the file is the caller's to add.
 */
export async function checkArrowFile(read: ReadBytes, size: number): Promise<number[]> {
  const { footer, blocks, columns } = await readChecked(read, size), rows = new Map<number, number>();
  for (const { offset, metadata } of blocks) {
    const found = checkMessage(messageIn(await read(offset, metadata), metadata), columns);
    rows.set(offset, found.rows ?? 0);
  }
  return Array.from(
    { length: footer.numRecordBatches },
    (_, k) => rows.get(footer.getRecordBatch(k)!.offset)!,
  );
}

/** The flat buffer in the first `metadata` bytes. */
function messageIn(bytes: Uint8Array, metadata: number): Uint8Array {
  const [at, length] = lengthOf(bytes);
  if (length < 0 || at + length > metadata) {
    throw new SyntaxError("it is no intact Arrow file: its message is damaged, it ends behind its bytes");
  }
  return bytes.subarray(at, at + length);
}

/** Load what decodes: that it cannot be loaded is no damage of a file. */
export async function loadArrow(): Promise<void> {
  await Promise.all([
    import("apache-arrow/ipc/metadata/message"),
    import("apache-arrow/ipc/metadata/file"),
    import("apache-arrow"),
  ]);
}

/**
 * The only record batch of a file. O(columns).
 *
 * @throws {SyntaxError} When there is not exactly one, or it is damaged.
 */
export async function openBatch(bytes: Uint8Array): Promise<Batch> {
  const footer = await readFooter((at, length) => bytes.subarray(at, at + length), bytes.length);
  if (footer.numRecordBatches !== 1) {
    throw new SyntaxError(`it has ${footer.numRecordBatches} record batches, a chunk file has 1`);
  }
  const { offset, metaDataLength, bodyLength } = footer.getRecordBatch(0)!;
  return await batchAt(
    bytes.subarray(offset, offset + metaDataLength + bodyLength),
    metaDataLength,
    footer.schema,
  );
}

/** The record batch in bytes of which the first `metadata` describe it. @throws {SyntaxError} When they don't. */
export async function batchAt(bytes: Uint8Array, metadata: number, schema: Arrow.Schema): Promise<Batch> {
  const [{ Message }, { DataType }] = await Promise.all([
    import("apache-arrow/ipc/metadata/message"),
    import("apache-arrow"),
  ]);
  const described = messageIn(bytes, metadata);
  checkMessage(described);
  const message = checked("its message", () => Message.decode(described));
  if (!message.isRecordBatch()) {
    throw new SyntaxError("it is no intact Arrow file: its message is no record batch");
  }
  const header = checked("its message", () => message.header());
  const codec = codecFor(header.compression?.type);
  const reader = new Columns(bytes.subarray(metadata), header.nodes, header.buffers, codec, DataType);
  const columns = new Map<string, BatchColumn>();
  for (const field of schema.fields) {
    if (columns.has(field.name)) throw new SyntaxError(`it has two columns "${field.name}"`);
    columns.set(field.name, reader.next(field));
  }
  reader.finish();
  return { rows: header.length, fields: schema.fields, metadata: schema.metadata, columns };
}

function codecFor(type: number | undefined): BufferDecoder | undefined {
  if (type === undefined) return undefined;
  const codec = [zstdBuffers, lz4Buffers].find((one) => one.type === type);
  if (!codec) {
    throw new SyntaxError(`its compression (${type}) is not read here; write it with zstd, lz4 or without`);
  }
  return codec;
}

/** Takes nodes and buffers one after the other, as the fields come. */
class Columns {
  readonly #body: Uint8Array;
  readonly #nodes: readonly FieldNode[];
  readonly #buffers: readonly BufferRegion[];
  readonly #codec: BufferDecoder | undefined;
  readonly #types: typeof Arrow.DataType;
  #node = 0;
  #buffer = 0;
  /** Where the last buffer ends: they follow each other. */
  #end = 0;

  constructor(
    body: Uint8Array,
    nodes: readonly FieldNode[],
    buffers: readonly BufferRegion[],
    codec: BufferDecoder | undefined,
    types: typeof Arrow.DataType,
  ) {
    this.#body = body;
    this.#nodes = nodes;
    this.#buffers = buffers;
    this.#codec = codec;
    this.#types = types;
  }

  /** The next column, or one in that of a `name`. */
  next(field: Arrow.Field, name = field.name): BatchColumn {
    const kind = kindOf(field.type, this.#types);
    const count = kind === undefined ? undefined : BUFFERS[kind];
    if (count === undefined) {
      throw new SyntaxError(
        `column "${field.name}" (${field.type}) is of a type that no result has; use millrace import`,
      );
    }
    const node = this.#nodes[this.#node++];
    if (!node) throw new SyntaxError(`column "${name}" is missing in its record batch`);
    this.#take(name); // which rows are null; none is
    const region = count === 1 ? this.#take(name) : undefined;
    const children = (field.type.children ?? []).map((child: Arrow.Field) => this.next(child, name));
    const { length, nullCount } = node;
    return new BufferColumn(
      name,
      field,
      length,
      nullCount,
      children,
      region,
      this.#codec,
      OFFSET_BITS[kind!],
    );
  }

  /** All nodes and buffers were taken: else a column is missing among the fields. */
  finish(): void {
    const nodes = this.#nodes.length - this.#node, buffers = this.#buffers.length - this.#buffer;
    if (nodes === 0 && buffers === 0) return;
    throw new SyntaxError(
      `it is damaged: its record batch has ${nodes} columns and ${buffers} buffers too many`,
    );
  }

  #take(name: string): Uint8Array {
    const region = this.#buffers[this.#buffer++];
    if (!region) throw new SyntaxError(`column "${name}" is missing in its record batch`);
    const { offset, length } = region;
    if (offset < 0 || length < 0 || offset + length > this.#body.length) {
      throw new SyntaxError(`column "${name}" lies outside its record batch`);
    }
    if (length > 0) {
      if (offset < this.#end) {
        throw new SyntaxError(`column "${name}" lies over another one in its record batch`);
      }
      this.#end = offset + length;
    }
    return this.#body.subarray(offset, offset + length);
  }
}

function kindOf(type: Arrow.DataType, types: typeof Arrow.DataType): string | undefined {
  if (types.isInt(type)) return "Int";
  if (types.isFloat(type)) return "Float";
  if (types.isBool(type)) return "Bool";
  if (types.isFixedSizeBinary(type)) return "FixedSizeBinary";
  if (types.isList(type)) return "List";
  if (types.isLargeList(type)) return "LargeList";
  if (types.isFixedSizeList(type)) return "FixedSizeList";
  return types.isStruct(type) ? "Struct" : undefined;
}

class BufferColumn implements BatchColumn {
  readonly field: Arrow.Field;
  readonly length: number;
  readonly nullCount: number;
  readonly children: readonly BatchColumn[];
  readonly bytes: number;
  /** The whole column's. */
  readonly #name: string;
  readonly #region: Uint8Array | undefined;
  /** Set where the buffer is compressed. */
  readonly #codec: BufferDecoder | undefined;
  /** Of its offsets, where it is a list. */
  readonly #offsetBits: number | undefined;
  #values: TypedArray | undefined;

  constructor(
    name: string,
    field: Arrow.Field,
    length: number,
    nullCount: number,
    children: readonly BatchColumn[],
    region: Uint8Array | undefined,
    codec: BufferDecoder | undefined,
    offsetBits: number | undefined,
  ) {
    this.#name = name;
    this.field = field;
    this.length = length;
    this.nullCount = nullCount;
    this.children = children;
    this.#offsetBits = offsetBits;
    if (!region || region.length === 0 || !codec) {
      this.#region = region;
      this.bytes = region?.length ?? 0;
      return;
    }
    if (region.length < PREFIX) throw new SyntaxError(`column "${name}" is cut off in its buffer`);
    const size = new DataView(region.buffer, region.byteOffset, PREFIX).getBigInt64(0, true);
    this.#region = region.subarray(PREFIX);
    if (size === -1n) this.bytes = this.#region.length; // not compressed
    else {
      if (size < 0n || size > BigInt(Number.MAX_SAFE_INTEGER)) {
        throw new SyntaxError(`column "${name}" has a buffer of ${size} bytes`);
      }
      this.bytes = Number(size);
      this.#codec = codec;
      // Before anything is allocated: what the rows need is known.
      const most = this.#wanted() + PADDING;
      if (this.bytes > most) {
        throw new SyntaxError(
          `column "${name}" says that it has ${size} bytes uncompressed, but ${length} rows have at most ${most}`,
        );
      }
    }
  }

  #bits(): number {
    return this.#offsetBits ??
      Number((this.field.type as { bitWidth?: number }).bitWidth ?? elementBits(this.field.type));
  }

  #wanted(): number {
    return Math.ceil((this.length + (this.#offsetBits ? 1 : 0)) * this.#bits() / 8);
  }

  get frame(): Uint8Array | undefined {
    return this.#codec && this.#region;
  }

  get values(): TypedArray {
    return this.#values ??= this.#read();
  }

  look(): TypedArray {
    const { bytes } = this;
    if (this.#values || !this.#codec || !fits(bytes)) return this.values;
    const [at] = reserve(bytes) as [number];
    this.beginAt(at)(bytes);
    return this.#numbers(bytesAt(at, bytes));
  }

  beginAt(at: number): (bytes: number) => void {
    const region = this.#region ?? new Uint8Array(0);
    if (!this.#codec) {
      bytesAt(at, region.length).set(region);
      return () => {};
    }
    const until = this.#decoded((codec) => codec.beginAt(region, this.bytes, at));
    return (bytes) => this.#decoded(() => until(bytes));
  }

  #read(): TypedArray {
    const region = this.#region ?? new Uint8Array(0);
    const bytes = this.#codec ? this.#decoded((codec) => codec.decode(region, this.bytes)) : region;
    return this.#numbers(bytes.byteOffset % this.#type.BYTES_PER_ELEMENT === 0 ? bytes : bytes.slice());
  }

  #decoded<T>(decode: (codec: BufferDecoder) => T): T {
    try {
      return decode(this.#codec!);
    } catch (cause) {
      if (!(cause instanceof SyntaxError)) throw cause;
      throw new SyntaxError(`column "${this.#name}" is damaged: ${cause.message}`, { cause });
    }
  }

  get #type(): typeof Uint8Array {
    const type = this.#offsetBits === 32
      ? Int32Array
      : this.#offsetBits
      ? BigInt64Array
      : (this.field.type as Arrow.DataType).ArrayType;
    return type as unknown as typeof Uint8Array;
  }

  #numbers({ buffer, byteOffset, length }: Uint8Array): TypedArray {
    const type = this.#type;
    const numbers: TypedArray = new type(
      buffer as ArrayBuffer,
      byteOffset,
      Math.floor(length / type.BYTES_PER_ELEMENT),
    );
    return this.#offsetBits === 64 ? this.#narrow(numbers as unknown as BigInt64Array) : numbers;
  }

  /** Offsets of large lists as those of others. */
  #narrow(offsets: BigInt64Array): Int32Array {
    const rows = this.length + 1, last = offsets[this.length] ?? 0n;
    if (this.length > 0 && offsets.length < rows) {
      throw new SyntaxError(`column "${this.#name}" is cut off in its offsets`);
    }
    if (last > 0x7fffffffn) {
      throw new SyntaxError(
        `column "${this.#name}" has ${last} samples in one batch, more than 2147483647; write smaller batches`,
      );
    }
    return Int32Array.from(offsets.subarray(0, rows), (at) => at < 0n || at > last ? -1 : Number(at)); // -1 is refused
  }
}

function elementBits(type: Arrow.DataType): number {
  const { byteWidth } = type as Arrow.FixedSizeBinary;
  if (byteWidth !== undefined) return 8 * byteWidth;
  if (String(type) === "Bool") return 1;
  return (type.ArrayType as typeof Uint8Array).BYTES_PER_ELEMENT * 8;
}
