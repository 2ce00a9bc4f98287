/**
 * A package's own configuration: {@linkcode readConfig}.
 * @module
 */
import { Refusal } from "../http/refusal.ts";
import { parseJsonc } from "./jsonc.ts";

/** What the registry reads in `deno.json`. */
export interface Config {
  /** `@scope/name`. */
  readonly name: string;
  /** As it stands there. */
  readonly version: unknown;
  /** Name of the licence. */
  readonly license: string | undefined;
  /** What the package is for. */
  readonly description: string | undefined;
  /** Targets by subpath. */
  readonly exports: Readonly<Record<string, string>>;
  /** The section on plugins, as it stands there. */
  readonly millrace: unknown;
}

const bad = (message: string) => new Refusal(400, "badConfig", message);
const isText = (value: unknown): value is string => typeof value === "string";

/**
 * Read the configuration file of an uploaded package.
 *
 * @throws {Refusal} When it is missing or has another shape.
 */
export function readConfig(path: string, files: ReadonlyMap<string, Uint8Array>): Config {
  const bytes = files.get(path);
  if (!/^\/(deno|jsr)\.jsonc?$/.test(path) || !bytes) {
    throw bad(
      `The package has no configuration "${path}"; add a deno.json with "name", "version" and "exports"`,
    );
  }
  let value: unknown;
  try {
    value = parseJsonc(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    throw bad(`The file "${path}" cannot be read: ${(error as Error).message}; correct it`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw bad(`The file "${path}" holds no object; write { "name": ..., "version": ..., "exports": ... }`);
  }
  const { name, version, license, description, exports, millrace } = value as Record<string, unknown>;
  if (!isText(name)) throw bad(`The file "${path}" has no "name"; write it like "@scope/name"`);
  const targets = isText(exports) ? { ".": exports } : exports ?? {};
  if (typeof targets !== "object" || !Object.values(targets).every(isText)) {
    throw bad(`The "exports" in "${path}" are no paths by name; write for example { ".": "./mod.ts" }`);
  }
  return {
    name,
    version,
    license: isText(license) ? license : undefined,
    description: isText(description) ? description.slice(0, 500) : undefined,
    exports: targets as Record<string, string>,
    millrace,
  };
}
