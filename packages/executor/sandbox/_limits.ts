// Limits of a plugin: what it has where nobody says anything, and what is no limit.

import type { SandboxLimits } from "./types.ts";

const MIB = 2 ** 20;

/** What a plugin has where neither its manifest nor its user says anything. */
export const DEFAULT_LIMITS: SandboxLimits = {
  wallMs: 60_000,
  cpuMs: 60_000,
  heapBytes: 512 * MIB,
  residentBytes: 1024 * MIB,
  outputBytes: 256 * MIB,
  diskBytes: 256 * MIB,
  messagesPerSecond: 2000,
};

/** Least that a sandbox can work with. */
const LEAST: SandboxLimits = {
  wallMs: 1,
  cpuMs: 1,
  heapBytes: 16 * MIB,
  residentBytes: 64 * MIB,
  outputBytes: 4096,
  diskBytes: 4 * MIB,
  messagesPerSecond: 10,
};

/**
 * Limits of a plugin: each as it is said last.
 *
 * @throws {RangeError} On one that is unknown, no number, or too low to work with.
 */
export function limitsOf(
  plugin: string,
  ...said: readonly (Partial<SandboxLimits> | undefined)[]
): SandboxLimits {
  const limits: Record<string, number> = { ...DEFAULT_LIMITS };
  for (const given of said) {
    for (const [name, value] of Object.entries(given ?? {})) {
      if (value === undefined) continue;
      const least = (LEAST as unknown as Readonly<Record<string, number>>)[name];
      if (least === undefined || !Object.hasOwn(LEAST, name)) {
        throw new RangeError(
          `Cannot limit plugin "${plugin}": there is no limit "${name}", only ${
            Object.keys(LEAST).join(", ")
          }`,
        );
      }
      if (typeof value !== "number" || !(value >= least) || value > Number.MAX_SAFE_INTEGER) {
        throw new RangeError(
          `Cannot limit plugin "${plugin}": ${name} is ${value}; give a number from ${least}`,
        );
      }
      limits[name] = value;
    }
  }
  return limits as unknown as SandboxLimits;
}
