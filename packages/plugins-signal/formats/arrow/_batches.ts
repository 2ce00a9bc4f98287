// The record batches of an Arrow file, one at a time.
import type * as Arrow from "apache-arrow";
import type { TypedArray } from "@millrace/core/schema";
import { checkArrowFile, checkArrowStream, unlz4 } from "@millrace/core/arrow";
import { zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { choose, type Chosen } from "../columnar/names.ts";
import type { Block, BlockSource } from "../columnar/reader.ts";
import { readable } from "../columnar/readable.ts";
import type { FormatOptions } from "../format.ts";
import { noFiles } from "../merge/read_traces.ts";
import { RunFile } from "../merge/file.ts";

type Reader = Arrow.AsyncRecordBatchFileReader | Arrow.AsyncRecordBatchStreamReader;
const MAGIC = "ARROW1";
/** Behind the footer: its length and the magic. */
const TAIL = 4 + MAGIC.length;
/** ps of the units of timestamps and durations, by their number. */
const UNITS: readonly bigint[] = [1_000_000_000_000n, 1_000_000_000n, 1_000_000n, 1000n];

/** Begin a file. @throws {SyntaxError} On one that is cut or damaged. @throws {TypeError} On columns of other types. */
export async function openArrow(path: string, options: FormatOptions): Promise<BlockSource> {
  const arrow = await import("apache-arrow");
  const { compressionRegistry, CompressionType } = arrow;
  if (compressionRegistry.get(CompressionType.ZSTD) === null) {
    compressionRegistry.set(CompressionType.ZSTD, { encode: zstdCompressSync, decode: zstdDecompressSync });
  }
  if (compressionRegistry.get(CompressionType.LZ4_FRAME) === null) {
    compressionRegistry.set(CompressionType.LZ4_FRAME, { decode: unlz4 });
  }
  const file = new RunFile(path, noFiles()), size = await file.stat();
  try {
    const rowsOf = await checkAll(path, file, size);
    const reader = await readable(path, 0, async () => {
      const reader = await arrow.RecordBatchReader.from(
        handleOf(file, size, options.readBytes) as never,
      ) as Reader;
      return await reader.open({ autoDestroy: false });
    });
    const schema = reader.schema as Arrow.Schema | undefined;
    if (!schema) {
      throw new SyntaxError(`Cannot read "${path}" at byte 0: no columns start there; check the file`);
    }
    const { chosen, timeScale } = await readable(path, 0, () => {
      const { fields } = schema, chosen = choose(path, fields.map(({ name }) => name));
      checkWave(arrow, path, fields.find(({ name }) => name === chosen.wave)!);
      return { chosen, timeScale: scaleOf(arrow, path, fields.find(({ name }) => name === chosen.time)) };
    });
    let row = 0, batchNumber = 0, charged = 0;
    const nextBatch = async (): Promise<Arrow.RecordBatch | undefined> => {
      if (!rowsOf) return (await reader.next()).value as Arrow.RecordBatch | undefined;
      // Batches without rows of a file say nothing.
      while (rowsOf[batchNumber] === 0) batchNumber++;
      if (batchNumber >= rowsOf.length) return undefined;
      return await reader.readRecordBatch(batchNumber++) as Arrow.RecordBatch;
    };
    const letGo = () => {
      options.account?.refund(charged);
      charged = 0;
    };
    return {
      path,
      size,
      timeScale,
      async next() {
        letGo();
        let batch: Arrow.RecordBatch | undefined;
        do {
          batch = await readable(path, row, nextBatch);
          if (!batch) return undefined;
        } while (batch.numRows === 0); // of a stream without batches: its columns have no parts
        const read = batch;
        options.account?.charge(charged = batch.data.byteLength);
        const block = await readable(path, row, () => blockOf(path, row, read, chosen, file.at));
        row += batch.numRows;
        return block;
      },
      // A stream does not say where its batches lie.
      ...(rowsOf && {
        goTo(wanted: number) {
          for (row = batchNumber = 0; row + rowsOf[batchNumber]! <= wanted; batchNumber++) {
            row += rowsOf[batchNumber]!;
          }
          return row;
        },
      }),
      close() {
        letGo();
        reader.cancel();
        file.close();
      },
    };
  } catch (error) {
    file.close();
    throw error;
  }
}

/**
 * A file, unlike a stream, says that it is one at both ends, and where its batches lie at the second one. Both are checked. Gives the rows of
 * each batch of a file.
 */
async function checkAll(path: string, file: RunFile, size: number): Promise<number[] | undefined> {
  if (size === 0) {
    throw new SyntaxError(`Cannot read "${path}" at byte 0: it is empty; remove it from the input`);
  }
  const read = (at: number, length: number) => bytesAt(file, at, length);
  let check: (...args: Parameters<typeof checkArrowFile>) => Promise<number[] | void> = checkArrowStream;
  const isMagic = (bytes: Uint8Array) => new TextDecoder().decode(bytes) === MAGIC;
  if (isMagic(await bytesAt(file, 0, Math.min(size, MAGIC.length)))) {
    const end = size < 2 * MAGIC.length ? undefined : await bytesAt(file, size - TAIL, TAIL);
    if (!end || !isMagic(end.subarray(4))) {
      throw new SyntaxError(
        `Cannot read "${path}": its end is missing after ${size} bytes, it was cut; copy it again`,
      );
    }
    check = checkArrowFile;
  }
  const rows = await check(read, size).catch((cause) => {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new SyntaxError(`Cannot read "${path}": ${cause.message}; copy it again`, { cause });
  });
  await file.seek(0);
  return rows ?? undefined;
}

async function bytesAt(file: RunFile, at: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(length);
  await file.seek(at);
  for (let have = 0; have < length;) {
    const got = await file.read(bytes.subarray(have));
    if (got === null) return bytes.subarray(0, have);
    have += got;
  }
  return bytes;
}

/** The file as the library asks for one: as a file handle of Node. */
function handleOf(file: RunFile, size: number, readBytes: number): unknown {
  return {
    fd: 0,
    stat: () => Promise.resolve({ size }),
    async read(buffer: Uint8Array, offset: number, length: number, position: number) {
      if (file.at !== position) await file.seek(position);
      let bytesRead = 0;
      while (bytesRead < length) {
        const from = offset + bytesRead;
        const got = await file.read(buffer.subarray(from, Math.min(offset + length, from + readBytes)));
        if (got === null) break;
        bytesRead += got;
      }
      return { bytesRead, buffer };
    },
    close: () => Promise.resolve(file.close()),
  };
}

function scaleOf(arrow: typeof Arrow, path: string, field: Arrow.Field | undefined): bigint {
  if (!field) return 1n;
  const { type } = field, { DataType } = arrow;
  if (DataType.isTimestamp(type) || DataType.isDuration(type)) {
    const scale = UNITS[(type as { unit: number }).unit];
    if (scale !== undefined) return scale;
  }
  if (DataType.isInt(type)) return 1n;
  throw new TypeError(
    `Cannot read "${path}": the column ${field.name} is of type ${type}; times are whole numbers of ps, timestamps or durations`,
  );
}

function checkWave(
  { DataType, Precision, Type }: typeof Arrow,
  path: string,
  { name, type }: Arrow.Field,
): void {
  const isList = DataType.isList(type) || DataType.isFixedSizeList(type) || type.typeId === Type.LargeList;
  const item = isList ? (type as Arrow.List).children[0]!.type : undefined;
  // Numbers of 16 floating bits are held as integers, whose bits they are.
  if (item && (DataType.isInt(item) || (DataType.isFloat(item) && item.precision !== Precision.HALF))) return;
  throw new TypeError(
    `Cannot read "${path}": the column ${name} is of type ${type}; traces are lists of numbers`,
  );
}

function blockOf(
  path: string,
  first: number,
  batch: Arrow.RecordBatch,
  { wave, time }: Chosen,
  received: number,
): Block {
  const list = batch.getChild(wave)!.data[0]! as Arrow.Data<Arrow.List>, [item] = list.children;
  const values = item!.values as TypedArray;
  const size = (list.type as unknown as Arrow.FixedSizeList).listSize as number | undefined;
  const offsets = list.valueOffsets as Int32Array | BigInt64Array;
  const rows = batch.numRows,
    there = size === undefined ? offsets.length - 1 : Math.floor(values.length / size);
  if (there < rows) throw damaged(path, first, wave, `has ${there} rows of ${rows}`);
  if (item!.nullCount > 0) {
    throw new TypeError(
      `Cannot read "${path}": some samples from row ${first} on are missing (null); fill them in`,
    );
  }
  const columns = new Map<string, ArrayLike<number | bigint | null> | undefined>();
  return {
    rows,
    received,
    wave(row) {
      if (list.nullCount > 0 && !list.getValid(row)) {
        throw new TypeError(`Cannot read "${path}": row ${first + row} has no trace (null); leave it out`);
      }
      if (size !== undefined) {
        return values.subarray((list.offset + row) * size, (list.offset + row + 1) * size);
      }
      const from = Number(offsets[row]), to = Number(offsets[row + 1]);
      if (!(from >= 0 && from <= to && to <= values.length)) {
        throw damaged(path, first + row, wave, `has samples ${from} to ${to} of ${values.length}`);
      }
      return values.subarray(from, to);
    },
    column(name) {
      const key = name === "time" ? time : name;
      if (key === undefined) return undefined;
      if (!columns.has(key)) columns.set(key, numbersOf(path, first, key, batch.getChild(key)));
      return columns.get(key);
    },
  };
}

function numbersOf(
  path: string,
  first: number,
  name: string,
  vector: Arrow.Vector | null,
): ArrayLike<number | bigint | null> | undefined {
  if (!vector) return undefined;
  const { values, nullCount, length } = vector.data[0]!;
  if (nullCount > 0) {
    throw new TypeError(
      `Cannot read "${path}": some of ${name} from row ${first} on are missing (null); fill them in`,
    );
  }
  if (values.length < length) {
    throw damaged(path, first, name, `has ${values.length} values of ${length} rows`);
  }
  return values as ArrayLike<number | bigint>;
}

function damaged(path: string, row: number, column: string, what: string): SyntaxError {
  return new SyntaxError(
    `Cannot read "${path}" at row ${row}: it is damaged, the column ${column} ${what}; copy it again`,
  );
}
