// A plugin object anew, for every run and segment.

// Declarations that the plugin is made from once, and that hold functions.
const DECLARED = new Set(["options", "schema", "boundary", "halo", "reach"]);

/**
 * A new object of the same class with copies of the same public values.
 *
 * @throws {TypeError} When a value would be lost or would not be the same: names the property.
 */
export function again<T extends { readonly provides: string | readonly string[] }>(plugin: T): T {
  const fresh = new (plugin.constructor as new () => T)();
  for (const [name, value] of Object.entries(plugin)) {
    if (DECLARED.has(name)) continue;
    if (typeof value !== "function") Object.assign(fresh, { [name]: copied(plugin, name, value) });
    else if (!isOwnFunction(fresh, name, value)) {
      refuse(
        plugin,
        name,
        "is a function that its constructor does not set; make it a method or set it in the constructor",
      );
    }
  }
  return fresh;
}

/** Whether the constructor sets a function with the same text. */
function isOwnFunction(fresh: object, name: string, value: unknown): boolean {
  if (!Object.hasOwn(fresh, name)) return false;
  const made = (fresh as Record<string, unknown>)[name];
  return typeof made === "function" && String(made) === String(value);
}

function copied(plugin: { readonly provides: string | readonly string[] }, name: string, value: unknown) {
  let copy: unknown;
  try {
    copy = structuredClone(value);
  } catch (cause) {
    refuse(plugin, name, "cannot be cloned; keep plain values, or make it where it is needed", cause);
  }
  if (classOf(copy) !== classOf(value)) {
    refuse(
      plugin,
      name,
      "is an object of a class, which a copy is not; keep plain values, or make it where it is needed",
    );
  }
  return copy;
}

function classOf(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  return Object.getPrototypeOf(value) ?? Object.prototype;
}

function refuse(
  { provides }: { readonly provides: string | readonly string[] },
  name: string,
  why: string,
  cause?: unknown,
): never {
  const plugin = typeof provides === "string" ? provides : provides[0];
  throw new TypeError(
    `Cannot copy plugin "${plugin}" for a run: property "${name}" ${why}`,
    cause === undefined ? {} : { cause },
  );
}
