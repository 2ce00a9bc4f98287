import assert from "node:assert/strict";
import fc from "fast-check";
import { Account, BufferPool, MemoryBudgetError } from "./buffer_pool.ts";
import { type ColumnTypes, type Ragged, schema, type TypedArray } from "./schema.ts";
import { combineTables } from "./combine_tables.ts";
import { type ColumnInput, sameType, Table } from "./table.ts";

const BIG = 2n ** 60n + 1n;
const ALL = schema({ time: "time", n: "i64", flag: "bool", open: "f32[n]", wave: "u16[]" });
type All = typeof ALL.types;

function make(rows: number, options: { t0?: bigint; pool?: BufferPool; account?: Account } = {}): Table<All> {
  const list = Array.from({ length: rows }, (_, i) => i);
  return Table.from(ALL, {
    time: list.map((i) => BIG + BigInt(i * 3)),
    n: list.map((i) => BIG - BigInt(i)),
    flag: list.map((i) => i % 2 === 0),
    open: list.map((i) => [i, i / 2, -i]),
    wave: list.map((i) => Array.from({ length: i % 4 }, (_, k) => i * 7 + k)),
  }, { t0: BIG, ...options });
}

Deno.test("Table.from() reads back as rows, 64-bit integers exactly", () => {
  assert.deepEqual(make(3).row(2), {
    time: BIG + 6n,
    n: BIG - 2n,
    flag: true,
    open: Float32Array.of(2, 1, -2),
    wave: Uint16Array.of(14, 15),
  });
  const { n } = Table.from(schema({ n: "u64" }), { n: [2n ** 64n - 1n] }).columns;
  assert.equal(n[0], 2n ** 64n - 1n);
});

Deno.test("Table.from() takes typed arrays, flat blocks and ragged values", () => {
  const types = schema({ time: "time", block: "i16[2]", wave: "u8[]" });
  const table = Table.from(types, {
    time: Float64Array.of(1, 2),
    block: Int16Array.of(1, 2, 3, 4),
    wave: { values: Uint8Array.of(9, 8, 7, 6), offsets: Uint32Array.of(1, 2, 4) },
  }, { t0: 10n });
  assert.deepEqual(table.rows(), [
    { time: 11n, block: Int16Array.of(1, 2), wave: Uint8Array.of(8) },
    { time: 12n, block: Int16Array.of(3, 4), wave: Uint8Array.of(7, 6) },
  ]);
});

Deno.test("Table.from() takes timestamp for a missing time, and its first time as the origin", () => {
  const table = Table.from(schema({ time: "time" }), { timestamp: [BIG, BIG + 1n] });
  assert.equal(table.t0, BIG);
  assert.deepEqual([...table.times()], [BIG, BIG + 1n]);
});

/** Input of Table.from that is refused: columns, error and what it says. */
const REFUSED: [string, ColumnTypes, Record<string, ColumnInput>, string, RegExp][] = [
  ["a missing column", { a: "u8", b: "u8" }, { a: [1] }, "TypeError", /column "b" is missing/],
  ["a column too much", { a: "u8" }, { a: [1], c: [1] }, "TypeError", /column "c" is not in its schema/],
  [
    "columns of different lengths",
    { a: "u8", b: "u8" },
    { a: [1], b: [] },
    "RangeError",
    /"b" has 0 rows, others 1/,
  ],
  [
    "a fractional time",
    { time: "time" },
    { time: [1, 1.5] },
    "RangeError",
    /time 1\.5 at row 1: times are exact/,
  ],
  ["a time of 2^53", { time: "time" }, { time: [2 ** 53] }, "RangeError", /exact integers/],
  ["times too far apart", { time: "time" }, { time: [0n, 2n ** 53n] }, "RangeError", /2\.5 h/],
  ["rows of different widths", { w: "u8[n]" }, { w: [[1], [1, 2]] }, "RangeError", /has 2 samples, not 1/],
  ["rows of another width", { w: "u8[3]" }, { w: [[1, 2]] }, "RangeError", /has 2 samples, not 3/],
  [
    "flat values of open width",
    { w: "u8[n]" },
    { w: Uint8Array.of(1, 2) },
    "TypeError",
    /give an array a row/,
  ],
  ["half a row", { w: "u8[2]" }, { w: Uint8Array.of(1, 2, 3) }, "RangeError", /1\.5 rows/],
  [
    "ragged values for a scalar",
    { a: "u8" },
    { a: { values: Uint8Array.of(1), offsets: Uint32Array.of(0, 1) } },
    "TypeError",
    /from ragged values/,
  ],
  ["a number as 64-bit integer that is none", { n: "i64" }, { n: [1.5] }, "RangeError", /1\.5/],
];

