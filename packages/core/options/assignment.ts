/**
 * Options on a command line.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseAssignment } from "@millrace/core/config";
 *
 * assert.deepEqual(parseAssignment("events.window=100 ns"), { key: "events.window", value: "100 ns" });
 * assert.deepEqual(parseAssignment("features.heightRange=[40, null]"), {
 *   key: "features.heightRange",
 *   value: [40, null],
 * });
 * ```
 * @module
 */

/**
 * Read `plugin.option=value` or `option=value`. Lists, objects, quoted texts and `null` are read as JSON; everything else
 * stays the text that it is, digits included, since the option itself reads numbers and booleans from text: a run named
 * `007` or `1e5` keeps its name.
 *
 * @throws {SyntaxError} On text without `=` or without a key before it.
 */
export function parseAssignment(text: string): { key: string; value: unknown } {
  const at = text.indexOf("=");
  const key = text.slice(0, Math.max(at, 0)).trim();
  if (at < 0 || key === "") {
    throw new SyntaxError(`Cannot read the setting "${text}": write plugin.option=value`);
  }
  return { key, value: readValue(text.slice(at + 1).trim()) };
}

const JSON_LIKE = /^(?:null$|["[{])/;

function readValue(text: string): unknown {
  if (!JSON_LIKE.test(text)) return text;
  try {
    return JSON.parse(text);
  } catch (error) {
    // A path such as {a,b}.bin is text too.
    if (error instanceof SyntaxError) return text;
    throw error;
  }
}
