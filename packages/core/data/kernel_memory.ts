/**
 * The memory that the WASM kernels of all threads work in, and this thread's regions of it.
 *
 * A kernel module imports {@linkcode memory} instead of having one of its own. Tables that only the engine and plugins see may lie there
 * (`emit(rows, { inKernelMemory: true })`): kernels read and write them where they are, and nothing is copied into or out of a module.
 *
 * It is shared memory: it grows without making arrays over it void, the collector doesn't count it, and kernels of workers read tables
 * where they lie. It never shrinks: what was touched stays resident, so tables take no more of it than a part of their run's budget.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { freePlace, isKernelMemory, memory, takePlace } from "@millrace/core/kernel-memory";
 *
 * const at = takePlace(1000); // a kernel is given this address
 * const samples = new Int16Array(memory.buffer, at, 500);
 * assert.ok(at % 64 === 0 && isKernelMemory(samples.buffer));
 * freePlace(at);
 * ```
 * @module
 */
import { type Account, BufferHandle, type BufferHome, type BufferSource } from "./buffer_pool.ts";
import { type MemoryShare, newShare, ownShare, Spans } from "./memory_share.ts";
import { Regions, sizeOf } from "./_regions.ts";
import { formatBytes } from "./units.ts";

const PAGE = 65536, MOST_PAGES = 65536;
/** Static data of modules lie below. */
const FIRST = PAGE;
/** Loops with vectors may read so far behind a region, and write where the kernel says so. */
const SLACK = 64;
/** It grows by at least so many pages: each time there is a new object for all of it. */
const STEP = 64;
/** Free addresses, of which other threads may have what is beyond. */
const KEPT = 2 ** 25;

const share = ownShare();

/** The memory. A module that imports it keeps its static data, which are the same in all threads, below 64 KiB and does not grow it. */
export const memory: WebAssembly.Memory = share.memory;

const spans = new Spans(share), regions = new Regions();
const buffers = new WeakSet<ArrayBufferLike>();
let current = memory.buffer, size = 0;
see();

function see(): void {
  current = memory.buffer;
  size = current.byteLength;
  buffers.add(current);
}

/** A share of this memory for a thread that this one starts. */
export function shareMemory(): MemoryShare {
  return newShare(share);
}

/** Whether a buffer is this memory, of whatever size it was when an array was made over it. O(1). */
export function isKernelMemory(buffer: ArrayBufferLike): boolean {
  return buffers.has(buffer) || buffer === memory.buffer;
}

/**
 * This memory, where another thread has made it `bytes` long.
 *
 * @throws {RangeError} When it is shorter.
 */
export function memoryUpTo(bytes: number): ArrayBufferLike {
  if (bytes > size) {
    memory.grow(0); // sees what other threads have added
    see();
    if (bytes > size) throw new RangeError(`The kernels' memory is ${size} bytes long, not ${bytes}`);
  }
  return current;
}

/**
 * Another object for this memory, up to `bytes` at least: arrays over it are told from others by it.
 *
 * @throws {RangeError} When the memory is shorter.
 */
export function newObject(bytes: number): ArrayBufferLike {
  const buffer = structuredClone(memoryUpTo(bytes));
  buffers.add(buffer);
  return buffer;
}

/**
 * Address of `bytes` that nothing else uses until {@linkcode freePlace}, a multiple of 64. What lies there is whatever was there before.
 *
 * @throws {RangeError} When the memory cannot grow that far.
 */
export function takePlace(bytes: number): number {
  const at = take(bytes);
  if (at === undefined) throw exhausted(bytes);
  return at;
}

/** The place is free again. @throws {Error} When there is none. */
export function freePlace(at: number): void {
  const [start, end] = regions.give(at), elsewhere = regions.free - (end - start);
  const kept = spans.wholeBetween(start + Math.max(0, KEPT - elsewhere), end);
  if (kept === undefined) return;
  regions.remove(...kept); // before another thread may have them
  spans.giveBack(...kept);
}

/** How many places and tables there are: for tests of whoever must give them back. */
export function placesInUse(): number {
  return regions.count;
}

