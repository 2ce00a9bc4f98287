// The rows of a Parquet file, some at a time.
import type { AsyncBuffer, FileMetaData, SchemaElement } from "hyparquet";
import { choose, type Chosen } from "../columnar/names.ts";
import type { Block, BlockSource } from "../columnar/reader.ts";
import { readable } from "../columnar/readable.ts";
import type { FormatOptions } from "../format.ts";
import { RunFile } from "../merge/file.ts";
import { noFiles } from "../merge/read_traces.ts";

/** Most samples that are unpacked at once. */
const SAMPLES = 4_000_000;
const SCALES: Readonly<Record<string, bigint>> = { MILLIS: 1_000_000_000n, MICROS: 1_000_000n, NANOS: 1000n };

/** Rows to read together. */
interface Window {
  readonly from: number;
  readonly to: number;
  readonly samples: number;
  /** Bytes of the file up to its end, about. */
  readonly received: number;
}

/** Begin a file. @throws {SyntaxError} On one that is cut or damaged. @throws {TypeError} On columns of other types. */
export async function openParquet(path: string, options: FormatOptions): Promise<BlockSource> {
  const { parquetMetadataAsync, parquetReadObjects } = await import("hyparquet");
  const { compressors } = await import("hyparquet-compressors");
  const file = new RunFile(path, noFiles()), size = await file.stat();
  try {
    const buffer = bufferOf(path, file, size);
    const metadata = await readable(path, 0, () => parquetMetadataAsync(buffer));
    const top = topLevel(metadata.schema), chosen = choose(path, top.map(({ name }) => name));
    const timeScale = scaleOf(path, top.find(({ name }) => name === chosen.time));
    if (top.find(({ name }) => name === chosen.wave)!.num_children === undefined) {
      throw new TypeError(
        `Cannot read "${path}": the column ${chosen.wave} has no lists; traces are lists of numbers`,
      );
    }
    const columns = [chosen.wave, ...chosen.others, ...chosen.time === undefined ? [] : [chosen.time]];
    const windows = windowsOf(metadata, chosen.wave)[Symbol.iterator]();
    let charged = 0;
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
        const { value: window, done } = windows.next();
        if (done) return undefined;
        options.account?.charge(charged = 8 * window.samples);
        const rows = await readable(path, window.from, () =>
          parquetReadObjects({
            file: buffer,
            metadata,
            columns,
            rowStart: window.from,
            rowEnd: window.to,
            compressors,
            useOffsetIndex: true,
            parsers: {
              timestampFromMilliseconds: same,
              timestampFromMicroseconds: same,
              timestampFromNanoseconds: same,
            },
          }));
        return blockOf(path, rows, window, chosen);
      },
      close() {
        letGo();
        file.close();
      },
    };
  } catch (error) {
    file.close();
    throw error;
  }
}

const same = (value: bigint) => value;

function bufferOf(path: string, file: RunFile, size: number): AsyncBuffer {
  // Columns are asked for at the same time, and there is one place in the file.
  let last: Promise<unknown> = Promise.resolve();
  const read = async (from: number, to: number): Promise<ArrayBuffer> => {
    const bytes = new Uint8Array(Math.max(0, to - from));
    await file.seek(from);
    for (let have = 0; have < bytes.length;) {
      const got = await file.read(bytes.subarray(have));
      if (got === null) {
        throw new SyntaxError(`Cannot read "${path}" at byte ${from + have}: it became shorter`);
      }
      have += got;
    }
    return bytes.buffer;
  };
  return {
    byteLength: size,
    slice(from, to = size) {
      const start = from < 0 ? Math.max(0, size + from) : from;
      const own = last.then(() => read(start, Math.min(size, to)));
      last = own.catch(() => {}); // who asked is told
      return own;
    },
  };
}

function topLevel(schema: readonly SchemaElement[]): SchemaElement[] {
  const found: SchemaElement[] = [];
  const behind = (at: number): number => {
    let next = at + 1;
    for (let k = 0; k < (schema[at]!.num_children ?? 0); k++) next = behind(next);
    return next;
  };
  for (let at = 1; at < schema.length; at = behind(at)) found.push(schema[at]!);
  return found;
}

function scaleOf(path: string, element: SchemaElement | undefined): bigint {
  if (!element) return 1n;
  const { name, type, logical_type, converted_type } = element;
  const unit = logical_type?.type === "TIMESTAMP"
    ? logical_type.unit
    : /^TIMESTAMP_(\w+)/.exec(converted_type ?? "")?.[1];
  if (unit !== undefined) return SCALES[unit]!;
  if (type === "INT64" || type === "INT32") return 1n;
  throw new TypeError(
    `Cannot read "${path}": the column ${name} is of type ${type}; times are whole numbers of ps or timestamps`,
  );
}

function* windowsOf({ row_groups }: FileMetaData, wave: string): Generator<Window, undefined> {
  let first = 0, received = 0;
  for (const { num_rows, columns } of row_groups) {
    const rows = Number(num_rows);
    const data = columns.find(({ meta_data }) => meta_data?.path_in_schema[0] === wave)?.meta_data;
    const samples = Number(data?.num_values ?? 0),
      parts = Math.min(rows, Math.max(1, Math.ceil(samples / SAMPLES)));
    const bytes = columns.reduce(
      (sum, { meta_data }) => sum + Number(meta_data?.total_compressed_size ?? 0),
      0,
    );
    for (let k = 0; k < parts; k++) {
      const from = first + Math.floor(rows * k / parts), to = first + Math.floor(rows * (k + 1) / parts);
      yield {
        from,
        to,
        samples: Math.ceil(samples / parts),
        received: Math.round(received + bytes * (k + 1) / parts),
      };
    }
    first += rows;
    received += bytes;
  }
}

function blockOf(
  path: string,
  rows: Record<string, unknown>[],
  { from, received }: Window,
  { wave, time }: Chosen,
): Block {
  return {
    rows: rows.length,
    received,
    wave(row) {
      const values = rows[row]![wave];
      if (Array.isArray(values) || ArrayBuffer.isView(values)) return values as ArrayLike<number | bigint>;
      throw new TypeError(`Cannot read "${path}": row ${from + row} has no trace (${values}); leave it out`);
    },
    column(name) {
      const key = name === "time" ? time : name;
      if (key === undefined || rows.length === 0 || !(key in rows[0]!)) return undefined;
      return rows.map((row) => (row[key] ?? null) as number | bigint | null);
    },
  };
}