for (const [what, types, input, name, message] of REFUSED) {
  Deno.test(`Table.from() refuses ${what}, and leaves nothing charged`, () => {
    const account = new Account();
    assert.throws(() => Table.from(schema(types), input, { account }), { name, message });
    assert.equal(account.used, 0);
  });
}

Deno.test("slice() gives views of any rows, of slices too", () => {
  const cut = fc.tuple(fc.nat({ max: 9 }), fc.nat({ max: 9 }), fc.nat({ max: 9 }), fc.nat({ max: 9 }));
  fc.assert(fc.property(cut, ([a, b, c, d]) => {
    const table = make(9);
    const [from, to] = [Math.min(a, b), Math.max(a, b)];
    const slice = table.slice(from, to);
    assert.deepEqual(slice.rows(), table.rows().slice(from, to));
    assert.equal(slice.columns.open.buffer, table.columns.open.buffer);
    const [x, y] = [Math.min(c, d, slice.length), Math.min(Math.max(c, d), slice.length)];
    assert.deepEqual(slice.slice(x, y).rows(), table.rows().slice(from, to).slice(x, y));
  }));
});

Deno.test("slice() and row() refuse rows that are not there", () => {
  const table = make(3);
  for (const [from, to] of [[-1, 2], [2, 1], [0, 4], [0.5, 2], [NaN, 2]] as const) {
    assert.throws(() => table.slice(from, to), {
      name: "RangeError",
      message: `Cannot slice rows ${from} to ${to} of 3`,
    });
  }
  for (const i of [-1, 3, 0.5]) assert.throws(() => table.row(i), RangeError);
});

Deno.test("A released table throws on every access, its slices and shares do not", () => {
  const pool = new BufferPool();
  const table = make(4, { pool });
  const slice = table.slice(1, 3), share = table.share();
  table.release();
  table.release();
  assert.equal(table.released, true);
  const uses: (() => unknown)[] = [
    () => table.columns,
    () => table.row(0),
    () => table.rows(),
    () => table.slice(0, 1),
    () => table.share(),
    () => table.compact(),
    () => table.toBuffer(),
    () => table.takeBuffer(),
    () => table.resize(1),
    () => table.rebase(0n),
    () => table.times(),
    () => table.nbytes,
    () => table.get("n", "i64"),
    () => table.project(schema({ n: "i64" })),
    () => combineTables([table]),
  ];
  for (const use of uses) assert.throws(use, TypeError, `${use}`);
  assert.equal(slice.row(0).n, BIG - 1n);
  slice.release();
  assert.equal(pool.idleBytes, 0);
  assert.equal(share.length, 4);
  share.release();
  assert.ok(pool.idleBytes > 0);
});

Deno.test("Tables charge the account once for a buffer, until the last one is released or uncharged", () => {
  const account = new Account();
  const table = make(4, { account });
  const size = account.used;
  assert.equal(size, table.heldBytes);
  const slice = table.slice(0, 2);
  assert.equal(account.used, size);
  table.release();
  assert.equal(account.used, size);
  slice.uncharge();
  assert.equal(account.used, 0);
  assert.equal(slice.row(0).n, BIG);
  slice.release();
  assert.equal(account.used, 0);
});

