import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { Account, MemoryBudgetError } from "./buffer_pool.ts";
import {
  acquireRegion,
  freePlace,
  isKernelMemory,
  kernelBuffers,
  memory,
  placesInUse,
  takePlace,
} from "./kernel_memory.ts";
import { ownShare } from "./memory_share.ts";
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

/** What `work` gives while the memory grows as told. */
function growing<T>(grow: (pages: number, real: (pages: number) => number) => number, work: () => T): T {
  const real = memory.grow.bind(memory);
  memory.grow = (pages) => grow(pages, real);
  try {
    return work();
  } finally {
    memory.grow = real;
  }
}

const spansHeld = () => ownShare().spans.subarray(1).filter((owner) => owner > 0).length;

Deno.test("takePlace() tries again where another thread has made the memory longer meanwhile", () => {
  let isFirst = true;
  const at = growing((pages, real) => {
    if (pages === 0 || !isFirst) return real(pages);
    isFirst = false;
    real(16);
    throw new RangeError("no room");
  }, () => takePlace(2 * memory.buffer.byteLength));
  assert.ok(!isFirst);
  freePlace(at);
});

Deno.test("takePlace() takes what is missing where the memory cannot grow by more", () => {
  const bytes = memory.buffer.byteLength + MIB, most = 40;
  const limited = (pages: number, real: (pages: number) => number) => {
    if (pages > most) throw new RangeError("no room");
    return real(pages);
  };
  freePlace(growing(limited, () => takePlace(bytes)));
});

Deno.test("a thread keeps no more than 32 MiB of free addresses, wherever they are", () => {
  const places = Array.from({ length: 6 }, () => takePlace(64 * MIB));
  assert.ok(spansHeld() >= 96);
  for (const at of places) freePlace(at);
  assert.ok(spansHeld() <= 12, `${spansHeld()} spans`);
});

Deno.test("what the memory cannot grow for is left to other threads", () => {
  const fails = (pages: number, real: (pages: number) => number) => {
    if (pages > 0) throw new RangeError("no room");
    return real(pages);
  };
  const bytes = memory.buffer.byteLength + 64 * MIB;
  assert.throws(() => growing(fails, () => takePlace(bytes)), /there is no room for it/);
  assert.ok(spansHeld() <= 12, `${spansHeld()} spans`);
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
  assert.equal(acquireRegion(MIB, MIB - 1), undefined);
  const region = acquireRegion(MIB, MIB)!;
  assert.equal(acquireRegion(64, MIB), undefined);
  region.release(false);
  assert.throws(() => acquireRegion(2 * MIB, Infinity, new Account(MIB)), MemoryBudgetError);
  assert.equal(placesInUse(), before);
});

Deno.test("kernelBuffers take nothing of what acquireRegion() may give, and give all back", () => {
  const before = placesInUse();
  const own = kernelBuffers.acquire(3 * MIB), other = kernelBuffers.acquire(64);
  const region = acquireRegion(MIB - 128, MIB)!;
  assert.equal(acquireRegion(MIB, MIB), undefined);
  for (const handle of [own, other, region]) handle.release(false);
  acquireRegion(MIB, MIB)!.release(false);
  assert.equal(placesInUse(), before);
});

Deno.test("kernelBuffers say when there is no more memory or budget, and take nothing then", () => {
  const before = placesInUse();
  assert.throws(() => kernelBuffers.acquire(2 ** 33), /WASM kernels need 8.* GiB.*or tables elsewhere/);
  assert.throws(() => kernelBuffers.acquire(2 * MIB, new Account(MIB)), MemoryBudgetError);
  assert.equal(placesInUse(), before);
});

Deno.test("an array over a table in kernelBuffers stays as it is when the table is dropped", async () => {
  const script = `
    import { kernelBuffers, placesInUse } from ${
    JSON.stringify(new URL("./kernel_memory.ts", import.meta.url))
  };
    import { Table } from ${JSON.stringify(new URL("./table.ts", import.meta.url))};
    import { schema } from ${JSON.stringify(new URL("./schema.ts", import.meta.url))};
    const make = () => Table.from(schema({ n: "i32" }), { n: [1, 2, 3] }, { pool: kernelBuffers }).columns.n;
    const collect = async () => {
      for (let k = 0; k < 20; k++) {
        gc();
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    };
    let kept = make().subarray(1);
    await collect();
    console.log(placesInUse(), kept.join());
    kept = undefined;
    await collect();
    console.log(placesInUse());
  `;
  const file = await Deno.makeTempFile({ suffix: ".js" });
  try {
    await Deno.writeTextFile(file, script);
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--v8-flags=--expose-gc",
        "--config",
        fileURLToPath(import.meta.resolve("../deno.json")),
        file,
      ],
    }).output();
    assert.equal(new TextDecoder().decode(stdout), "1 2,3\n0\n", new TextDecoder().decode(stderr));
  } finally {
    await Deno.remove(file);
  }
});
