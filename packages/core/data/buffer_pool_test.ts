import assert from "node:assert/strict";
import fc from "fast-check";
import { Account, BufferPool, MemoryBudgetError, SharedAccount, sizeClass } from "./buffer_pool.ts";

Deno.test("sizeClass() is at most a quarter more than asked for, and a class of itself", () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 2 ** 40 }), (bytes) => {
    const size = sizeClass(bytes);
    assert.ok(size >= bytes);
    assert.ok(size <= Math.max(4096, bytes * 1.25));
    assert.equal(sizeClass(size), size);
    assert.ok(sizeClass(bytes + 1) >= size);
  }));
});

Deno.test("BufferPool hands a released buffer out again, for its own size class only", () => {
  const pool = new BufferPool();
  const first = pool.acquire(100_000);
  const { buffer } = first;
  first.release(false);
  assert.equal(pool.idleBytes, buffer.byteLength);
  assert.notEqual(pool.acquire(50_000).buffer, buffer);
  assert.equal(pool.acquire(sizeClass(100_000)).buffer, buffer);
  assert.deepEqual([pool.made, pool.reused, pool.idleBytes], [2, 1, 0]);
});

Deno.test("BufferPool keeps at most maxIdle bytes, and none after clear()", () => {
  const pool = new BufferPool({ maxIdle: 10_000 });
  const handles = [pool.acquire(4096), pool.acquire(4096), pool.acquire(4096)];
  for (const handle of handles) handle.release(false);
  assert.equal(pool.idleBytes, 8192);
  pool.clear();
  assert.equal(pool.idleBytes, 0);
  pool.acquire(4096);
  assert.deepEqual([pool.made, pool.reused], [4, 0]);
});

Deno.test("BufferPool does not keep a buffer that was transferred away", () => {
  const pool = new BufferPool();
  const handle = pool.acquire(4096);
  structuredClone(handle.buffer, { transfer: [handle.buffer as ArrayBuffer] });
  handle.release(false);
  assert.equal(pool.idleBytes, 0);
});

Deno.test("BufferPool makes shared buffers where asked to", () => {
  assert.ok(new BufferPool({ shared: true }).acquire(10).buffer instanceof SharedArrayBuffer);
  assert.ok(new BufferPool().acquire(10).buffer instanceof ArrayBuffer);
});

Deno.test("BufferHandle goes back with its last reference, and not twice", () => {
  const pool = new BufferPool();
  const handle = pool.acquire(10);
  handle.retain(false);
  assert.equal(handle.refs, 2);
  handle.release(false);
  assert.equal(pool.idleBytes, 0);
  handle.release(false);
  assert.equal(pool.idleBytes, 4096);
  assert.throws(() => handle.release(false), { name: "Error", message: /more often than it was retained/ });
  assert.equal(pool.idleBytes, 4096);
});

Deno.test("BufferHandle keeps the budget charged once, until its last charged reference", () => {
  const account = new Account();
  const handle = new BufferPool().acquire(5000, account);
  const size = handle.buffer.byteLength;
  handle.retain(true);
  assert.equal(account.used, size);
  handle.release(true);
  assert.equal(account.used, size);
  handle.retain(false); // the user's
  handle.release(true);
  assert.equal(account.used, 0);
  assert.equal(handle.refs, 1);
});

Deno.test("Account refuses what does not fit, keeps the peak and is left as it was", () => {
  const account = new Account(10_000);
  account.charge(6000);
  assert.throws(() => account.charge(4001), (error) => {
    assert.ok(error instanceof MemoryBudgetError);
    assert.deepEqual([error.limit, error.used, error.asked], [10_000, 6000, 4001]);
    assert.match(error.message, /use smaller chunks or a larger budget/);
    return true;
  });
  assert.equal(account.used, 6000);
  account.charge(4000);
  account.refund(9000);
  assert.deepEqual([account.used, account.peak], [1000, 10_000]);
});

Deno.test("Account refuses a limit that is not above 0", () => {
  for (const limit of [0, -1, NaN]) assert.throws(() => new Account(limit), RangeError);
});

