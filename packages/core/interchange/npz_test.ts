// Archives of NumPy arrays: compressed ones, large ones, and what is wrong with them.
import assert from "node:assert/strict";
import zlib from "node:zlib";
import { type Schema, schema } from "../data/schema.ts";
import { Table } from "../data/table.ts";
import { plainRows } from "../store/_testing.ts";
import { oddTable, rowsOf } from "./_testing.ts";
import { npyHeader } from "./_npy_header.ts";
import { exportRows } from "./export_rows.ts";
import { importRows } from "./import_rows.ts";
import { zipEntries, zipStart } from "./zip.ts";

async function withPath(work: (path: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "millrace_npz_" });
  try {
    await work(`${folder}/rows.npz`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

interface Member {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly method?: number;
  readonly flags?: number;
  readonly crc?: number;
  readonly size?: number;
  /** What is written instead of the packed bytes. */
  readonly packed?: Uint8Array;
}

/** An archive, deflated where not said otherwise, with 64-bit fields where asked for. */
function zipOf(members: readonly Member[], wide = false): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [], directory: Uint8Array[] = [];
  let at = 0;
  const put = (to: Uint8Array[], bytes: Uint8Array) => {
    to.push(bytes);
    if (to === parts) at += bytes.length;
  };
  const numbers = (...fields: (readonly [bytes: number, value: number])[]) => {
    const out = new Uint8Array(fields.reduce((sum, [bytes]) => sum + bytes, 0)),
      view = new DataView(out.buffer);
    let at = 0;
    for (const [bytes, value] of fields) {
      if (bytes === 2) view.setUint16(at, value, true);
      else if (bytes === 4) view.setUint32(at, value, true);
      else view.setBigUint64(at, BigInt(value), true);
      at += bytes;
    }
    return out;
  };
  const MOST = 0xffffffff;
  for (const member of members) {
    const { method = 8, flags = 0, bytes, crc = zlib.crc32(bytes), size = bytes.length } = member;
    const packed = member.packed ?? (method === 8 ? zlib.deflateRawSync(bytes) : bytes);
    const name = new TextEncoder().encode(member.name);
    const common = (extra: number) =>
      numbers(
        [2, 45],
        [2, flags],
        [2, method],
        [4, 33 << 16],
        [4, crc],
        [4, wide ? MOST : packed.length],
        [
          4,
          wide ? MOST : size,
        ],
        [2, name.length],
        [2, extra],
      );
    const place = at;
    put(parts, numbers([4, 0x04034b50]));
    put(parts, common(wide ? 20 : 0));
    put(parts, name);
    if (wide) put(parts, numbers([2, 1], [2, 16], [8, size], [8, packed.length]));
    put(parts, packed);
    put(directory, numbers([4, 0x02014b50], [2, 45]));
    put(directory, common(wide ? 28 : 0));
    put(directory, numbers([2, 0], [2, 0], [2, 0], [4, 0], [4, wide ? MOST : place]));
    put(directory, name);
    if (wide) put(directory, numbers([2, 1], [2, 24], [8, size], [8, packed.length], [8, place]));
  }
  const start = at, length = directory.reduce((sum, { length }) => sum + length, 0), n = members.length;
  for (const part of directory) put(parts, part);
  if (wide) {
    const record = at;
    put(
      parts,
      numbers([4, 0x06064b50], [8, 44], [2, 45], [2, 45], [4, 0], [4, 0], [8, n], [8, n], [8, length], [
        8,
        start,
      ]),
    );
    put(parts, numbers([4, 0x07064b50], [4, 0], [8, record], [4, 1]));
  }
  const short = wide ? [0xffff, MOST, MOST] : [n, length, start];
  put(
    parts,
    numbers([4, 0x06054b50], [2, 0], [2, 0], [2, short[0]!], [2, short[0]!], [4, short[1]!], [4, short[2]!], [
      2,
      0,
    ]),
  );
  const all = new Uint8Array(at);
  at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** An array as .npy. */
function npyOf(code: string, shape: readonly number[], bytes: Uint8Array): Uint8Array {
  const head = npyHeader(`'${code}'`, shape), all = new Uint8Array(head.length + bytes.length);
  all.set(head);
  all.set(bytes, head.length);
  return all;
}

const bytesOf = (array: BigInt64Array | Uint16Array | Float64Array) => new Uint8Array(array.buffer);
const TIME = npyOf("<i8", [3], bytesOf(BigInt64Array.of(1n, 2n, 3n)));
const HEIGHT = npyOf("<u2", [3], bytesOf(Uint16Array.of(7, 8, 9)));
const ROWS = [{ time: 1n, height: 7 }, { time: 2n, height: 8 }, { time: 3n, height: 9 }];
const two = (more: Partial<Member> = {}): Member[] => [
  { name: "time.npy", bytes: TIME },
  { name: "height.npy", bytes: HEIGHT, ...more },
];

Deno.test("compressed archives give every kind of column, in tables of any number of rows", () =>
  withPath(async (path) => {
    using table = oddTable(true);
    await exportRows([table], table.schema, path, { compress: true });
    for (const rows of [1, 2, 5]) assert.deepEqual(await rowsOf(path, { rows }), plainRows(table));
    const some = await rowsOf(path, { columns: ["tags", "x"] });
    assert.deepEqual(
      some,
      plainRows(table).map(({ time, endtime, x, tags }) => ({ time, endtime, x, tags })),
    );
  }));

Deno.test("archives that are stored, deflated or of 64 bits give the same rows", () =>
  withPath(async (path) => {
    for (const wide of [false, true]) {
      for (const method of [0, 8]) {
        await Deno.writeFile(path, zipOf(two().map((member) => ({ ...member, method })), wide));
        assert.deepEqual(await rowsOf(path), ROWS);
      }
    }
  }));

Deno.test("rows that start anywhere in an array of samples are read, and a damaged order is told", () =>
  withPath(async (path) => {
    const waves = npyOf("<u2", [6], bytesOf(Uint16Array.of(5, 1, 2, 3, 4, 6)));
    const archive = (...offsets: bigint[]) =>
      zipOf([
        two()[0]!,
        { name: "wave.npy", bytes: waves },
        { name: "wave_offsets.npy", bytes: npyOf("<i8", [4], bytesOf(BigInt64Array.from(offsets))) },
      ]);
    await Deno.writeFile(path, archive(1n, 3n, 3n, 5n));
    for (const rows of [1, 2, 3]) {
      assert.deepEqual(
        await rowsOf(path, { rows }),
        [[1, 2], [], [3, 4]].map((wave, k) => ({
          time: BigInt(k + 1),
          wave,
        })),
      );
    }
    for (const offsets of [[1n, 0n, 3n, 5n], [0n, 1n, 2n, 7n], [-1n, 0n, 1n, 2n]]) {
      await Deno.writeFile(path, archive(...offsets));
      for (const rows of [1, 3]) {
        await assert.rejects(rowsOf(path, { rows }), /"wave_offsets" is damaged: rows start in order/);
      }
    }
  }));

const bomb = zlib.deflateRawSync(new Uint8Array(2 ** 28));
const REJECTED: Record<string, readonly [bytes: Uint8Array<ArrayBuffer>, message: RegExp]> = {
  "is encrypted": [zipOf(two({ flags: 1 })), /"height\.npy" in ".*": it is encrypted; save it without/],
  "is packed otherwise": [
    zipOf(two({ method: 14 })),
    /height\.npy": it is packed by method 14; save it with/,
  ],
  "has a wrong checksum": [zipOf(two({ crc: 7 })), /height\.npy": its checksum is wrong, it is damaged/],
  "has a wrong checksum of stored bytes": [
    zipOf(two({ crc: 7, method: 0 })),
    /height\.npy": its checksum is wrong, it is damaged; copy the archive again/,
  ],
  "has an array twice": [zipOf([...two(), two()[1]!]), /"height\.npy" is in it twice/],
  "has fewer bytes than the array's header says": [
    zipOf(two({ bytes: npyOf("<u2", [4], bytesOf(Uint16Array.of(7, 8, 9))) })),
    /height\.npy": its header says 4 rows, \d+ bytes, and it has \d+/,
  ],
  "has more bytes than the array's header says": [
    zipOf(two({ bytes: npyOf("<u2", [2], bytesOf(Uint16Array.of(7, 8, 9))) })),
    /height\.npy": its header says 2 rows, \d+ bytes, and it has \d+/,
  ],
  "unpacks to what its header has no room for": [
    zipOf(two({ packed: bomb, size: 100 })),
    /height\.npy": it is no \.npy file/,
  ],
  "says that it unpacks to a million times as much": [
    zipOf([
      {
        name: "time.npy",
        bytes: npyOf("<i8", [2 ** 40], new Uint8Array(1000)),
        size: npyOf("<i8", [2 ** 40], new Uint8Array(0)).length + 2 ** 43,
      },
    ], true),
    /time\.npy": its packed bytes are damaged, they end after \d+ of \d+; copy the archive again/,
  ],
  "has no directory": [zipOf(two()).subarray(0, -30).slice(), /it has no directory at its end, it was cut/],
  "has a schema that is none": [
    zipOf([...two(), { name: "millrace.json", bytes: new TextEncoder().encode("{") }]),
    /rows\.npz:millrace\.json": /,
  ],
  "has a text for a schema that is too long": [
    zipOf([...two(), { name: "millrace.json", bytes: new Uint8Array(2 ** 24 + 1) }]),
    /millrace\.json": it has 16777217 bytes, which are no schema/,
  ],
  "is cut within its bytes": [
    (() => {
      const bytes = zipOf(two());
      return new Uint8Array([...bytes.subarray(0, 60), ...bytes.subarray(80)]);
    })(),
    /its directory is damaged; copy it again/,
  ],
};

for (const [what, [bytes, message]] of Object.entries(REJECTED)) {
  Deno.test(`an archive that ${what} is refused with its name`, () =>
    withPath(async (path) => {
      await Deno.writeFile(path, bytes);
      await assert.rejects(rowsOf(path), (error: Error) => {
        assert.ok(error instanceof SyntaxError, String(error));
        assert.ok(error.message.includes(path), error.message);
        assert.match(error.message, message);
        return true;
      });
    }));
}

Deno.test("an archive with any byte changed, or cut anywhere, is refused with its name, or gives the same rows", () =>
  withPath(async (path) => {
    using table = oddTable(true);
    const wanted = plainRows(table), file = `${path}.whole.npz`;
    let state = 7, refused = 0, same = 0;
    const random = (n: number) => (state = (state * 48271) % 0x7fffffff) % n;
    const look = async (bytes: Uint8Array, what: string) => {
      await Deno.writeFile(path, bytes);
      try {
        assert.deepEqual(await rowsOf(path), wanted, what);
        same++;
      } catch (error) {
        if (!(error instanceof SyntaxError)) throw error;
        assert.ok(
          error.message.includes(`Cannot read "`) && error.message.includes(path),
          `${what}: ${error}`,
        );
        refused++;
      }
    };
    for (const kind of ["stored", "deflated", "of 64 bits"]) {
      await exportRows([table], table.schema, file, { compress: kind === "deflated" });
      if (kind === "of 64 bits") {
        const members: Member[] = [];
        for (const entry of await zipEntries(file)) {
          const start = await zipStart(file, entry);
          members.push({
            name: entry.name,
            bytes: (await Deno.readFile(file)).subarray(start, start + entry.size),
          });
        }
        await Deno.writeFile(file, zipOf(members, true));
      }
      const whole = await Deno.readFile(file);
      for (let k = 0; k < 150; k++) {
        const at = random(whole.length), bit = 1 << random(8);
        await look(whole.with(at, whole[at]! ^ bit), `${kind}, byte ${at} of ${whole.length} ^ ${bit}`);
      }
      for (let k = 0; k < 30; k++) await look(whole.subarray(0, random(whole.length)), "cut");
    }
    // Dates, versions and the like are of no account.
    assert.ok(refused > 300 && same > 10, `${refused} refused, ${same} the same`);
  }));

const NUMPY = `
import sys, numpy as np
np.savez_compressed(sys.argv[1], time=np.arange(70000), wave=np.arange(210000, dtype="u2").reshape(70000, 3))
`;
Deno.test("what numpy.savez_compressed writes is read", async (t) => {
  await withPath(async (path) => {
    let output: Deno.CommandOutput;
    try {
      output = await new Deno.Command("python3", { args: ["-c", NUMPY, path] }).output();
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      return void await t.step({ name: "skipped: there is no python3", ignore: true, fn() {} });
    }
    const errors = new TextDecoder().decode(output.stderr);
    if (/No module named/.test(errors)) {
      return void await t.step({ name: "skipped: there is no python3-numpy", ignore: true, fn() {} });
    }
    assert.equal(errors, "");
    let next = 0;
    for await (using chunk of (await importRows(path)).chunks()) {
      const times = chunk.table.times(), wave = chunk.table.columns["wave"] as unknown as Uint16Array;
      for (let i = 0; i < chunk.length; i++) {
        assert.equal(times[i], BigInt(next));
        if (wave[3 * i + 2] !== (3 * next + 2) % 65536) assert.fail(`row ${next}`);
        next++;
      }
    }
    assert.equal(next, 70000);
  });
});

Deno.test("wide rows of an archive are read some megabytes at a time", () =>
  withPath(async (path) => {
    const width = 20_000, rows = 1000;
    using table = Table.from(schema({ time: "time", wave: `u16[${width}]` } as never) as unknown as Schema, {
      time: Array.from({ length: rows }, (_, k) => BigInt(k)),
      wave: new Uint16Array(width * rows).map((_, i) => i >> 9),
    } as never);
    await exportRows([table], table.schema, path, { compress: true });
    let most = 0, at = 0;
    for await (using chunk of (await importRows(path)).chunks()) {
      most = Math.max(most, chunk.length);
      const wave = chunk.table.columns["wave"] as unknown as Uint16Array;
      for (let i = 0; i < wave.length; i += 997) {
        if (wave[i] !== (((at + i) >> 9) & 0xffff)) assert.fail(`sample ${at + i}`);
      }
      at += wave.length;
    }
    assert.equal(at, width * rows);
    assert.ok(most * width * 2 <= 2 ** 25, `${most} rows at once`);
  }));
