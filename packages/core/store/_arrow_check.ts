// What describes an Arrow file, checked before apache-arrow believes its numbers: a wrong count would fill the memory.
import { FlatBuffer } from "./_flatbuffer.ts";

/** Bytes of a block: offset (i64), bytes of metadata (i32) and padding, bytes of the body (i64). */
const BLOCK_BYTES = 24;
/** Bytes of a node (rows, nulls) and of a buffer's place (offset, length), i64. */
const PAIR_BYTES = 16;
/** Magic and padding at the start of a file. */
export const FIRST = 8;
const END_MARK = 8;
/** Between what is named there are an end mark and padding to 64 bytes at most. */
const MOST_BETWEEN = 72;
const DEEPEST = 64;
/** Types of a column that has one column in it: list, list of fixed size, map, large list. */
const LISTS: ReadonlySet<number> = new Set([12, 16, 17, 21]);
// Fields of the tables that are looked at, by their number.
const FOOTER = { schema: 1, dictionaries: 2, batches: 3, metadata: 4 } as const;
const SCHEMA = { endianness: 0, fields: 1, metadata: 2, features: 3 } as const;
const FIELD = { name: 0, kind: 2, type: 3, dictionary: 4, children: 5, metadata: 6 } as const;
const TEXT = { key: 0, value: 1 } as const;
const MESSAGE = { kind: 1, header: 2, body: 3, metadata: 4 } as const;
const DICTIONARY = { batch: 1 } as const;
const BATCH = { rows: 0, nodes: 1, buffers: 2, compression: 3, counts: 4 } as const;
/** Kinds of messages. */
export const KIND = { schema: 1, dictionary: 2, batch: 3 } as const;

/** Where a message and what it describes lie in a file. */
export interface Block {
  readonly offset: number;
  readonly metadata: number;
  readonly body: number;
}

/** How many nodes (columns and columns in them) each column of a batch has. */
export type Columns = readonly number[];

/**
 * The batches (and dictionaries) that a footer names, in the order of the file, and their columns. O(bytes of the footer).
 *
 * @param bytes The footer.
 * @param start Where the first message of the file ends; undefined where the file does not say.
 * @param end Where batches end, the place of the footer.
 * @throws {SyntaxError} When the footer is damaged, with what is wrong.
 */
export function checkFooter(
  bytes: Uint8Array,
  start: number | undefined,
  end: number,
): { readonly blocks: readonly Block[]; readonly columns: Columns } {
  return checked("its footer, which says where the rows lie,", () => {
    const flat = new FlatBuffer(bytes), root = flat.root();
    const schema = flat.table(root, FOOTER.schema);
    if (schema === undefined) throw new RangeError("it names no columns");
    const columns = checkSchema(flat, schema);
    checkTexts(flat, root, FOOTER.metadata);
    const blocks = [...blocksOf(flat, root, FOOTER.dictionaries), ...blocksOf(flat, root, FOOTER.batches)]
      .toSorted((a, b) => a.offset - b.offset);
    checkBlocks(blocks, start, end);
    return { blocks, columns };
  });
}

/** What a message says of itself. */
export interface MessageInfo {
  /** One of {@linkcode KIND}. */
  readonly kind: number;
  /** Bytes that belong to it behind its flat buffer. */
  readonly body: number;
  /** Of a schema: the columns of the batches behind it. */
  readonly columns?: Columns;
  /** Rows of a record batch. */
  readonly rows?: number;
}

/**
 * Check the flat buffer of a message. O(bytes).
 *
 * @param columns Of a record batch, where they are known: each has as many rows as it.
 * @throws {SyntaxError} When it is damaged, with what is wrong.
 */
export function checkMessage(bytes: Uint8Array, columns?: Columns): MessageInfo {
  return checked("its message", () => {
    const flat = new FlatBuffer(bytes), root = flat.root();
    checkTexts(flat, root, MESSAGE.metadata);
    const kind = flat.byte(root, MESSAGE.kind), header = flat.table(root, MESSAGE.header);
    if (header === undefined) throw new RangeError("it has no header");
    const body = flat.long(root, MESSAGE.body);
    if (!(body >= 0)) throw new RangeError(`it has ${body} bytes behind it`);
    if (kind === KIND.schema) return { kind, body, columns: checkSchema(flat, header) };
    const batch = kind === KIND.dictionary ? flat.table(header, DICTIONARY.batch) : header;
    if (batch === undefined || kind !== KIND.batch && kind !== KIND.dictionary) {
      throw new RangeError(`it is no record batch, but of kind ${kind}`);
    }
    const nodes = flat.vector(batch, BATCH.nodes, PAIR_BYTES);
    flat.vector(batch, BATCH.buffers, PAIR_BYTES);
    flat.table(batch, BATCH.compression);
    flat.vector(batch, BATCH.counts, 8);
    const rows = flat.long(batch, BATCH.rows);
    if (columns && kind === KIND.batch) checkRows(flat, rows, nodes, columns);
    return { kind, body, rows };
  });
}

