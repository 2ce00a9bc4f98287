/**
 * Errors as plain data, so that they cross a thread or a process with class, message, stack, causes and parts.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { decodeError, encodeError } from "@millrace/executor/error-data";
 *
 * const thrown = new RangeError("Too far", { cause: new Error("Wrong unit") });
 * const back = decodeError(structuredClone(encodeError(thrown))) as RangeError;
 * assert(back instanceof RangeError);
 * assert.equal((back.cause as Error).message, "Wrong unit");
 * ```
 * @module
 */

/** Encoded: `[0, value]`, `[1, class, name, message, stack, cause, errors, properties]` or `[2, description]`. */
export type ErrorData = readonly unknown[];

type ErrorClass = new (message?: string) => Error;

const CLASSES: ReadonlyMap<string, ErrorClass> = new Map<string, ErrorClass>([
  ...[Error, TypeError, RangeError, SyntaxError, ReferenceError, URIError, EvalError].map((
    error,
  ): [string, ErrorClass] => [error.name, error]),
  ...Object.entries(Deno.errors).map(([name, error]): [string, ErrorClass] => [
    `Deno.errors.${name}`,
    error as unknown as ErrorClass,
  ]),
]);
const NAMES: ReadonlyMap<unknown, string> = new Map([...CLASSES].map(([name, error]) => [error, name]));
const MAX_DEPTH = 16;
const OWN = new Set(["name", "message", "stack", "cause", "errors"]);

function classOf(error: Error): string {
  if (error instanceof DOMException) return "DOMException";
  if (error instanceof AggregateError) return "AggregateError";
  for (let made = error; made !== null; made = Object.getPrototypeOf(made)) {
    const name = NAMES.get(made.constructor);
    if (name !== undefined) return name;
  }
  return "Error";
}

function describe(value: unknown): string {
  try {
    return Deno.inspect(value, { depth: 2, colors: false }).slice(0, 2000);
  } catch {
    return `a value of type ${typeof value} that can't be shown`;
  }
}

function isCloneable(value: unknown): boolean {
  try {
    structuredClone(value);
    return true;
  } catch {
    return false; // that it throws is the answer
  }
}

/** Makes plain data of whatever was thrown. What can't be cloned is described. */
export function encodeError(thrown: unknown): ErrorData {
  try {
    return encode(thrown, MAX_DEPTH);
  } catch (error) {
    return [2, `an error that throws when it is read: ${describe(error)}`];
  }
}

function encode(thrown: unknown, depth: number): ErrorData {
  if (depth === 0) return [2, "further causes are left out"];
  if (!(thrown instanceof Error)) return isCloneable(thrown) ? [0, thrown] : [2, describe(thrown)];
  const properties: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(thrown)) {
    if (!OWN.has(key) && isCloneable(value)) properties[key] = value;
  }
  return [
    1,
    classOf(thrown),
    String(thrown.name),
    String(thrown.message),
    String(thrown.stack),
    "cause" in thrown ? encode(thrown.cause, depth - 1) : undefined,
    thrown instanceof AggregateError ? thrown.errors.map((error) => encode(error, depth - 1)) : undefined,
    properties,
  ];
}

/**
 * The error or value that `encodeError` was given. Errors of built-in classes keep their class, others come
 * back as their closest built-in class under their own name.
 *
 * @param data What `encodeError` gave
 * @param stack Frames of this side to be put behind those of the other, lines that begin with a line break
 */
export function decodeError(data: ErrorData, stack = ""): unknown {
  const [kind, value] = data;
  if (kind === 0) return value;
  if (kind === 2) return new Error(`A value was thrown that cannot be cloned: ${value}`);
  const [, type, name, message, trace, cause, errors, properties] = data as [
    1,
    string,
    string,
    string,
    string,
    ErrorData | undefined,
    ErrorData[] | undefined,
    Record<string, unknown>,
  ];
  const error = type === "DOMException"
    ? new DOMException(message, name)
    : type === "AggregateError"
    ? new AggregateError((errors ?? []).map((part) => decodeError(part)), message)
    : new (CLASSES.get(type) ?? Error)(message);
  if (error.name !== name) define(error, "name", name);
  define(error, "stack", trace + stack);
  if (cause !== undefined) define(error, "cause", decodeError(cause));
  for (const [key, own] of Object.entries(properties)) define(error, key, own, true);
  return error;
}

function define(error: Error, key: string, value: unknown, enumerable = false): void {
  Object.defineProperty(error, key, { value, enumerable, configurable: true, writable: true });
}