Deno.test("allocate() refuses what it cannot make, and charges nothing then", () => {
  assert.throws(() => Table.allocate(ALL, 1.5), {
    name: "RangeError",
    message: "Cannot allocate a table of 1.5 rows",
  });
  assert.throws(() => Table.allocate(ALL, -1), RangeError);
  assert.throws(() => Table.allocate(ALL, 1), {
    name: "RangeError",
    message: /give its width \(widths: \{ open: \.\.\. \}\)/,
  });
  assert.throws(() => Table.allocate(schema({ w: "u8[3]" }), 1, { widths: { w: 4 } }), /its type is u8\[3\]/);
  const account = new Account(4096);
  assert.throws(() => Table.allocate(schema({ w: "u8[8000]" }), 1, { account }), MemoryBudgetError);
  assert.equal(account.used, 0);
});

Deno.test("allocate() takes columns of another table without a copy", () => {
  const source = make(3);
  const types = schema({ time: "time", wave: "u16[]", height: "f32" });
  const table = Table.allocate(types, 3, {
    t0: BIG,
    share: { time: source as Table, wave: source as Table },
  });
  table.columns.height.fill(5);
  assert.equal(table.columns.time, source.columns.time);
  source.release();
  assert.deepEqual(table.row(2), { time: BIG + 6n, wave: Uint16Array.of(14, 15), height: 5 });
  assert.deepEqual((Table.fromBuffer(table.toBuffer()) as Table<typeof types.types>).rows(), table.rows());
  table.release();
});

Deno.test("allocate() refuses shared columns of other rows, types or origins", () => {
  const source = make(3) as Table;
  const share = (types: ColumnTypes, rows: number, name: string, t0 = BIG) =>
    Table.allocate(schema(types), rows, { t0, share: { [name]: source } });
  assert.throws(() => share({ n: "i64" }, 2, "n"), { name: "RangeError", message: /it has 3 rows, not 2/ });
  assert.throws(() => share({ n: "i32" }, 3, "n"), { name: "TypeError", message: /as i32: it is i64/ });
  assert.throws(() => share({ time: "time" }, 3, "time", 0n), {
    name: "RangeError",
    message: /rebase it first/,
  });
});

Deno.test("resize() to fewer rows keeps the buffer, to more moves the rows", () => {
  const pool = new BufferPool();
  const table = make(8, { pool });
  const rows = make(8).rows();
  const { buffer } = table.columns.n;
  table.resize(5);
  assert.equal(table.columns.n.buffer, buffer);
  assert.deepEqual(table.rows(), rows.slice(0, 5));
  assert.deepEqual(Table.fromBuffer(table.toBuffer()).rows(), rows.slice(0, 5));
  table.resize(3000, { values: { wave: 9000 } });
  assert.deepEqual(table.slice(0, 5).rows(), rows.slice(0, 5));
  assert.equal(table.columns.time.length, 3000);
  assert.ok(pool.idleBytes > 0, "the smaller buffer went back");
});

Deno.test("resize() refuses slices and shared tables, and leaves a table as it was when it fails", () => {
  const table = make(4);
  assert.throws(() => table.slice(0, 2).resize(1), {
    name: "TypeError",
    message: /was not allocated here or is shared/,
  });
  const account = new Account(8192);
  const alone = make(4, { account });
  assert.throws(() => alone.resize(4, { values: { wave: 1 } }), RangeError);
  assert.deepEqual(alone.rows(), make(4).rows());
  assert.throws(() => alone.resize(100_000), MemoryBudgetError);
  assert.equal(account.used, alone.heldBytes);
  const share = alone.share();
  assert.throws(() => alone.resize(1), TypeError);
  share.release();
  assert.equal(alone.resize(1).length, 1);
});

