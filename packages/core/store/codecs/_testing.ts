// The conformance suite of codecs: every codec gives back every table, to us and as Arrow to others, and refuses damage.
import assert from "node:assert/strict";
import * as flechette from "@uwdata/flechette";
import fc from "fast-check";
import { type Schema, schema } from "../../data/schema.ts";
import { Table } from "../../data/table.ts";
import { joined, plainRows, randomTable } from "../_testing.ts";
import { decodeTable, encodeTable, openArrow } from "../arrow.ts";
import type { Codec } from "./codec.ts";

const samples: Schema = schema({
  time: "time",
  channel: "u16",
  wave: "u16[40]",
  short: "i16[]",
  open: "u16[n]",
  long: "i32[]",
  good: "bool",
}) as Schema;

/** Waveforms with a baseline, noise and pulses, whose rows depend on their number alone. */
export function waveforms(rows: number): Table {
  // A hash: noise that repeats itself is something else.
  const noise = (i: number, j: number) => {
    const x = Math.imul(Math.imul(i * 4096 + j, 0x9e3779b1) >>> 3 ^ j, 0x85ebca6b);
    return (x >>> 16) % 13 - 6;
  };
  const index = Array.from({ length: rows }, (_, i) => i);
  const trace = (i: number, n: number, base: number) =>
    Array.from({ length: n }, (_, j) => base + noise(i, j) - (i % 5 === 0 && j > n / 2 ? 3000 : 0));
  return Table.from(samples, {
    time: index.map((i) => 1_000_000_000_000_000n + BigInt(i) * 1000n),
    channel: index.map((i) => i % 4),
    wave: index.map((i) => trace(i, 40, 15_000 + 100 * (i % 4))),
    short: index.map((i) => trace(i, i % 9, -20)),
    open: rows === 0 ? [] : index.map((i) => trace(i, 17, 30_000)),
    long: index.map((i) => trace(i, i % 3, 1_000_000)),
    good: index.map((i) => i % 2 === 1),
  });
}

/** Bytes of a table as an Arrow file. */
export async function fileOf(table: Table, codec: Codec): Promise<Uint8Array> {
  return joined(await encodeTable(table, { codec: codec.name }));
}

/** Let flechette read zstd, with a decompressor that shares no code with ours. */
export async function zstdForFlechette(): Promise<void> {
  const { decompress } = await import("fzstd");
  const encode = (bytes: Uint8Array) => bytes; // asked for, never used
  flechette.setCompressionCodec(flechette.CompressionType.ZSTD, {
    encode,
    decode: (bytes) => decompress(bytes),
  });
}

/** A reader that shares no code with ours: rows of a table in an Arrow file, by what the file says. */
export function readByOthers(bytes: Uint8Array): Record<string, unknown>[] {
  const table = flechette.tableFromIPC(bytes, { useBigInt: true });
  const columns = table.names.map((name, k) => {
    const { metadata } = table.schema.fields[k]!;
    const cells = [...table.getChild(name)!] as unknown[];
    const undo = metadata?.get("millrace.codec") === "bytes";
    return undo ? unshuffled(cells, metadata!.get("millrace.type")!) : cells.map(plain);
  });
  return Array.from(
    { length: table.numRows },
    (_, row) => Object.fromEntries(table.names.map((name, k) => [String(name), columns[k]![row]])),
  );
}

/** Cells of shuffled bytes, or of lists of them, undone as `millrace.undo` says. */
function unshuffled(cells: readonly unknown[], type: string): unknown[] {
  const lists = type.endsWith("]");
  const pieces = (lists ? cells.flatMap((cell) => [...cell as Iterable<Uint8Array>]) : cells) as Uint8Array[];
  const n = pieces.length,
    bytes = pieces.flatMap((piece) => [...piece]),
    size = n === 0 ? 0 : bytes.length / n;
  const number = new DataView(new ArrayBuffer(8));
  let sum = 0n;
  const numbers = pieces.map((_, i) => {
    for (let k = 0; k < 8; k++) number.setUint8(k, k < size ? bytes[k * n + i]! : 0);
    const bits = number.getBigUint64(0, true);
    if (type.startsWith("f64")) return number.getFloat64(0, true);
    if (type.startsWith("f32")) return number.getFloat32(0, true);
    if (type.startsWith("u")) return size === 8 ? bits : Number(bits);
    const signed = bits % 2n === 0n ? bits / 2n : -(bits + 1n) / 2n;
    if (type !== "time") return size === 8 ? signed : Number(signed);
    return sum = BigInt.asIntN(64, sum + signed);
  });
  if (!lists) return numbers;
  let at = 0;
  return cells.map((cell) => {
    const { length } = [...cell as Iterable<unknown>];
    return numbers.slice(at, at += length);
  });
}

