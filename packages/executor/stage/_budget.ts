// The budget of one task in a worker: what it holds, counted for itself and in the run's shared account.

import { Account, MemoryBudgetError, SharedAccount } from "@millrace/core/buffers";
import type { Budget } from "./messages.ts";

/** Tasks that may be under way at once. */
export const SLOTS = 256;
/** Before the slots: used and peak of the run. */
const FIRST_SLOT = 2;

/** Counts of a run: those of its account, and a slot a task with the bytes that the task holds. */
export function newCounts(): BigInt64Array<SharedArrayBuffer> {
  return new BigInt64Array(new SharedArrayBuffer(8 * (FIRST_SLOT + SLOTS)));
}

/** A task handed buffers over: it no longer holds them, the run still does. */
export function handOver(counts: BigInt64Array<SharedArrayBuffer>, slot: number, bytes: number): void {
  Atomics.sub(counts, FIRST_SLOT + slot, BigInt(bytes));
}

/** Forget what a task holds. Gives the bytes: those of a lost one are nobody's. */
export function clearSlot(counts: BigInt64Array<SharedArrayBuffer>, slot: number): number {
  return Number(Atomics.exchange(counts, FIRST_SLOT + slot, 0n));
}

/** Charges one task, and with it the run. */
export class TaskAccount extends Account {
  readonly #run: SharedAccount | undefined;
  readonly #slot: number;
  #peak = 0;

  constructor({ limit, counts, slot }: Budget) {
    super(limit);
    this.#run = counts && new SharedAccount(limit, counts);
    this.#slot = FIRST_SLOT + slot;
  }

  override get used(): number {
    return this.#run ? this.#run.used : super.used;
  }

  override get peak(): number {
    return this.#run ? this.#peak : super.peak;
  }

  override charge(bytes: number): void {
    if (!this.#run) return super.charge(bytes);
    this.#run.charge(bytes);
    const held = Number(Atomics.add(this.#run.counts, this.#slot, BigInt(bytes))) + bytes;
    if (held > this.#peak) this.#peak = held;
  }

  override refund(bytes: number): void {
    if (!this.#run) return super.refund(bytes);
    this.#run.refund(bytes);
    Atomics.sub(this.#run.counts, this.#slot, BigInt(bytes));
  }
}

/** Whether a task failed because memory was short. */
export function isBudgetError(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (at instanceof MemoryBudgetError || at.name === "MemoryBudgetError") return true;
  }
  return false;
}
