/**
 * Lineage: what a result was made of, and its hash.
 * @module
 */
import { createHash } from "node:crypto";
import type { Json } from "../store/types.ts";

export type { Json } from "../store/types.ts";

/** What one data type was made by, all the way up to the input's fingerprint. */
export interface Lineage {
  /** Index for JSON. */
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
