// The footer of a Parquet file, which says where its columns lie: checked before it is believed.
import type { ColumnMetaData, FileMetaData, RowGroup, SchemaElement } from "hyparquet";
import type { ReadBytes } from "../store/_arrow_batch.ts";
import { endOfStruct } from "./_parquet_thrift.ts";

const MAGIC = "PAR1";
/** Behind the footer: its length and the magic. */
const TAIL = 4 + MAGIC.length;
const DEEPEST = 32;
/** Bytes that a footer has at most: of 100,000 row groups with 10 columns it has some 100 MB. */
const LONGEST = 2 ** 28;
const MOST = Number.MAX_SAFE_INTEGER;

/** A column of numbers or bytes, which may lie in others. */
export interface Leaf {
  /** Names from the outermost column on. */
  readonly path: readonly string[];
  /** The same in the footer. */
  readonly elements: readonly SchemaElement[];
}

/** Where a leaf of a row group lies. */
export interface LeafChunk {
  readonly meta: ColumnMetaData;
  /** First byte. */
  readonly from: number;
  /** Behind the last one. */
  readonly to: number;
  /** Values of it, those that are missing too. */
  readonly count: number;
}

/** Rows that lie together. */
export interface Group {
  readonly rows: number;
  /** By leaf. */
  readonly chunks: readonly LeafChunk[];
}

/** What a footer says. */
export interface Footer {
  readonly leaves: readonly Leaf[];
  readonly groups: readonly Group[];
  /** Texts of programs, by their name. */
  readonly texts: ReadonlyMap<string, string>;
}

/**
 * The footer of a file of `size` bytes.
 *
 * @throws {SyntaxError} When it has none, or one that contradicts itself or the file.
 */
export async function readFooter(read: ReadBytes, size: number): Promise<Footer> {
  if (size < MAGIC.length + TAIL) throw new SyntaxError(`it has ${size} bytes, it was cut; copy it again`);
  const head = await read(0, MAGIC.length), tail = await read(size - TAIL, TAIL);
  if (textOf(tail.subarray(4)) !== MAGIC || textOf(head) !== MAGIC) {
    if (textOf(tail.subarray(4)) === "PARE") throw new SyntaxError("it is encrypted, which is not supported");
    throw new SyntaxError(
      `its ${textOf(head) === MAGIC ? "end" : "start"} is missing, it was cut; copy it again`,
    );
  }
  const length = new DataView(tail.buffer, tail.byteOffset).getUint32(0, true), end = size - TAIL - length;
  const { parquetMetadata } = await import("hyparquet");
  try {
    if (end < MAGIC.length || length > LONGEST) throw new RangeError(`it says that it has ${length} bytes`);
    const bytes = await read(end, length + TAIL), behind = endOfStruct(bytes.subarray(0, length), 0);
    if (behind !== length) throw new RangeError(`it ends after ${behind} of ${length} bytes`);
    return checked(parquetMetadata(bytes, { geoparquet: false }), end);
  } catch (cause) {
    if (!(cause instanceof Error)) throw cause;
    throw new SyntaxError(
      `its footer, which says where the rows lie, is damaged: ${cause.message}; copy it again`,
      { cause },
    );
  }
}

const textOf = (bytes: Uint8Array) => String.fromCharCode(...bytes);

function checked({ schema, row_groups, num_rows, key_value_metadata }: FileMetaData, end: number): Footer {
  const leaves = leavesOf(schema), groups = row_groups.map((group) => groupOf(group, leaves, end));
  const rows = groups.reduce((sum, { rows }) => sum + rows, 0);
  if (rows !== whole(num_rows, "rows", MOST)) {
    throw new RangeError(`it names ${num_rows} rows, and ${rows} in parts`);
  }
  const places = groups.filter(({ rows }) => rows > 0).flatMap(({ chunks }) => chunks)
    .toSorted((a, b) => a.from - b.from);
  places.forEach(({ from }, k) => {
    if (k > 0 && from < places[k - 1]!.to) throw new RangeError(`two columns lie at byte ${from}`);
  });
  const texts = (key_value_metadata ?? []).map(({ key, value }) => [key, value ?? ""] as const);
  return { leaves, groups, texts: new Map(texts) };
}

/** A number of a footer. */
function whole(value: unknown, what: string, most: number): number {
  const number = typeof value === "bigint" ? Number(value) : value;
  if (Number.isInteger(number) && number as number >= 0 && number as number <= most) return number as number;
  throw new RangeError(`it names ${value} ${what}`);
}

function leavesOf(schema: readonly SchemaElement[]): Leaf[] {
  const leaves: Leaf[] = [];
  let at = 0;
  const add = (outer: readonly SchemaElement[]) => {
    const element = schema[at++];
    if (typeof element?.name !== "string") throw new RangeError("a column is missing");
    const elements = at === 1 ? [] : [...outer, element], isLeaf = at > 1 && !element.num_children;
    if (isLeaf !== (element.type !== undefined)) throw new RangeError(`column "${element.name}" has no type`);
    if (elements.length > 0 && !element.repetition_type) {
      throw new RangeError(`column "${element.name}" may repeat in an unknown way`);
    }
    if (elements.length > DEEPEST) throw new RangeError(`it has more than ${DEEPEST} columns in each other`);
    if (isLeaf) {
      leaves.push({ path: elements.map(({ name }) => name), elements });
      return;
    }
    const children = whole(element.num_children ?? 0, "columns", schema.length);
    for (let k = 0; k < children; k++) add(elements);
  };
  add([]);
  if (at !== schema.length) throw new RangeError(`it names ${schema.length - at} columns too many`);
  return leaves;
}

function groupOf(group: RowGroup, leaves: readonly Leaf[], end: number): Group {
  const rows = whole(group.num_rows, "rows", MOST), { columns } = group;
  if (columns.length !== leaves.length) {
    throw new RangeError(`it names ${leaves.length} columns, and ${columns.length} in a part`);
  }
  const chunks = columns.map(({ meta_data: meta, file_path }, k) => {
    const { path, elements } = leaves[k]!, name = path.join(".");
    if (file_path) throw new RangeError(`column "${name}" lies in another file, "${file_path}"`);
    if (meta?.path_in_schema.join(".") !== name) {
      throw new RangeError(`column "${name}" is missing in a part`);
    }
    if (meta.type !== elements.at(-1)!.type) throw new RangeError(`column "${name}" is of two types`);
    if (!meta.codec) throw new RangeError(`column "${name}" is packed in an unknown way`);
    const count = whole(meta.num_values, "values", MOST);
    const isSingle = elements.every(({ repetition_type }) => repetition_type !== "REPEATED");
    if (isSingle ? count !== rows : count < rows) {
      throw new RangeError(`column "${name}" has ${count} values in ${rows} rows`);
    }
    const bytes = whole(meta.total_compressed_size, "bytes", end);
    whole(meta.total_uncompressed_size, "bytes", MOST);
    const data = whole(meta.data_page_offset, "bytes in front of a column", end);
    const words = whole(meta.dictionary_page_offset ?? 0, "bytes in front of a dictionary", end);
    const from = words > 0 && words < data ? words : data;
    const isInside = from >= MAGIC.length && from + bytes <= end;
    if (rows > 0 && !isInside) {
      throw new RangeError(`column "${name}" lies at bytes ${from} to ${from + bytes}`);
    }
    return { meta, from, to: from + bytes, count };
  });
  return { rows, chunks };
}