// deno-lint-ignore no-explicit-any -- whatever another program gives
function plain(value: any): unknown {
  if (value === null || typeof value !== "object") return value;
  if ("base" in value && "samples" in value) {
    // What `millrace.undo` says.
    return [...value.samples].map(({ low, high }: { low: number; high: number }) => {
      const z = low + 256 * high;
      const sample = value.base + (z % 2 === 0 ? z / 2 : -(z + 1) / 2);
      return value.base < 0 ? (sample << 16) >> 16 : sample;
    });
  }
  return [...value];
}

/** Where the buffers of the only record batch lie. */
async function bodyOf(bytes: Uint8Array): Promise<{ from: number; to: number }> {
  const { Footer } = await import("apache-arrow/ipc/metadata/file");
  const size = new DataView(bytes.buffer, bytes.byteOffset).getInt32(bytes.length - 10, true);
  const block = Footer.decode(bytes.subarray(bytes.length - 10 - size, bytes.length - 10)).getRecordBatch(0)!;
  const from = block.offset + block.metaDataLength;
  return { from, to: from + block.bodyLength };
}

/** Register the tests of a codec. */
export function testCodec(codec: Codec): void {
  const roundTrip = async (table: Table): Promise<void> => {
    const bytes = await fileOf(table, codec);
    using back = await decodeTable(bytes);
    assert.equal(back.schema.text, table.schema.text);
    assert.deepEqual(plainRows(back), plainRows(table));
    for (const { name } of table.schema.columns) assert.equal(back.width(name), table.width(name));
  };

  Deno.test(`codec ${codec.name} gives back every table`, async () => {
    await fc.assert(
      fc.asyncProperty(randomTable, async ({ schema, t0, input }) => {
        using table = Table.from(schema, input, { t0 });
        await roundTrip(table);
      }),
      { numRuns: 100 },
    );
  });

  Deno.test(`codec ${codec.name} gives back waveforms, none, one and many`, async () => {
    for (const rows of [0, 1, 2, 700]) {
      using table = waveforms(rows);
      await roundTrip(table);
    }
  });

  Deno.test(`codec ${codec.name} gives rows and columns of a file`, async () => {
    using table = waveforms(50);
    const file = await openArrow(await fileOf(table, codec));
    const columns = ["wave", "time", "short"];
    using part = file.table({ from: 7, to: 31, columns });
    const wanted = plainRows(table).slice(7, 31)
      .map((row) => Object.fromEntries(columns.map((name) => [name, row[name]])));
    assert.deepEqual(plainRows(part), wanted);
  });

  Deno.test(`codec ${codec.name} writes the same bytes for the same rows, wherever they lie`, async () => {
    using table = waveforms(60);
    using slice = table.slice(11, 40);
    using compact = slice.compact();
    assert.deepEqual(await fileOf(slice, codec), await fileOf(compact, codec));
  });

  Deno.test(`codec ${codec.name} writes Arrow that another implementation reads`, async () => {
    await zstdForFlechette();
    using table = waveforms(40);
    const rows = readByOthers(await fileOf(table, codec));
    const wanted = table.rows().map((row) =>
      Object.fromEntries(Object.entries(row).map(([name, value]) => [name, plain(value)]))
    );
    assert.deepEqual(rows, wanted);
  });

  Deno.test(`codec ${codec.name} refuses damaged bytes or gives a table, and never a larger one`, async () => {
    using table = waveforms(30);
    const bytes = await fileOf(table, codec);
    // The buffers: the metadata in front of and behind them are only read after a file's checksum was compared.
    const { from, to } = await bodyOf(bytes);
    let refused = 0;
    for (let at = from; at < to; at += 1 + (at % 7)) {
      const bad = bytes.slice();
      bad[at]! ^= 1 << (at % 8);
      try {
        using back = await decodeTable(bad, { name: "h.arrow" });
        assert.ok(back.length <= table.length && back.nbytes <= 2 * table.nbytes);
      } catch (error) {
        if (!(error instanceof SyntaxError || error instanceof RangeError || error instanceof TypeError)) {
          throw error;
        }
        refused++;
      }
    }
    assert.ok(refused > 0);
  });
}
