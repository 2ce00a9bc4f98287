// The end of an Arrow file, which says where its batches lie: a flat buffer, checked before the library trusts its numbers.

/** Bytes of a block: offset (i64), bytes of metadata (i32) and padding, bytes of the body (i64). */
const BLOCK_BYTES = 24;
/** Magic and padding at the start of a file. */
const FIRST = 8;
const END_MARK = 8;
/** Between what is named there are an end mark and padding to 64 bytes at most. */
const MOST_BETWEEN = 72;
// Fields of the tables that are looked at, by their number.
const FOOTER = { schema: 1, dictionaries: 2, batches: 3 } as const;
const SCHEMA = { fields: 1, metadata: 2 } as const;
const FIELD = { children: 5, metadata: 6 } as const;
const DEEPEST = 64;

/** Where the first message of a file ends, its body apart: most often it describes the columns, and batches follow. */
export function batchesStart(head: Uint8Array<ArrayBuffer>): number {
  const view = new DataView(head.buffer, 8),
    [first, second] = [view.getInt32(0, true), view.getInt32(4, true)];
  return first === -1 ? 16 + second : 12 + first; // files before Arrow 0.15 have no mark
}

/**
 * What is wrong with a footer; `undefined` if nothing is. O(bytes of the footer).
 *
 * @param bytes The footer.
 * @param start Where batches may start in the file.
 * @param end Where they end, the place of the footer.
 */
export function footerProblem(bytes: Uint8Array, start: number, end: number): string | undefined {
  try {
    const flat = new FlatBuffer(bytes), root = flat.root();
    const schema = flat.table(root, FOOTER.schema);
    if (schema === undefined) return "it names no columns";
    checkFields(flat, flat.tables(schema, SCHEMA.fields), 0);
    flat.tables(schema, SCHEMA.metadata);
    const blocks = [...flat.blocks(root, FOOTER.dictionaries), ...flat.blocks(root, FOOTER.batches)];
    return blocksProblem(blocks, start, end);
  } catch (error) {
    if (error instanceof RangeError) return "its numbers point out of it"; // of a view
    throw error;
  }
}

function checkFields(flat: FlatBuffer, fields: Iterable<number>, depth: number): void {
  if (depth > DEEPEST) throw new RangeError("Columns lie too deep in each other");
  for (const field of fields) {
    flat.tables(field, FIELD.metadata);
    checkFields(flat, flat.tables(field, FIELD.children), depth + 1);
  }
}

/** Batches lie one behind the other up to the footer: a wrong count or place leaves a gap or an overlap. */
function blocksProblem(blocks: readonly Block[], start: number, footer: number): string | undefined {
  const sorted = blocks.toSorted((a, b) => a.offset - b.offset);
  let end = sorted[0]?.offset === FIRST ? FIRST : start; // some writers describe the columns in the footer only
  for (const { offset, metadata, body } of sorted) {
    const gap = offset - end;
    end = offset + metadata + body;
    if (!(gap >= 0 && gap <= MOST_BETWEEN && metadata > 0 && body >= 0 && end <= footer)) {
      return `it names a batch of ${metadata} and ${body} bytes at byte ${offset}`;
    }
  }
  const left = footer - end;
  return left <= (sorted.length > 0 ? MOST_BETWEEN : END_MARK)
    ? undefined
    : `it names ${blocks.length} batches, but ${left} bytes lie behind them`;
}

interface Block {
  readonly offset: number;
  readonly metadata: number;
  readonly body: number;
}

/** Tables and vectors of a flat buffer, by their places. Every read beyond it throws a RangeError. */
class FlatBuffer {
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  root(): number {
    return this.#follow(0);
  }

  #follow(at: number): number {
    return at + this.#view.getUint32(at, true);
  }

  /** Place of a field's value; `undefined` where the table has none. */
  #field(table: number, field: number): number | undefined {
    const view = this.#view, shape = table - view.getInt32(table, true), slot = 4 + 2 * field;
    if (slot >= view.getUint16(shape, true)) return undefined;
    const at = view.getUint16(shape + slot, true);
    return at === 0 ? undefined : table + at;
  }

  table(table: number, field: number): number | undefined {
    const at = this.#field(table, field);
    return at === undefined ? undefined : this.#follow(at);
  }

  /** First element of a vector and how many there are, all of which are there. */
  #vector(table: number, field: number, size: number): readonly [first: number, count: number] {
    const at = this.table(table, field);
    if (at === undefined) return [0, 0];
    const first = at + 4, count = this.#view.getUint32(at, true);
    if (first + count * size > this.#view.byteLength) throw new RangeError("A vector ends beyond the buffer");
    return [first, count];
  }

  tables(table: number, field: number): number[] {
    const [first, count] = this.#vector(table, field, 4);
    return Array.from({ length: count }, (_, i) => this.#follow(first + 4 * i));
  }

  blocks(table: number, field: number): Block[] {
    const [first, count] = this.#vector(table, field, BLOCK_BYTES), view = this.#view;
    return Array.from({ length: count }, (_, i) => {
      const at = first + BLOCK_BYTES * i;
      return {
        offset: Number(view.getBigInt64(at, true)),
        metadata: view.getInt32(at + 8, true),
        body: Number(view.getBigInt64(at + 16, true)),
      };
    });
  }
}
