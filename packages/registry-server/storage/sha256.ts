/**
 * SHA-256 of bytes in memory: {@linkcode sha256}.
 * @module
 */
import { createHash } from "node:crypto";

/**
 * SHA-256 in hexadecimal digits; text is taken as UTF-8.
 *
 * ```ts
 * import { sha256 } from "./sha256.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(sha256("").slice(0, 8), "e3b0c442");
 * ```
 */
export function sha256(data: Uint8Array | string): string {
  return createHash("sha256").update(data).digest("hex");
}
