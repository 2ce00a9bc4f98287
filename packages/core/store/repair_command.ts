/**
 * The command that computes anew what is damaged of a result.
 * @module
 */

/** Characters of a lineage hash that are shown, and more than enough to name a result. */
export const SHOWN_HASH = 12;

/** A word as a shell takes it for itself. */
export const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;

/** Store, run, data type and lineage of a result's folder, also where it lies aside. */
const PLACE = /^(?:(.*)[/\\])?([^/\\]+)[/\\]\.?([^/\\]+?)(?:-([0-9a-z]{4,16}))?(?:\.(?:old|kept-\w+))?$/;

/**
 * The command that repairs a result; `undefined` where a folder lies in no run's. O(length).
 *
 * @param folder Folder of the result, `STORE/RUN/TYPE-HASH`.
 * @param input Paths of the input that it was made of. Default: a word that stands for them.
 * @param more Further words.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { repairCommand } from "@millrace/core/store";
 *
 * assert.equal(
 *   repairCommand("my data/run_7/hits-4f1a", ["raw/run_7"]),
 *   "millrace verify 'my data' run_7 hits@4f1a --repair --input raw/run_7",
 * );
 * ```
 */
export function repairCommand(
  folder: string,
  input: readonly string[] = [],
  more: readonly string[] = [],
): string | undefined {
  const [, store = ".", runId, dataType, hash] = PLACE.exec(folder) ?? [];
  if (runId === undefined) return undefined;
  const words = ["millrace", "verify", store || "/", runId, typeOf(dataType!, hash), "--repair"];
  for (const path of input.length > 0 ? input : ["FILES"]) words.push("--input", path);
  return [...words, ...more].map(quoted).join(" ");
}

const typeOf = (dataType: string, hash: string | undefined): string =>
  hash === undefined ? dataType : `${dataType}@${hash.slice(0, SHOWN_HASH)}`;

/** Why rows that were computed anew are others than those that are stored, and what to do. */
export const OTHER_ROWS =
  "the input files or the plugins' code are not those that the result was made of. What is stored is probably right but for " +
  "the damaged chunk: repair it with that input and code; millrace run --fresh replaces all of it by what is computed now";
