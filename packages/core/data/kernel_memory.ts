/**
 * The memory that the WASM kernels of a thread work in, and regions of it.
 *
 * A kernel module imports {@linkcode memory} instead of having one of its own. Tables that only the engine and plugins see may lie there
 * (`emit(rows, { inKernelMemory: true })`): kernels read and write them where they are, and nothing is copied into or out of a module.
 *
 * It is shared memory, since that grows without making arrays over it void, and the collector doesn't count it. It never shrinks: what
 * was touched stays resident, so tables take no more of it than a part of their run's budget.
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
import { Regions } from "./_regions.ts";
import { formatBytes } from "./units.ts";

const PAGE = 65536, MOST_PAGES = 65536;
/** Static data of modules lie below. */
const FIRST = PAGE;
/** Loops with vectors may read so far behind a region, and write where the kernel says so. */
const SLACK = 64;
/** It grows by at least so many pages: each time there is a new object for all of it. */
const STEP = 64;

/** The memory. A module that imports it keeps its static data below 64 KiB and does not grow it. */
export const memory: WebAssembly.Memory = new WebAssembly.Memory({
  initial: STEP,
  maximum: MOST_PAGES,
  shared: true,
});

const regions = new Regions(FIRST);
const buffers = new WeakSet<ArrayBufferLike>([memory.buffer]);
let size = memory.buffer.byteLength;

/** Whether a buffer is this memory, of whatever size it was when an array was made over it. O(1). */
export function isKernelMemory(buffer: ArrayBufferLike): boolean {
  return buffers.has(buffer);
}

/**
 * Address of `bytes` that nothing else uses until {@linkcode freePlace}, a multiple of 64. What lies there is whatever was there before.
 *
 * @throws {RangeError} When the memory cannot grow that far.
 */
export function takePlace(bytes: number): number {
  const at = regions.take(bytes);
  try {
    reach(at! + bytes);
  } catch (cause) {
    regions.give(at!);
    throw cause;
  }
  return at!;
}

/** The place is free again. @throws {Error} When there is none. */
export function freePlace(at: number): void {
  regions.give(at);
}

/** How many places and tables there are: for tests of whoever must give them back. */
export function placesInUse(): number {
  return regions.count;
}

function reach(end: number): void {
  const missing = Math.ceil((end + SLACK - size) / PAGE);
  if (missing <= 0) return;
  const pages = size / PAGE, more = Math.min(Math.max(missing, STEP, pages >> 1), MOST_PAGES - pages);
  try {
    memory.grow(Math.max(missing, more));
  } catch (cause) {
    throw new RangeError(
      `WASM kernels need ${formatBytes(end)} of memory, of which ${
        formatBytes(size)
      } are there: use smaller chunks, or tables elsewhere`,
      { cause },
    );
  }
  size = memory.buffer.byteLength;
  buffers.add(memory.buffer);
}

// A table that was dropped without a release gives its region back when it is collected.
const lost = new FinalizationRegistry(freePlace);

const home: BufferHome = {
  put(_, handle) {
    lost.unregister(handle);
    freePlace(handle.byteOffset);
  },
};

/** Bytes of tables that are the user's own. */
let owned = 0;

interface Place {
  readonly byteOffset: number;
  readonly byteLength: number;
}

function freeOwned({ byteOffset, byteLength }: Place): void {
  freePlace(byteOffset);
  owned -= byteLength;
}

// Arrays over the user's tables may outlive those, but not the buffer object that they are over.
const dropped = new FinalizationRegistry(freeOwned);

const ownedHome: BufferHome = {
  put(_, handle) {
    dropped.unregister(handle);
    freeOwned(handle);
  },
};

/**
 * A region for a table; undefined where there is no room for it below `limit`.
 *
 * @param limit Bytes of the memory that tables may reach into, beside those of {@linkcode kernelBuffers}.
 * @throws {MemoryBudgetError} When `account` has no room for it.
 */
export function acquireRegion(bytes: number, limit: number, account?: Account): BufferHandle | undefined {
  const at = regions.take(bytes, limit + owned);
  if (at === undefined) return undefined;
  try {
    reach(at + bytes);
  } catch {
    regions.give(at);
    return undefined; // ordinary buffers may still be there, and say so where not
  }
  charge(at, bytes, account);
  const handle = new BufferHandle(memory.buffer, account, home, at, bytes);
  lost.register(handle, at, handle);
  return handle;
}

/**
 * Room in this memory for tables of your own, which kernels of this thread then read where they are: rows of a `tableSource` are no
 * longer copied for them. Other threads get copies.
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
    owned += bytes;
    const buffer = structuredClone(memory.buffer); // another object for the same memory
    buffers.add(buffer);
    const handle = new BufferHandle(buffer, account, ownedHome, at, bytes);
    dropped.register(buffer, { byteOffset: at, byteLength: bytes }, handle);
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
