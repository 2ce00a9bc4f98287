/**
 * What is taken from the `package.json` of a package that somebody else wrote: {@linkcode packageJsonOf}.
 * @module
 */

/** The fields that count. */
export interface PackageJson {
  /** `module`: files ending in `.js` are ES modules. */
  readonly type?: unknown;
  /** The package's own module, where there are no exports. */
  readonly main?: unknown;
  /** The same, as an ES module. */
  readonly module?: unknown;
  /** Modules by the names that other packages import them by. */
  readonly exports?: unknown;
  /** Modules by the names, `#...`, that the package itself imports them by. */
  readonly imports?: Readonly<Record<string, unknown>>;
  /** The manifest of its plugins, not checked here. */
  readonly millrace?: unknown;
  /** Ranges of versions of what it needs, its peers too, by name. */
  readonly needs: Readonly<Record<string, string>>;
}

/** Most characters: npm's own largest have some 10,000. */
const LONGEST = 2 ** 20;

/**
 * Parse a `package.json`.
 *
 * @param id `name@version`, for errors.
 * @throws {Error} On what is not an object, or has no such shape: names the package and the field.
 */
export function packageJsonOf(text: string, id: string): PackageJson {
  const refuse = (why: string, cause?: unknown) =>
    new Error(`Cannot install npm:${id}: its package.json ${why}; have its author mend it`, { cause });
  if (text.length > LONGEST) throw refuse(`has more than ${LONGEST} characters`);
  let json: unknown;
  try {
    json = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (cause) {
    throw refuse(`is not JSON (${(cause as Error).message})`, cause);
  }
  if (!isRecord(json)) throw refuse("is not an object");
  const { type, main, module, exports, millrace } = json;
  const record = (name: string): Record<string, unknown> | undefined => {
    const value = json[name];
    if (value !== undefined && !isRecord(value)) throw refuse(`says "${name}", which is not an object`);
    return value;
  };
  const imports = record("imports");
  const needs: Record<string, string> = Object.create(null);
  for (const field of ["dependencies", "peerDependencies"]) {
    for (const [name, range] of Object.entries(record(field) ?? {})) {
      if (typeof range !== "string") throw refuse(`says "${name}" in "${field}" without a range of versions`);
      needs[name] = range;
    }
  }
  return { type, main, module, exports, millrace, needs, ...imports ? { imports } : {} };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
