// The state of a plugin as bytes, and back: numbers, texts, arrays and the like, which mean the same in another process.

import { deserialize, serialize } from "node:v8";
import type { Plugin } from "../plugin/plugin.ts";

/** Whether the state of a plugin can be kept. That of one in a sandbox stays there. */
export function keepsState({ stateful, sandboxed }: Plugin): boolean {
  return stateful?.checkpoint === true && !sandboxed;
}

/** Containers whose members are looked at. */
const PLAIN = new Set<unknown>([Object.prototype, Array.prototype, null]);

/**
 * Bytes of a state. O(its size).
 *
 * @throws {TypeError} On what is no plain data, of which the bytes would make something else: says what, and where it is.
 */
export function stateBytes(state: unknown): Uint8Array {
  checkPlain(state, "state", new Set());
  return new Uint8Array(serialize(state));
}

/** The state of such bytes. */
export function stateFrom(bytes: Uint8Array): unknown {
  return deserialize(bytes);
}

function checkPlain(value: unknown, path: string, seen: Set<object>): void {
  if (typeof value === "function" || typeof value === "symbol") return refuse(path, `a ${typeof value}`);
  if (typeof value !== "object" || value === null || seen.has(value)) return;
  seen.add(value);
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer || value instanceof Date) return;
  if (value instanceof Map) {
    for (const [key, item] of value) {
      checkPlain(key, `a key of ${path}`, seen);
      checkPlain(item, `${path}.get(${String(key)})`, seen);
    }
    return;
  }
  if (value instanceof Set) {
    for (const item of value) checkPlain(item, `an item of ${path}`, seen);
    return;
  }
  if (!PLAIN.has(Object.getPrototypeOf(value))) return refuse(path, `a ${nameOf(value)}`);
  for (const [key, item] of Object.entries(value)) {
    checkPlain(item, Array.isArray(value) ? `${path}[${key}]` : `${path}.${key}`, seen);
  }
}

function refuse(path: string, what: string): never {
  throw new TypeError(
    `It declares checkpoint, but ${path} is ${what}: state that is kept must be plain data (numbers, texts, bigints, typed ` +
      "arrays, and arrays, objects, maps and sets of them)",
  );
}

function nameOf(value: object): string {
  return value.constructor?.name ?? "object of a class";
}