/** All columns have the rows of their batch: apache-arrow would make those that are said to be missing. */
function checkRows(
  flat: FlatBuffer,
  rows: number,
  [first, count]: readonly [number, number],
  columns: Columns,
): void {
  const wanted = columns.reduce((sum, nodes) => sum + nodes, 0);
  if (count !== wanted) throw new RangeError(`it has ${count} columns, the schema says ${wanted}`);
  let at = first;
  for (const nodes of columns) {
    const length = flat.int64(at);
    if (length !== rows) throw new RangeError(`a column has ${length} rows, its batch ${rows}`);
    at += PAIR_BYTES * nodes;
  }
}

/** Decode or check; what goes wrong is damage of `what`. */
export function checked<T>(what: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    const { message } = cause as Error;
    throw new SyntaxError(`${what} is damaged: ${message}`, { cause });
  }
}

function checkSchema(flat: FlatBuffer, schema: number): Columns {
  if (flat.byte(schema, SCHEMA.endianness) !== 0) throw new RangeError("its numbers are not little-endian");
  const columns = checkFields(flat, flat.tables(schema, SCHEMA.fields), 0);
  checkTexts(flat, schema, SCHEMA.metadata);
  flat.vector(schema, SCHEMA.features, 8);
  return columns;
}

function checkFields(
  flat: FlatBuffer,
  fields: Iterable<number>,
  depth: number,
  seen = new Set<number>(),
): number[] {
  if (depth > DEEPEST) throw new RangeError("columns lie too deep in each other");
  const nodes: number[] = [];
  for (const field of fields) {
    if (seen.has(field)) throw new RangeError("a column is described twice");
    seen.add(field);
    flat.checkText(field, FIELD.name);
    flat.table(field, FIELD.type);
    const isCoded = flat.table(field, FIELD.dictionary) !== undefined;
    checkTexts(flat, field, FIELD.metadata);
    const children = flat.tables(field, FIELD.children);
    if (LISTS.has(flat.byte(field, FIELD.kind)) && children.length !== 1) {
      throw new RangeError(`a list has ${children.length} columns in it`);
    }
    const inside = checkFields(flat, children, depth + 1, seen).reduce((sum, count) => sum + count, 0);
    nodes.push(isCoded ? 1 : 1 + inside); // the columns in a coded one are in its dictionary
  }
  return nodes;
}

function checkTexts(flat: FlatBuffer, table: number, field: number): void {
  for (const text of flat.tables(table, field)) {
    flat.checkText(text, TEXT.key);
    flat.checkText(text, TEXT.value);
  }
}

function blocksOf(flat: FlatBuffer, table: number, field: number): Block[] {
  const [first, count] = flat.vector(table, field, BLOCK_BYTES);
  return Array.from({ length: count }, (_, i) => {
    const at = first + BLOCK_BYTES * i;
    return { offset: flat.int64(at), metadata: flat.int32(at + 8), body: flat.int64(at + 16) };
  });
}

/** Batches lie one behind the other up to the footer: a wrong count or place leaves a gap or an overlap. */
function checkBlocks(blocks: readonly Block[], start: number | undefined, footer: number): void {
  const begins = blocks[0]?.offset ?? footer;
  let end = start === undefined && begins >= FIRST ? begins : FIRST;
  if (start !== undefined && begins !== FIRST) end = start; // some writers describe the columns in the footer only
  for (const { offset, metadata, body } of blocks) {
    const gap = offset - end;
    end = offset + metadata + body;
    if (!(gap >= 0 && gap <= MOST_BETWEEN && metadata >= 8 && body >= 0 && end <= footer)) {
      throw new RangeError(`it names a batch of ${metadata} and ${body} bytes at byte ${offset}`);
    }
  }
  const left = footer - end;
  if (left > (blocks.length > 0 ? MOST_BETWEEN : END_MARK)) {
    throw new RangeError(`it names ${blocks.length} batches, but ${left} bytes lie behind them`);
  }
}
