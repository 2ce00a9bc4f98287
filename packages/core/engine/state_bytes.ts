// The state of a plugin as bytes, and back: numbers, texts, arrays and the like, which mean the same in another process.

import { deserialize, serialize } from "node:v8";
import type { Plugin } from "../plugin/plugin.ts";

/** Whether the state of a plugin can be kept. That of one in a sandbox stays there. */
export function keepsState({ stateful, sandboxed }: Plugin): boolean {
  return stateful?.checkpoint === true && !sandboxed;
}

/** Containers whose members are looked at. */
const PLAIN = new Set<unknown>([Object.prototype, Array.prototype, null]);

/** Where a value is, told only where it is refused. */
type Path = () => string;

/**
 * Bytes of a state. O(its size).
 *
 * @throws {TypeError} On what is no plain data, of which the bytes would make something else: says what, and where it is.
 */
export function stateBytes(state: unknown): Uint8Array {
  checkPlain(state, () => "state", { values: new Set(), parts: new Map() });
  return new Uint8Array(serialize(state));
}

/** The state of such bytes. */
export function stateFrom(bytes: Uint8Array): unknown {
  return deserialize(bytes);
}

interface Seen {
  readonly values: Set<object>;
  /** Parts of buffers that arrays have: two that share bytes would not share them any more. */
  readonly parts: Map<ArrayBufferLike, (readonly [from: number, to: number])[]>;
}

function checkPlain(value: unknown, path: Path, seen: Seen): void {
  if (typeof value === "function" || typeof value === "symbol") return refuse(path, `a ${typeof value}`);
  if (typeof value !== "object" || value === null || seen.values.has(value)) return;
  seen.values.add(value);
  if (ArrayBuffer.isView(value)) {
    const { buffer, byteOffset, byteLength } = value;
    return checkPart(buffer, byteOffset, byteOffset + byteLength, path, seen);
  }
  if (value instanceof ArrayBuffer) return checkPart(value, 0, value.byteLength, path, seen);
  if (value instanceof Date) return;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Map.prototype) {
    for (const [key, item] of value as Map<unknown, unknown>) {
      checkPlain(key, () => `a key of ${path()}`, seen);
      checkPlain(item, () => `${path()}.get(${typeof key === "object" ? "..." : String(key)})`, seen);
    }
    return;
  }
  if (prototype === Set.prototype) {
    for (const item of value as Set<unknown>) checkPlain(item, () => `an item of ${path()}`, seen);
    return;
  }
  if (!PLAIN.has(prototype)) return refuse(path, `a ${nameOf(value)}`);
  if (Object.getOwnPropertySymbols(value).length > 0) return refuse(path, "an object with symbols as keys");
  if (Array.isArray(value)) {
    return value.forEach((item, k) => checkPlain(item, () => `${path()}[${k}]`, seen));
  }
  for (const key in value) {
    checkPlain((value as Record<string, unknown>)[key], () => `${path()}.${key}`, seen);
  }
}

function checkPart(buffer: ArrayBufferLike, from: number, to: number, path: Path, { parts }: Seen): void {
  const others = parts.get(buffer);
  if (!others) parts.set(buffer, [[from, to]]);
  else if (others.some((other) => from < other[1] && other[0] < to)) {
    refuse(path, "over bytes of another array of the state");
  } else others.push([from, to]);
}

function refuse(path: Path, what: string): never {
  throw new TypeError(
    `It declares checkpoint, but ${path()} is ${what}: state that is kept must be plain data (numbers, texts, bigints, typed ` +
      "arrays, and arrays, objects, maps and sets of them)",
  );
}

function nameOf(value: object): string {
  return value.constructor?.name ?? "object of a class";
}