function take(bytes: number): number | undefined {
  let at = regions.take(bytes);
  if (at === undefined) {
    const more = spans.claim(sizeOf(bytes) + FIRST);
    if (more === undefined) return undefined;
    regions.add(Math.max(more[0], FIRST), more[1]);
    at = regions.take(bytes)!;
  }
  if (reach(at + bytes)) return at;
  freePlace(at);
  return undefined;
}

function reach(end: number): boolean {
  if (end + SLACK > size) see(); // another thread may have made it longer
  while (end + SLACK > size) {
    const before = size, pages = size / PAGE, missing = Math.ceil((end + SLACK - size) / PAGE);
    // No more than is missing where there is no room for a larger step.
    const more = Math.min(Math.max(missing, STEP, pages >> 1), MOST_PAGES - pages);
    if (!grow(Math.max(missing, more)) && !grow(missing) && size === before) return false;
  }
  return true;
}

/** Whether it could grow by so many pages; where not, there is no room for them, or other threads were faster. */
function grow(pages: number): boolean {
  try {
    memory.grow(pages);
    return true;
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    memory.grow(0); // sees what other threads have added
    return false;
  } finally {
    see();
  }
}

function exhausted(bytes: number): RangeError {
  return new RangeError(
    `WASM kernels need ${formatBytes(bytes)} of memory more, and there is no room for it beside ${
      formatBytes(size)
    }: use smaller chunks, or tables elsewhere`,
  );
}

/** Bytes of tables in regions that were acquired. */
let acquired = 0;

interface Place {
  readonly byteOffset: number;
  readonly byteLength: number;
}

function freeRegion({ byteOffset, byteLength }: Place): void {
  freePlace(byteOffset);
  acquired -= byteLength;
}

// A table that was dropped without a release gives its region back when it is collected.
const lost = new FinalizationRegistry(freeRegion);

const home: BufferHome = {
  put(_, handle) {
    lost.unregister(handle);
    freeRegion(handle);
  },
};

// Arrays over the user's tables may outlive those, but not the buffer object that they are over.
const dropped = new FinalizationRegistry(freePlace);

const ownedHome: BufferHome = {
  put(_, handle) {
    dropped.unregister(handle);
    freePlace(handle.byteOffset);
  },
};

/**
 * A region for a table; undefined where there is no room for it.
 *
 * @param limit Bytes that regions of this thread may take together, beside those of {@linkcode kernelBuffers}.
 * @throws {MemoryBudgetError} When `account` has no room for it.
 */
export function acquireRegion(bytes: number, limit: number, account?: Account): BufferHandle | undefined {
  if (acquired + bytes > limit) return undefined;
  const at = take(bytes);
  if (at === undefined) return undefined; // ordinary buffers may still be there, and say so where not
  charge(at, bytes, account);
  acquired += bytes;
  const handle = new BufferHandle(current, account, home, at, bytes);
  lost.register(handle, { byteOffset: at, byteLength: bytes }, handle);
  return handle;
}

/** This memory up to `limit`, and `pool` where that is full. */
export function kernelsOr(pool: BufferSource, limit: number): BufferSource {
  return {
    acquire: (bytes, account) => acquireRegion(bytes, limit, account) ?? pool.acquire(bytes, account),
  };
}

/**
 * Room in this memory for tables of your own, which kernels then read where they are: rows of a `tableSource` are no
 * longer copied for them. Kernels of workers that are threads read them there too; processes get copies.
 *
 * A region is free again when its table is released, or collected with all arrays over it.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { schema, Table } from "@millrace/core";
 * import { isKernelMemory, kernelBuffers } from "@millrace/core/kernel-memory";
 *
 * const table = Table.from(schema({ time: "time", adc: "i16" }), { time: [0n], adc: [7] }, { pool: kernelBuffers });
 * assert.ok(isKernelMemory(table.columns.adc.buffer));
 * table.release();
 * ```
 */
export const kernelBuffers: BufferSource = {
  acquire(bytes, account) {
    const at = takePlace(bytes);
    charge(at, bytes, account);
    const buffer = newObject(at + bytes);
    const handle = new BufferHandle(buffer, account, ownedHome, at, bytes);
    dropped.register(buffer, at, handle);
    return handle;
  },
};

/** Charge an account with a region that was taken, or give that back. */
function charge(at: number, bytes: number, account: Account | undefined): void {
  try {
    account?.charge(bytes);
  } catch (error) {
    freePlace(at);
    throw error;
  }
}
