// What an input holds: its size, and the typed arrays that cross in shared memory.

import { type HostMessage, Op } from "../transport/messages.ts";
import { type AnyTypedArray, viewTypes } from "../transport/view_types.ts";
import type { Entry } from "./_entry.ts";
import type { PoolWorker } from "./_pool_worker.ts";

/** Arrays of this size and more cross in slabs: below, cloning costs less than the bookkeeping. */
const SLAB_FROM = 4096;
/** Larger arrays are cloned: a slab stays for as long as its worker. */
const SLAB_TO = 64 * 2 ** 20;

const typeNumbers: ReadonlyMap<unknown, number> = new Map(viewTypes.map((type, number) => [type, number]));

/** Bytes of the arrays, buffers and strings of an input, at most one level deep. O(number of properties). */
export function sizeOf(input: unknown): number {
  if (typeof input === "string") return 2 * input.length;
  if (typeof input !== "object" || input === null) return 0;
  const own = sizeOfValue(input);
  if (own > 0) return own;
  let bytes = 0;
  if (Array.isArray(input)) {
    bytes = 8 * input.length;
    for (let i = 0; i < input.length; i++) bytes += sizeOfValue(input[i]);
  } else for (const key in input) bytes += sizeOfValue((input as Record<string, unknown>)[key]);
  return bytes;
}

function sizeOfValue(value: unknown): number {
  if (typeof value === "string") return 2 * value.length;
  if (typeof value !== "object" || value === null) return 0;
  if (ArrayBuffer.isView(value)) return value.buffer instanceof ArrayBuffer ? value.byteLength : 0;
  return value instanceof ArrayBuffer ? value.byteLength : 0;
}

/** Whether a value is an array that may cross in a slab. */
function isSlabArray(value: unknown): value is AnyTypedArray {
  return ArrayBuffer.isView(value) && value.byteLength >= SLAB_FROM && value.byteLength <= SLAB_TO &&
    value.buffer instanceof ArrayBuffer && typeNumbers.has(value.constructor);
}

/**
 * The message for a task whose arrays cross in slabs, undefined when it has none. Arrays that share a buffer are left
 * to structured cloning, which keeps them sharing. New slabs are sent to the worker at once.
 *
 * @param copied Gets the buffers that lie in slabs whole now
 */
export function viewMessage(
  worker: PoolWorker,
  entry: Entry,
  id: number,
  copied?: ArrayBuffer[],
): HostMessage | undefined {
  const input = entry.input;
  const lend = entry.options?.lend === true ? 1 : 0;
  if (isSlabArray(input)) {
    copied?.push(input.buffer as ArrayBuffer);
    return [Op.runViews, id, entry.target.index, null, lend, null, ...put(worker, entry, input)];
  }
  if (!isPlain(input)) return undefined;
  let message: unknown[] | undefined;
  let copy: Record<string, unknown> | undefined;
  const keys = Object.keys(input);
  for (const key of keys) {
    const value = input[key];
    if (!isSlabArray(value) || sharesBuffer(input, keys, key)) continue;
    copy ??= Array.isArray(input) ? [...input] as unknown as Record<string, unknown> : { ...input };
    copy[key] = null;
    message ??= [Op.runViews, id, entry.target.index, copy, lend];
    copied?.push(value.buffer as ArrayBuffer);
    message.push(key, ...put(worker, entry, value));
  }
  return message;
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null || prototype === Array.prototype;
}

function sharesBuffer(input: Record<string, unknown>, keys: readonly string[], key: string): boolean {
  const { buffer } = input[key] as AnyTypedArray;
  return keys.some((other) => {
    const value = input[other];
    return other !== key && (value === buffer || ArrayBuffer.isView(value) && value.buffer === buffer);
  });
}

/** Copies an array to a slab: type, slab and length for the message. */
function put(worker: PoolWorker, entry: Entry, array: AnyTypedArray): [number, number, number] {
  let slab = worker.slabs.take(array.byteLength);
  if (slab === -1) {
    slab = worker.slabs.make(array.byteLength);
    worker.connection.send([Op.slab, slab, worker.slabs.get(slab).buffer], []);
  }
  worker.slabs.get(slab).set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
  (entry.slabs ??= []).push(slab);
  return [typeNumbers.get(array.constructor)!, slab, array.length];
}

/** Whether an input may hold arrays for slabs. */
export const hasSlabSize = (bytes: number): boolean => bytes >= SLAB_FROM;
