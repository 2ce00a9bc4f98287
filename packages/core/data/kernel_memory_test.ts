import assert from "node:assert/strict";
import { Account, MemoryBudgetError } from "./buffer_pool.ts";
import { acquireRegion, freePlace, isKernelMemory, memory, placesInUse, takePlace } from "./kernel_memory.ts";
import { schema } from "./schema.ts";
import { Table } from "./table.ts";

const MIB = 2 ** 20;
const hit = schema({ time: "time", height: "f32", wave: "i16[]" });

/** A table there, of two rows. */
function tableThere(account?: Account, limit = Infinity): Table {
  const pool = { acquire: (bytes: number, account?: Account) => acquireRegion(bytes, limit, account)! };
  const rows = { time: [1000n, 2500n], height: [3, 4], wave: [[1, 2], [3]] };
  return Table.from(hit, rows, { pool, ...(account ? { account } : {}) }) as unknown as Table;
}

Deno.test("takePlace() gives room that arrays over it stay valid in when it grows", () => {
  const before = placesInUse();
  const at = takePlace(100), old = new Uint8Array(memory.buffer, at, 100).fill(7);
  const size = memory.buffer.byteLength;
  const large = takePlace(size), more = new Uint8Array(memory.buffer, at, 100);
  assert.ok(memory.buffer.byteLength > size);
  assert.ok(isKernelMemory(old.buffer) && isKernelMemory(more.buffer));
  old[0] = 9;
  assert.equal(more[0], 9);
  freePlace(at);
  freePlace(large);
  assert.equal(placesInUse(), before);
  assert.ok(!isKernelMemory(new ArrayBuffer(8)) && !isKernelMemory(new SharedArrayBuffer(8)));
});

Deno.test("takePlace() says when there is no more memory, and takes nothing then", () => {
  const before = placesInUse();
  assert.throws(() => takePlace(2 ** 33), /WASM kernels need 8.* GiB of memory.*use smaller chunks/);
  assert.equal(placesInUse(), before);
});

Deno.test("a table in the kernels' memory is charged by its bytes and gives its region back once", () => {
  const before = placesInUse(), account = new Account(MIB);
  const table = tableThere(account), [{ handle }] = table.held as [typeof table.held[0]];
  assert.ok(handle!.byteOffset > 0 && isKernelMemory(handle!.buffer));
  assert.equal(account.used, handle!.byteLength);
  assert.equal(table.heldBytes, account.used);
  const slice = table.slice(1, 2);
  table.release();
  assert.deepEqual([slice.row(0).time, placesInUse()], [2500n, before + 1]);
  assert.equal(slice.heldBytesOf(["time"]), account.used);
  slice.release();
  assert.deepEqual([account.used, placesInUse()], [0, before]);
});

Deno.test("a table in the kernels' memory is copied where a buffer of its own is asked for", () => {
  const table = tableThere();
  assert.throws(() => table.takeBuffer(), /not its sole owner: compact it first/);
  const buffer = table.toBuffer();
  assert.ok(!isKernelMemory(buffer));
  assert.deepEqual(Table.fromBuffer(buffer).rows(), table.rows());
  table.release();
});

Deno.test("tables that share some columns keep only the region that those lie in", () => {
  const before = placesInUse(), first = tableThere(), second = tableThere();
  const shared = Table.allocate(schema({ time: "time", height: "f32" }), 2, {
    t0: 1000n,
    share: { time: first, height: second },
  });
  const times = shared.project(schema({ time: "time" }));
  for (const table of [first, second, shared]) table.release();
  assert.equal(placesInUse(), before + 1);
  times.release();
  assert.equal(placesInUse(), before);
});

Deno.test("acquireRegion() gives nothing beyond its limit, and nothing that the budget has no room for", () => {
  const before = placesInUse();
  assert.equal(acquireRegion(MIB, 2 ** 16 + MIB - 1), undefined);
  assert.throws(() => acquireRegion(2 * MIB, Infinity, new Account(MIB)), MemoryBudgetError);
  assert.equal(placesInUse(), before);
});