Deno.test("BufferPool charges nothing for a buffer that cannot be made", () => {
  const account = new Account();
  assert.throws(() => new BufferPool().acquire(2 ** 53, account), RangeError);
  assert.equal(account.used, 0);
});

Deno.test("BufferPool.acquire() refuses before it takes an idle buffer", () => {
  const pool = new BufferPool();
  pool.acquire(4096).release(false);
  assert.throws(() => pool.acquire(4096, new Account(4095)), MemoryBudgetError);
  assert.deepEqual([pool.idleBytes, pool.reused], [4096, 0]);
});

Deno.test("a SharedAccount is one account in all threads", async () => {
  const account = new SharedAccount(1000);
  const other = new SharedAccount(1000, account.counts);
  account.charge(600);
  other.charge(300);
  assert.deepEqual([account.used, other.used, account.peak], [900, 900, 900]);
  assert.throws(() => other.charge(101), MemoryBudgetError);
  assert.equal(account.used, 900);
  other.refund(600);
  assert.deepEqual([account.used, account.peak], [300, 900]);
  const code = `import { SharedAccount } from ${JSON.stringify(import.meta.resolve("./buffer_pool.ts"))};
    onmessage = ({ data }) => {
      const account = new SharedAccount(1000, data);
      for (let k = 0; k < 10000; k++) { account.charge(3); account.refund(3); }
      account.charge(5);
      postMessage(0);
    };`;
  const worker = new Worker(`data:text/javascript,${encodeURIComponent(code)}`, { type: "module" });
  const { promise, resolve } = Promise.withResolvers<void>();
  worker.onmessage = () => resolve();
  worker.postMessage(account.counts);
  for (let k = 0; k < 10000; k++) {
    account.charge(7);
    account.refund(7);
  }
  await promise;
  worker.terminate();
  assert.equal(account.used, 305);
});

Deno.test("takeIdle() gives idle buffers of a size away", () => {
  const pool = new BufferPool({ shared: true });
  assert.equal(pool.shared, true);
  const handles = [pool.acquire(5000), pool.acquire(5000), pool.acquire(9000)];
  for (const handle of handles) handle.release(false);
  const size = handles[0]!.buffer.byteLength, before = pool.idleBytes;
  assert.equal(pool.takeIdle(size, 1).length, 1);
  assert.equal(pool.idleBytes, before - size);
  assert.equal(pool.takeIdle(size, 5).length, 1);
  assert.deepEqual(pool.takeIdle(size, 1), []);
});

Deno.test("keepIdle() lets go of what is beyond, what was not used for longest first", () => {
  const pool = new BufferPool();
  const handles = [5000, 9000, 20000].map((bytes) => pool.acquire(bytes));
  for (const handle of handles) handle.release(false);
  const [small, middle, large] = handles.map(({ buffer }) => buffer.byteLength);
  pool.acquire(5000).release(false); // now the one used last
  pool.keepIdle(small! + large! + 1);
  assert.equal(pool.idleBytes, small! + large!);
  assert.deepEqual(pool.takeIdle(middle!, 1), []);
  pool.keepIdle(small!);
  assert.equal(pool.idleBytes, small);
  pool.acquire(9000).release(false); // larger than all that is kept
  assert.equal(pool.idleBytes, small);
});

Deno.test("acquire() takes an idle buffer up to half as large again, and charges what it is", () => {
  const pool = new BufferPool();
  pool.acquire(14_000).release(false);
  const account = new Account();
  const handle = pool.acquire(10_000, account);
  assert.deepEqual([pool.reused, account.used], [1, handle.buffer.byteLength]);
  handle.release(true);
  assert.equal(account.used, 0);
  pool.acquire(5000);
  assert.equal(pool.reused, 1);
});

Deno.test("acquire() takes no larger buffer than it needs where the budget is tight", () => {
  const pool = new BufferPool();
  pool.acquire(14_000).release(false);
  const account = new Account(20_000);
  const handle = pool.acquire(10_000, account);
  assert.deepEqual([pool.reused, handle.buffer.byteLength, account.used], [0, 10_240, 10_240]);
});
