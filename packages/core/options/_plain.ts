// Values as a user gives them: objects, lists, numbers and texts, without class instances.

/** An object by its keys. */
export type PlainObject = Readonly<Record<string, unknown>>;

/** An object that is no array and no class instance. */
export function isPlainObject(value: unknown): value is PlainObject {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** A value as an error shows it. */
export function quote(value: unknown): string {
  if (typeof value === "bigint") return `${value}`;
  if (typeof value === "number" || value === undefined) return String(value);
  if (typeof value === "function" || typeof value === "symbol") return `a ${typeof value}`;
  const text = JSON.stringify(value, (_, item) => typeof item === "bigint" ? `${item}` : item) ??
    String(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

const DEEPEST = 8;

/**
 * A copy of plain values, so that later changes of the original change nothing.
 *
 * @throws {TypeError} On `undefined`, a function, a class instance, or lists and objects more than 8 deep.
 */
export function copyPlain(value: unknown, key: string, source: string, depth = 0): unknown {
  if (depth > DEEPEST) {
    throw new TypeError(`Cannot set "${key}" (${source}): it is nested more than ${DEEPEST} deep`);
  }
  if (Array.isArray(value)) return value.map((item) => copyPlain(item, key, source, depth + 1));
  if (isPlainObject(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => [name, copyPlain(item, key, source, depth + 1)]),
    );
  }
  if (value === null || ["string", "number", "boolean", "bigint"].includes(typeof value)) return value;
  const what = typeof value === "object" ? `an instance of ${value.constructor.name}` : quote(value);
  throw new TypeError(
    `Cannot set "${key}" (${source}) to ${what}: give a number, a text, a boolean, null, a list or an object of those`,
  );
}
