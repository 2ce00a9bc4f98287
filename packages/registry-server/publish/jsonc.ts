/**
 * JSON with comments, as configuration files have it: {@linkcode parseJsonc}.
 * @module
 */

/**
 * Parse JSON that may have comments and commas before a closing bracket.
 *
 * @throws {SyntaxError} As `JSON.parse` does.
 *
 * ```ts
 * import { parseJsonc } from "./jsonc.ts";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(parseJsonc('{ "a": "//", /* one *\/ }'), { a: "//" });
 * ```
 */
export function parseJsonc(text: string): unknown {
  const plain = text.replace(
    /("(?:[^"\\\n]|\\.)*")|\/\/[^\n]*|\/\*[^]*?\*\//g,
    (_whole, string?: string) => string ?? " ",
  ).replace(/("(?:[^"\\\n]|\\.)*")|,(?=\s*[}\]])/g, (_whole, string?: string) => string ?? "");
  return JSON.parse(plain);
}