Deno.test("rebase() moves the origin and shares all but the times", () => {
  const table = make(3);
  const moved = table.rebase(BIG - 100n);
  assert.deepEqual(moved.rows(), table.rows());
  assert.deepEqual([...moved.columns.time], [100, 103, 106]);
  assert.equal(moved.columns.open, table.columns.open);
  assert.throws(() => table.rebase(0n), { name: "RangeError", message: /2\.5 h/ });
  const edge = Table.from(schema({ time: "time" }), { time: [2 ** 53 - 1] });
  assert.throws(() => edge.rebase(-1n), RangeError);
  assert.equal(Table.empty(ALL, 0n).rebase(BIG).t0, BIG);
});

Deno.test("project() chooses columns by name and type", () => {
  const table = make(3);
  const some = table.project(schema({ open: "f32[n]", n: "i64" }));
  assert.deepEqual(some.rows().map(({ n }) => n), [BIG, BIG - 1n, BIG - 2n]);
  assert.equal(some.width("open"), 3);
  assert.throws(() => table.project(schema({ height: "f32" })), RangeError);
  assert.throws(() => table.project(schema({ n: "f64" })), {
    name: "TypeError",
    message: /as f64: it is i64/,
  });
});

Deno.test("combine() puts columns side by side and rebases times", () => {
  const a = Table.from(schema({ time: "time", a: "u8" }), { time: [5n, 9n], a: [1, 2] });
  const b = Table.from(schema({ time: "time", peakTime: "time", b: "u8[n]" }), {
    time: [5n, 9n],
    peakTime: [6n, 10n],
    b: [[1], [2]],
  }, { t0: 1n });
  const both = combineTables([a as Table, b as Table]);
  a.release();
  b.release();
  assert.deepEqual(both.rows(), [
    { time: 5n, a: 1, peakTime: 6n, b: Uint8Array.of(1) },
    { time: 9n, a: 2, peakTime: 10n, b: Uint8Array.of(2) },
  ]);
  assert.equal(both.t0, 5n);
});

Deno.test("combine() refuses other lengths, columns of one name and no tables, and retains nothing then", () => {
  const pool = new BufferPool();
  const one = make(1, { pool }) as Table, two = make(2, { pool }) as Table;
  assert.throws(() => combineTables([one, two]), { name: "RangeError", message: /tables of 1 and 2 rows/ });
  assert.throws(() => combineTables([one, one]), {
    name: "TypeError",
    message: /column "n" is in more than one/,
  });
  assert.throws(() => combineTables([]), RangeError);
  one.release();
  two.release();
  assert.equal(pool.made, 2);
  assert.ok(pool.idleBytes >= 8192, "both buffers are back");
});

Deno.test("wrap() takes arrays as they are", () => {
  const account = new Account();
  const values = Uint16Array.of(1, 2, 3);
  const types = schema({ time: "time", wave: "u16[]", flag: "bool" });
  const table = Table.wrap(types, 2, {
    time: Float64Array.of(1, 2),
    wave: { values, offsets: Uint32Array.of(0, 1, 3) },
    flag: Uint8Array.of(1, 0),
  }, { t0: 10n, account });
  assert.equal(table.columns.wave.values, values);
  assert.deepEqual(table.row(1), { time: 12n, wave: Uint16Array.of(2, 3), flag: false });
  assert.equal(account.used, 16 + 6 + 12 + 2);
  table.release();
  assert.equal(account.used, 0);
});

