// How tasks become messages.

import { Op } from "../transport/messages.ts";
import type { Entry } from "./_entry.ts";
import { hasSlabSize, viewMessage } from "./_payload.ts";
import type { PoolWorker } from "./_pool_worker.ts";

/** Tasks of one message take about this long together, ms: long against a message (15 µs), short for who waits. */
const BATCH_MS = 0.25;
/** Most tasks of one message. */
export const MAX_BATCH = 256;
/** What a message costs to carry, bytes a ms: an input of 1 MB fills a batch alone. */
const CARRIED = 4e6;
const NOTHING: readonly ArrayBuffer[] = [];

/** Whether a task is so small that it may share a message. */
export function isTiny(entry: Entry): boolean {
  const { target, options } = entry;
  if (target.expected === undefined || share(entry) > BATCH_MS / 2) return false;
  return options === undefined ||
    options.batch !== false && options.timeout === undefined && options.transfer === undefined;
}

/** What a task adds to its message, ms. */
function share({ target, bytes }: Entry): number {
  return target.expected! + bytes / CARRIED;
}

/**
 * Collects tiny tasks up to the batch's time. Gives the task that was taken and is not tiny, if there was one.
 *
 * @param batch Holds the first task, gets the others
 */
export function collect(batch: Entry[], limit: number, take: () => Entry | undefined): Entry | undefined {
  let left = BATCH_MS - share(batch[0]!);
  while (batch.length < limit && left > 0) {
    const entry = take();
    if (entry === undefined) return undefined;
    if (!isTiny(entry)) return entry;
    left -= share(entry);
    batch.push(entry);
  }
  return undefined;
}

function define(worker: PoolWorker, { target }: Entry): void {
  if (worker.defined[target.index]) return;
  worker.defined[target.index] = true;
  worker.connection.send([Op.define, target.index, target.task.module, target.task.export], NOTHING);
}

/**
 * Sends one task.
 *
 * @throws {unknown} What the transport throws for an input that can't be cloned; the task is not on the worker then
 */
export function sendOne(worker: PoolWorker, entry: Entry, isShared: boolean): void {
  define(worker, entry);
  const id = worker.place(entry);
  entry.closesMessage = true;
  worker.messages++;
  worker.target = entry.target;
  const transfer = entry.options?.transfer ?? NOTHING;
  try {
    if (entry.isLoad) return worker.connection.send([Op.load, id, entry.target.index], NOTHING);
    const lends = entry.options?.lend === true;
    if (!isShared || !hasSlabSize(entry.bytes) || transfer.length > 0 && !lends) {
      return worker.connection.send([Op.run, id, entry.target.index, entry.input], transfer);
    }
    const copied: ArrayBuffer[] = [];
    const views = viewMessage(worker, entry, id, copied);
    const moved = copied.length === 0 ? transfer : transfer.filter((buffer) => !copied.includes(buffer));
    worker.connection.send(views ?? [Op.run, id, entry.target.index, entry.input], moved);
    // What was lent instead of moved is gone here all the same, at once and not when it is collected.
    for (const buffer of new Set(transfer)) if (!moved.includes(buffer)) free(buffer);
  } catch (error) {
    worker.remove(entry);
    worker.unsend(1);
    throw error;
  }
}

/** Detaches a buffer. That of a WebAssembly memory stays, and was copied. */
function free(buffer: ArrayBuffer): void {
  try {
    buffer.transfer(0);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
  }
}

/** Sends tiny tasks in one message; false when one of them can't be cloned, none is on the worker then. */
export function sendBatch(worker: PoolWorker, batch: readonly Entry[], isShared: boolean): boolean {
  let tiny: unknown[] = [Op.run];
  const parts: unknown[] = [Op.several];
  let placed = 0;
  try {
    for (const entry of batch) {
      define(worker, entry);
      const id = worker.place(entry);
      placed++;
      const views = isShared && hasSlabSize(entry.bytes) ? viewMessage(worker, entry, id) : undefined;
      if (views === undefined) tiny.push(id, entry.target.index, entry.input);
      else {
        if (tiny.length > 1) parts.push(tiny);
        parts.push(views);
        if (tiny.length > 1) tiny = [Op.run];
      }
    }
    if (parts.length > 1 && tiny.length > 1) parts.push(tiny);
    const last = batch[batch.length - 1]!;
    last.closesMessage = true;
    worker.messages++;
    worker.target = last.target;
    worker.connection.send(parts.length > 1 ? parts : tiny, NOTHING);
    return true;
  } catch {
    // Each is sent alone then, which tells whose fault it is.
    for (const entry of batch.slice(0, placed)) worker.remove(entry);
    worker.unsend(placed);
    return false;
  }
}
