/**
 * What a plugin in a sandbox did that it may not.
 * @module
 */
import { formatTime } from "@millrace/core/units";
import type { Grants, SandboxLimits } from "./types.ts";

/** What was passed: a limit, a permission, or an agreement with the host. */
export type Limit =
  | keyof SandboxLimits
  | keyof Grants
  | "import"
  | "run"
  | "ffi"
  | "sys"
  /** It sent what can't be read, or what nobody asked for. */
  | "protocol"
  /** What it gave is not what it declares. */
  | "declaration"
  /** Its files are not those that were installed. */
  | "files";

/** What is known of a violation. */
export interface ViolationFacts {
  /** What errors call the plugin. */
  readonly plugin: string;
  /** What was passed. */
  readonly limit: Limit;
  /** How far, or what was tried. */
  readonly value: number | string;
  /** What is allowed. */
  readonly allowed: number | string;
  /** Start and end of the stretch that was being computed, ps. */
  readonly range?: readonly [start: bigint, end: bigint] | undefined;
  /** What would have to be in the plugin's manifest, where something there would allow it. */
  readonly manifestLine?: string | undefined;
}

const WHAT: Readonly<Record<keyof SandboxLimits, readonly [what: string, unit: string]>> = {
  wallMs: ["took", "ms for one call"],
  cpuMs: ["used", "ms of processor time for one call"],
  heapBytes: ["needs more than", "bytes of JavaScript heap"],
  residentBytes: ["holds", "bytes of memory"],
  outputBytes: ["gave", "bytes for one call"],
  diskBytes: ["keeps", "bytes in its folder"],
  messagesPerSecond: ["sent", "messages within a second"],
};

/**
 * A plugin in a sandbox passed a limit, asked for something that it was not granted, or lied. Its process is gone.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { SandboxViolation } from "@millrace/executor/sandbox";
 *
 * const error = new SandboxViolation({ plugin: "@lab/slow@1.0.0", limit: "wallMs", value: 2003, allowed: 2000 });
 * assert.equal(error.message, 'Plugin "@lab/slow@1.0.0" took 2003 ms for one call: 2000 are allowed');
 * ```
 */
export class SandboxViolation extends Error implements ViolationFacts {
  /** Class name. */
  override readonly name: string = "SandboxViolation";
  /** What errors call the plugin. */
  readonly plugin: string;
  /** What was passed. */
  readonly limit: Limit;
  /** How far, or what was tried. */
  readonly value: number | string;
  /** What is allowed. */
  readonly allowed: number | string;
  /** Start and end of the stretch that was being computed, ps. */
  readonly range: readonly [start: bigint, end: bigint] | undefined;
  /** What would have to be in the plugin's manifest, where something there would allow it. */
  readonly manifestLine: string | undefined;

  /** What is known of it. */
  constructor(facts: ViolationFacts, options?: ErrorOptions) {
    super(textOf(facts), options);
    this.plugin = facts.plugin;
    this.limit = facts.limit;
    this.value = facts.value;
    this.allowed = facts.allowed;
    this.range = facts.range;
    this.manifestLine = facts.manifestLine;
  }
}

function textOf({ plugin, limit, value, allowed, range, manifestLine }: ViolationFacts): string {
  const where = range
    ? ` in the stretch [${range.map((time) => formatTime(time, { exact: true })).join(" .. ")})`
    : "";
  const remedy = manifestLine === undefined ? "" : `; its manifest would have to say ${manifestLine}`;
  const begin = `Plugin "${plugin}"`;
  if (Object.hasOwn(WHAT, limit)) {
    const [verb, unit] = WHAT[limit as keyof SandboxLimits];
    return `${begin} ${verb} ${value} ${unit}${where}: ${allowed} are allowed${remedy}`;
  }
  if (limit === "protocol" || limit === "declaration" || limit === "files") {
    return `${begin} ${value}${where}: ${allowed}`;
  }
  return `${begin} wants ${limit} access to ${value}${where}: ${allowed}${remedy}`;
}
