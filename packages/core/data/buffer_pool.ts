/**
 * Buffers that are counted, charged to a budget and used again.
 *
 * Filling a fresh 20 MB buffer costs 10 to 50 ms of page faults, a used one 1 ms: the pool keeps released buffers by size
 * class and hands them out again.
 *
 * `acquire` and `release` are O(1).
 * @module
 */

import { formatBytes } from "./units.ts";

/** What a run may hold: bytes charged, the limit and the highest charge so far. */
export class Account {
  #used = 0;
  #peak = 0;
  /** Bytes that may be charged. */
  readonly limit: number;

  /**
   * An account of its own.
   *
   * @param limit Bytes; `Infinity` for no limit.
   * @throws {RangeError} On a limit that is not above 0.
   */
  constructor(limit = Infinity) {
    if (!(limit > 0)) throw new RangeError(`A memory budget must be above 0 bytes: received ${limit}`);
    this.limit = limit;
  }

  /** Bytes charged now. */
  get used(): number {
    return this.#used;
  }

  /** Highest {@linkcode Account.used} so far. */
  get peak(): number {
    return this.#peak;
  }

  /** Charge bytes. @throws {MemoryBudgetError} When the limit would be passed; nothing is charged then. */
  charge(bytes: number): void {
    const used = this.#used + bytes;
    if (used > this.limit) throw new MemoryBudgetError(this.limit, this.#used, bytes);
    this.#used = used;
    if (used > this.#peak) this.#peak = used;
  }

  /** Take a charge back. */
  refund(bytes: number): void {
    this.#used -= bytes;
  }
}

/**
 * An account that several threads charge: its counts lie in shared memory.
 *
 * `charge` and `refund` are O(1) and never wait.
 */
export class SharedAccount extends Account {
  /** What another thread makes the same account of. */
  readonly counts: BigInt64Array<SharedArrayBuffer>;

  /**
   * An account of its own, or the one of another thread.
   *
   * @param counts Of the account in the other thread.
   * @throws {RangeError} On a limit that is not above 0.
   */
  constructor(limit = Infinity, counts: BigInt64Array<SharedArrayBuffer> = newCounts()) {
    super(limit);
    this.counts = counts;
  }

  /** Bytes charged now, in all threads. */
  override get used(): number {
    return Number(Atomics.load(this.counts, 0));
  }

  /** Highest {@linkcode Account.used} so far. */
  override get peak(): number {
    return Number(Atomics.load(this.counts, 1));
  }

  /** Charge bytes. @throws {MemoryBudgetError} When the limit would be passed; nothing is charged then. */
  override charge(bytes: number): void {
    const before = Number(Atomics.add(this.counts, 0, BigInt(bytes)));
    const used = before + bytes;
    if (used > this.limit) {
      Atomics.sub(this.counts, 0, BigInt(bytes));
      throw new MemoryBudgetError(this.limit, before, bytes);
    }
    let peak = Atomics.load(this.counts, 1);
    while (peak < used) {
      const seen = Atomics.compareExchange(this.counts, 1, peak, BigInt(used));
      if (seen === peak) break;
      peak = seen;
    }
  }

  /** Take a charge back. */
  override refund(bytes: number): void {
    Atomics.sub(this.counts, 0, BigInt(bytes));
  }
}

function newCounts(): BigInt64Array<SharedArrayBuffer> {
  return new BigInt64Array(new SharedArrayBuffer(16));
}

/** A memory budget is spent. */
export class MemoryBudgetError extends Error {
  /** Error name. */
  override readonly name = "MemoryBudgetError";

  /** Bytes: the limit, what is in use, and what was asked for beyond it. */
  constructor(readonly limit: number, readonly used: number, readonly asked: number) {
    super(
      `The memory budget of ${formatBytes(limit)} is spent: ${formatBytes(used)} are in use and ${
        formatBytes(asked)
      } more are needed; ` +
        "use smaller chunks or a larger budget",
    );
  }
}

/** Where a buffer goes after its last release. */
export interface BufferHome {
  /** Take it back. */
  put(buffer: ArrayBufferLike, handle: BufferHandle): void;
}

/** One buffer, or a part of one, with its reference counts. Tables hold these; user code does not need to. */
export class BufferHandle {
  #refs = 1;
  #charges: number;
  readonly #account: Account | undefined;
  readonly #home: BufferHome | undefined;

  /** The buffer, longer than what was asked for. */
  readonly buffer: ArrayBufferLike;
  /** Where its part begins. */
  readonly byteOffset: number;
  /** Bytes of its part: all of it, unless a table has a part to itself. */
  readonly byteLength: number;

  /**
   * The first reference to `buffer`.
   *
   * @param account Charged with the size (by whoever made it) until the last charged reference is gone.
   * @param home Gets it after the last release.
   * @param byteOffset Begin of its part. Default: all of the buffer.
   * @param byteLength Bytes of its part.
   */
  constructor(
    buffer: ArrayBufferLike,
    account?: Account,
    home?: BufferHome,
    byteOffset = 0,
    byteLength: number = buffer.byteLength,
  ) {
    this.buffer = buffer;
    this.byteOffset = byteOffset;
    this.byteLength = byteLength;
    this.#account = account;
    this.#home = home;
    this.#charges = account ? 1 : 0;
  }

  /** Whether numbers lie in it. */
  holds(
    array: { readonly buffer: ArrayBufferLike; readonly byteOffset: number; readonly byteLength: number },
  ): boolean {
    const from = array.byteOffset - this.byteOffset;
    return array.buffer === this.buffer && from >= 0 && from + array.byteLength <= this.byteLength;
  }

  /** References held by tables. */
  get refs(): number {
    return this.#refs;
  }

  /** One more reference; `charged` references keep the budget charged. */
  retain(charged: boolean): void {
    this.#refs++;
    if (!charged || !this.#account) return;
    if (this.#charges++ === 0) this.#account.charge(this.byteLength);
  }

  /** One reference less; the last one hands the buffer back to its pool. */
  release(charged: boolean): void {
    if (charged) this.uncharge();
    if (--this.#refs === 0) this.#home?.put(this.buffer, this);
    if (this.#refs < 0) throw new Error("Cannot release a buffer more often than it was retained");
  }

  /** A charged reference becomes the user's: the budget no longer counts it. */
  uncharge(): void {
    if (!this.#account) return;
    if (--this.#charges === 0) this.#account.refund(this.byteLength);
  }
}

/** Gives buffers. */
export interface BufferSource {
  /** A buffer of at least `bytes`. @throws {MemoryBudgetError} When `account` has no room for it. */
  acquire(bytes: number, account?: Account): BufferHandle;
}

/** Where new buffers come from, and what they are charged to. */
export interface Memory {
  /** Gives buffers. */
  readonly pool: BufferPool;
  /** Counts them. */
  readonly account: Account;
}

const SMALLEST = 4096;

/** The size class that holds `bytes`: powers of two with three steps between, at least 4 KiB. */
export function sizeClass(bytes: number): number {
  if (bytes <= SMALLEST) return SMALLEST;
  const step = 2 ** (Math.ceil(Math.log2(bytes)) - 3);
  return Math.ceil(bytes / step) * step;
}

/** Buffers by size class, used again after their last release. */
export class BufferPool implements BufferHome, BufferSource {
  readonly #idle = new Map<number, ArrayBufferLike[]>();
  #maxIdle: number;
  readonly #shared: boolean;
  /** Bytes of idle buffers kept. */
  idleBytes = 0;
  /** How many buffers were made. */
  made = 0;
  /** How many were handed out again. */
  reused = 0;

  /**
   * A pool without buffers.
   *
   * @param options.maxIdle Bytes of idle buffers to keep; what is released beyond it is left to the garbage collector.
   * @param options.shared Make `SharedArrayBuffer`s.
   */
  constructor(options: { maxIdle?: number; shared?: boolean } = {}) {
    this.#maxIdle = options.maxIdle ?? 256 * 2 ** 20;
    this.#shared = options.shared ?? false;
  }

  /**
   * A buffer of at least `bytes`, with whatever its last user left in it.
   *
   * @throws {MemoryBudgetError} When `account` has no room for it.
   */
  acquire(bytes: number, account?: Account): BufferHandle {
    const size = sizeClass(bytes);
    const idle = this.#find(size, account);
    account?.charge(idle ?? size);
    if (idle !== undefined) {
      this.reused++;
      return new BufferHandle(this.takeIdle(idle, 1)[0]!, account, this);
    }
    this.made++;
    try {
      return new BufferHandle(
        this.#shared ? new SharedArrayBuffer(size) : new ArrayBuffer(size),
        account,
        this,
      );
    } catch (error) {
      account?.refund(size);
      throw error;
    }
  }

  /** Whether it makes `SharedArrayBuffer`s, which other threads see too. */
  get shared(): boolean {
    return this.#shared;
  }

  /** Keep at most `bytes` of idle buffers from now on; what is beyond is let go, what was not used for longest first. */
  keepIdle(bytes: number): void {
    this.#maxIdle = bytes;
    for (const [size, buffers] of this.#idle) {
      while (this.idleBytes > bytes && buffers.pop()) this.idleBytes -= size;
      if (buffers.length > 0) return; // an entry in the map is never empty
      this.#idle.delete(size);
    }
  }

  /**
   * The size of an idle buffer for `size` bytes: of that class, or of one of the two above while that leaves half of the
   * budget, so that what fits does not depend on what is idle.
   */
  #find(size: number, account: Account | undefined): number | undefined {
    if (this.#idle.has(size)) return size;
    const room = account === undefined ? Infinity : account.limit / 2 - account.used;
    for (let at = size, above = 0; above < 2; above++) {
      at = sizeClass(at + 1);
      if (at > room) return undefined;
      if (this.#idle.has(at)) return at;
    }
    return undefined;
  }

  /** Up to `count` idle buffers of a size class, which are no longer the pool's: for another thread to use. */
  takeIdle(size: number, count: number): ArrayBufferLike[] {
    const list = this.#idle.get(size);
    if (!list) return [];
    const taken = list.splice(-count);
    this.#idle.delete(size);
    if (list.length > 0) this.#idle.set(size, list); // now the class that was used last
    this.idleBytes -= size * taken.length;
    return taken;
  }

  /**
   * Keep a released buffer. When enough are idle, buffers of the classes that were not used for longest are left to the
   * garbage collector.
   */
  put(buffer: ArrayBufferLike): void {
    const size = buffer.byteLength;
    if (size === 0 || size > this.#maxIdle) return; // detached by a transfer, or larger than all that is kept
    const list = this.#idle.get(size);
    if (list) list.push(buffer);
    else this.#idle.set(size, [buffer]);
    this.idleBytes += size;
    if (this.idleBytes > this.#maxIdle) this.keepIdle(this.#maxIdle);
  }

  /** Let go of all idle buffers. */
  clear(): void {
    this.#idle.clear();
    this.idleBytes = 0;
  }
}
