// Random schemas, tables and chunked results for the tests of the store.
import fc from "fast-check";
import { Chunk } from "../chunk/chunk.ts";
import { type ColumnType, type Element, ELEMENTS, type Schema, schema } from "../data/schema.ts";
import { type ColumnInput, type RowValue, Table } from "../data/table.ts";

const LIMITS: Readonly<Record<string, readonly [bigint, bigint]>> = {
  i8: [-128n, 127n],
  i16: [-(2n ** 15n), 2n ** 15n - 1n],
  i32: [-(2n ** 31n), 2n ** 31n - 1n],
  i64: [-(2n ** 63n), 2n ** 63n - 1n],
  u8: [0n, 255n],
  u16: [0n, 2n ** 16n - 1n],
  u32: [0n, 2n ** 32n - 1n],
  u64: [0n, 2n ** 64n - 1n],
  bool: [0n, 1n],
};

function valueOf(element: Element): fc.Arbitrary<number | bigint> {
  if (element === "f32") return fc.float();
  if (element === "f64") return fc.double();
  const [min, max] = LIMITS[element]!;
  const big = fc.bigInt({ min, max });
  return element.endsWith("64") ? big : big.map(Number);
}

interface RandomColumn {
  readonly type: ColumnType;
  readonly values: fc.Arbitrary<ColumnInput>;
}

function columnOfRows(rows: number): fc.Arbitrary<RandomColumn> {
  return fc.record({
    element: fc.constantFrom(...ELEMENTS),
    shape: fc.constantFrom("scalar", "fixed", "open", "ragged"),
    width: fc.integer({ min: 1, max: 11 }),
  }).map(({ element, shape, width }): RandomColumn => {
    const value = valueOf(element);
    const exactly = (n: number) => ({ minLength: n, maxLength: n });
    if (shape === "scalar") return { type: element, values: fc.array(value, exactly(rows)) };
    if (shape === "ragged") {
      const row = fc.array(value, { maxLength: 9 });
      return { type: `${element}[]`, values: fc.array(row, exactly(rows)) };
    }
    return {
      type: shape === "open" ? `${element}[n]` : `${element}[${width}]`,
      values: fc.array(fc.array(value, exactly(width)), exactly(rows)),
    };
  });
}

/** What {@linkcode randomTable} makes: the columns' inputs, to be given to `Table.from`. */
export interface RandomTable {
  readonly schema: Schema;
  readonly t0: bigint;
  readonly input: Readonly<Record<string, ColumnInput>>;
}

/** Tables of random columns beside `time` and `endtime`, rows in order of time. */
export const randomTable: fc.Arbitrary<RandomTable> = fc.nat(12).chain((rows) =>
  fc.record({
    t0: fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n }),
    steps: fc.array(fc.nat(2 ** 40), { minLength: rows, maxLength: rows }),
    lengths: fc.array(fc.nat(2 ** 35), { minLength: rows, maxLength: rows }),
    columns: fc.array(
      columnOfRows(rows).chain(({ type, values }) => fc.record({ type: fc.constant(type), values })),
      {
        maxLength: 5,
      },
    ),
  }).map(({ t0, steps, lengths, columns }): RandomTable => {
    let at = 0;
    const time = steps.map((step) => at += step);
    const types: Record<string, ColumnType> = { time: "time", endtime: "time" };
    const input: Record<string, ColumnInput> = { time, endtime: time.map((t, i) => t + lengths[i]!) };
    columns.forEach(({ type, values }, k) => {
      types[`c${k} é`] = type;
      input[`c${k} é`] = values;
    });
    return { schema: schema(types), t0, input };
  })
);

/** The bytes of parts, one after the other. */
export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** Rows as plain values: samples are arrays, so that tables of different buffers compare. */
export function plainRows(table: Table): Record<string, unknown>[] {
  const plain = (value: RowValue) => typeof value === "object" ? [...value] : value;
  return table.rows().map((row) =>
    Object.fromEntries(Object.entries(row).map(([name, value]) => [name, plain(value)]))
  );
}

/** Schema of {@linkcode chunkOf}. */
export const ROWS: Schema<
  { time: "time"; endtime: "time"; id: "u32"; wave: "u16[n]"; tags: "u8[]"; ok: "bool" }
> = schema({ time: "time", endtime: "time", id: "u32", wave: "u16[n]", tags: "u8[]", ok: "bool" });

/** A chunk of {@linkcode ROWS} with rows `[time, endtime)`; other columns follow from the time. */
export function chunkOf(
  start: number,
  end: number,
  rows: readonly (readonly [time: number, endtime: number])[],
  coverBefore?: bigint,
): Chunk {
  const column = <T>(of: (time: number) => T): T[] => rows.map(([time]) => of(time));
  const table = Table.from(ROWS, {
    time: column((t) => t - start),
    endtime: rows.map(([, e]) => e - start),
    id: column((t) => t),
    wave: column((t) => [t % 7, t % 11, t % 13]),
    tags: column((t) => Array.from({ length: t % 4 }, (_, i) => i + t % 5)),
    ok: column((t) => t % 3 === 0),
  }, { t0: BigInt(start) }) as unknown as Table;
  return new Chunk(table, {
    start: BigInt(start),
    end: BigInt(end),
    ...(coverBefore !== undefined && { coverBefore }),
  });
}