Deno.test("wrap() refuses arrays of other types and lengths", () => {
  const wrap = (types: ColumnTypes, columns: Record<string, unknown>) =>
    Table.wrap(schema(types), 2, columns as Record<string, never>);
  const offsets = (...list: number[]) => ({ values: new Uint8Array(3), offsets: Uint32Array.from(list) });
  assert.throws(() => wrap({ a: "u8" }, {}), { name: "TypeError", message: /column "a" is missing/ });
  assert.throws(() => wrap({ a: "u8" }, { a: new Int8Array(2) }), {
    name: "TypeError",
    message: /from an array of i8/,
  });
  assert.throws(() => wrap({ a: "u8" }, { a: new Uint8Array(3) }), {
    name: "RangeError",
    message: /3 values for 2 rows/,
  });
  assert.throws(() => wrap({ a: "u8[n]" }, { a: new Uint8Array(3) }), RangeError);
  assert.throws(() => wrap({ a: "u8[]" }, { a: new Uint8Array(2) }), TypeError);
  assert.throws(() => wrap({ a: "u8[]" }, { a: offsets(0, 1) }), {
    name: "RangeError",
    message: /needs 3 offsets/,
  });
  assert.throws(() => wrap({ a: "u8[]" }, { a: offsets(0, 1, 4) }), {
    name: "RangeError",
    message: /has 3 values: its last offset is 4/,
  });
  assert.equal(wrap({ a: "u8[]" }, { a: offsets(0, 1, 3) }).length, 2);
});

Deno.test("toBuffer() and fromBuffer() give the same table, of slices and shares too", () => {
  fc.assert(
    fc.property(fc.nat({ max: 9 }), fc.nat({ max: 9 }), (a, b) => {
      const table = make(9);
      for (
        const part of [
          table,
          table.share(),
          table.slice(Math.min(a, b), Math.max(a, b)),
          table.rebase(BIG - 5n),
        ]
      ) {
        const copy = Table.fromBuffer(structuredClone(part.toBuffer()));
        assert.deepEqual(copy.rows(), part.rows());
        assert.deepEqual([copy.t0, copy.schema.text], [part.t0, part.schema.text]);
      }
    }),
    { numRuns: 30 },
  );
});

Deno.test("toBuffer() gives the table's own buffer where it lies alone in it", () => {
  const table = make(3);
  assert.equal(table.toBuffer(), table.columns.time.buffer);
  assert.notEqual(table.slice(0, 3).toBuffer(), table.columns.time.buffer);
});

Deno.test("takeBuffer() releases the table, uncharges it and keeps the buffer from the pool", () => {
  const account = new Account(), pool = new BufferPool();
  const table = make(3, { account, pool });
  const buffer = table.takeBuffer();
  assert.deepEqual([account.used, table.released, pool.idleBytes], [0, true, 0]);
  const moved = structuredClone(buffer, { transfer: [buffer as ArrayBuffer] });
  assert.deepEqual(Table.fromBuffer(moved, { account }).rows(), make(3).rows());
  assert.equal(account.used, moved.byteLength);
});

Deno.test("takeBuffer() refuses a buffer that others use", () => {
  const table = make(3);
  const slice = table.slice(0, 1);
  assert.throws(() => table.takeBuffer(), { name: "TypeError", message: /compact it first/ });
  assert.throws(() => slice.takeBuffer(), TypeError);
  assert.deepEqual(Table.fromBuffer(slice.compact().takeBuffer()).rows(), make(1).rows());
  slice.release();
  assert.ok(table.takeBuffer());
});

Deno.test("fromBuffer() reads shared memory", () => {
  const table = make(3, { pool: new BufferPool({ shared: true }) });
  const buffer = table.toBuffer();
  assert.ok(buffer instanceof SharedArrayBuffer);
  assert.deepEqual(Table.fromBuffer(buffer).rows(), table.rows());
});

/** Read every value of a table; the count keeps the reads from being dropped. */
function readAll(table: Table): number {
  let read = 0;
  for (const { name } of table.schema.columns) {
    const data = table.columns[name] as TypedArray | Ragged;
    const values = "offsets" in data ? data.values : data;
    assert.ok(values.byteOffset + values.byteLength <= values.buffer.byteLength);
    for (let i = 0; i < values.length; i++) read += values[i] === undefined ? NaN : 1;
    if ("offsets" in data) {
      assert.equal(data.offsets.length, table.length + 1);
      assert.ok(data.offsets[table.length]! <= values.length);
    } else assert.equal(values.length, table.length * table.width(name));
  }
  return read;
}

