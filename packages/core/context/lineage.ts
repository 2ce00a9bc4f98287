/**
 * Lineage: what a result was made of, and its hash.
 * @module
 */
import { createHash } from "node:crypto";
import type { Json } from "../store/types.ts";

export type { Json } from "../store/types.ts";

/** What one data type was made by, all the way up to the input's fingerprint. */
export interface Lineage {
  /**
   * Index for JSON. Of a plugin that runs in a sandbox there is `manifest`: SHA-256 of the manifest that it was installed by.
   * (An optional property would not fit the index where `exactOptionalPropertyTypes` is off, as it is for users.)
   */
  readonly [key: string]: Json;
  /** Data type. */
  readonly dataType: string;
  /** Name of the plugin. */
  readonly plugin: string;
  /** Its version. */
  readonly version: string;
  /** Its tracked options. */
  readonly options: { readonly [name: string]: Json };
  /** Of a source: what identifies its input. */
  readonly input: Json;
  /** Lineages of what it depends on. */
  readonly dependsOn: { readonly [dataType: string]: Json };
}

/** JSON text with the keys of every object in order: equal values have equal texts. */
export function canonicalJson(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const entries = Object.entries(value as { readonly [key: string]: Json });
  entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return `{${entries.map(([key, v]) => `${JSON.stringify(key)}:${canonicalJson(v)}`).join(",")}}`;
}

/** The first 16 bytes of the SHA-256 of a lineage's canonical text, as hexadecimal digits. */
export function lineageHash(lineage: Json): string {
  return createHash("sha256").update(canonicalJson(lineage)).digest("hex").slice(0, 32);
}

/** One thing in which two lineages differ. */
export interface LineageDifference {
  /** What: `records.version`, `hits.threshold`, `raw_files.input.files.0.size`. */
  readonly what: string;
  /** Its value in the first lineage; absent where that has none. */
  readonly first?: Json;
  /** Its value in the second lineage; absent where that has none. */
  readonly second?: Json;
}

/**
 * In what two lineages differ, data type by data type, sorted. Empty for equal ones.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { compareLineages } from "@millrace/core/lineage";
 *
 * const hits = (threshold: number) =>
 *   ({ dataType: "hits", plugin: "hits", version: "1", options: { threshold }, input: null, dependsOn: {} });
 * assert.deepEqual(compareLineages(hits(5), hits(7)), [{ what: "hits.threshold", first: 5, second: 7 }]);
 * ```
 */
export function compareLineages(first: Json, second: Json): LineageDifference[] {
  const [a, b] = [factsOf(first), factsOf(second)];
  return [...new Set([...a.keys(), ...b.keys()])].sort().flatMap((what) => {
    const [x, y] = [a.get(what), b.get(what)];
    if (x !== undefined && y !== undefined && canonicalJson(x) === canonicalJson(y)) return [];
    return [{ what, ...(x === undefined ? {} : { first: x }), ...(y === undefined ? {} : { second: y }) }];
  });
}

/** A lineage as single facts. */
function factsOf(lineage: Json): Map<string, Json> {
  const facts = new Map<string, Json>();
  const add = (what: string, value: Json): void => {
    if (typeof value !== "object" || value === null) {
      facts.set(what, value);
      return;
    }
    const entries = Object.entries(value);
    if (entries.length === 0) facts.set(what, value);
    for (const [key, part] of entries) add(`${what}.${key}`, part as Json);
  };
  const visit = (value: Json): void => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return add("lineage", value);
    const { dataType, options = {}, dependsOn = {}, input = null, ...rest } = value as Record<string, Json>;
    const name = String(dataType ?? "lineage");
    for (const [key, part] of Object.entries(rest)) add(`${name}.${key}`, part);
    for (const [key, part] of Object.entries(options as Record<string, Json>)) add(`${name}.${key}`, part);
    if (input !== null) add(`${name}.input`, input);
    for (const [type, part] of Object.entries(dependsOn as Record<string, Json>)) {
      facts.set(`${name} depends on ${type}`, true);
      visit(part);
    }
  };
  visit(lineage);
  return facts;
}