Deno.test("fromBuffer() of damaged bytes gives a table within its buffer or a SyntaxError", () => {
  const intact = new Uint8Array(make(5).toBuffer());
  const flip = fc.tuple(
    fc.oneof({ weight: 3, arbitrary: fc.nat({ max: 320 }) }, fc.nat({ max: intact.length - 1 })),
    fc.nat({ max: 255 }),
  );
  let read = 0, refused = 0;
  const tryTable = (bytes: Uint8Array) => {
    let table: Table;
    try {
      table = Table.fromBuffer(bytes.buffer);
    } catch (error) {
      assert.ok(error instanceof SyntaxError, `${error}`);
      refused++;
      return;
    }
    assert.ok(!Number.isNaN(readAll(table)));
    table.toBuffer();
    read++;
  };
  fc.assert(
    fc.property(fc.array(flip, { minLength: 1, maxLength: 3 }), (flips) => {
      const bytes = intact.slice();
      for (const [at, value] of flips) bytes[at] = value;
      tryTable(bytes);
    }),
    { numRuns: 1500 },
  );
  fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => tryTable(bytes.slice())), {
    numRuns: 200,
  });
  assert.ok(read > 20 && refused > 500, `${read} read, ${refused} refused`);
});

Deno.test("nbytes counts the rows, not the buffer", () => {
  const table = make(3); // waves of 0, 1 and 2 samples
  assert.equal(table.nbytes, 3 * (8 + 8 + 1 + 12) + 2 * 3 + 4 * 4);
  assert.equal(table.slice(1, 2).nbytes, 29 + 2 + 8);
});

Deno.test("get() checks the type, sameType() lets an open width stand for any", () => {
  const table = Table.from(schema({ w: "u8[3]", n: "i64" }), { w: [[1, 2, 3]], n: [1n] });
  assert.equal(table.get("w", "u8[n]"), table.columns.w);
  assert.throws(() => table.get("w", "u8[2]"), {
    name: "TypeError",
    message: 'Cannot read column "w" as u8[2]: it is u8[3]',
  });
  assert.throws(() => table.get("w", "u8"), TypeError);
  assert.throws(() => table.get("x", "u8"), RangeError);
  const [w, n] = table.schema.columns;
  assert.deepEqual([sameType(w!, "u8[n]"), sameType(w!, "u8[3]"), sameType(n!, "u8[n]")], [
    true,
    true,
    false,
  ]);
});

Deno.test("Table is released by using", () => {
  const pool = new BufferPool();
  {
    using table = make(1, { pool });
    assert.equal(table.length, 1);
  }
  assert.ok(pool.idleBytes > 0);
});

Deno.test("Table.toString() shows the first rows, as console.log and fast-check do", () => {
  const table = make(12);
  const lines = table.toString().split("\n");
  assert.deepEqual([lines[0], lines.length, lines.at(-1)], ["Table of 12 rows:", 12, "  ... 2 more"]);
  assert.equal(
    make(2).toString().split("\n")[2],
    `  { time ${BIG + 3n}, n ${BIG - 1n}, flag false, open [1, 0.5, -1], wave [7] }`,
  );
  assert.equal(Deno.inspect(table), table.toString());
  assert.equal(fc.stringify(table), table.toString());
  assert.equal(make(0).toString(), "Table of 0 rows");
  table.release();
  assert.equal(Deno.inspect(table), "Table (released)");
});

Deno.test("a table without rows in a buffer that was used has no values in its ragged columns", () => {
  const pool = new BufferPool(), used = pool.acquire(4096);
  new Uint8Array(used.buffer).fill(0xff);
  used.release(false);
  using table = Table.allocate(schema({ time: "time", wave: "u16[]" }), 0, { pool });
  assert.equal(pool.reused, 1);
  assert.deepEqual([...table.columns.wave.offsets], [0]);
});
