/**
 * What a source may give.
 * @module
 */
import { Table } from "../data/table.ts";
import type { Plugin, SourcePiece } from "../plugin/plugin.ts";
import { checkSchema } from "./_check_outputs.ts";

/**
 * Check what a source gave.
 *
 * @throws {TypeError} On a piece of another shape than a {@linkcode SourcePiece}.
 */
export function checkPiece(plugin: Plugin, piece: SourcePiece | undefined): void {
  const { table, end, start, cursor } = piece ?? {};
  if (!(table instanceof Table)) {
    throw new TypeError(
      `read gave ${piece === undefined ? "undefined" : "a piece without a table"}, not { table, end }`,
    );
  }
  if (typeof end !== "bigint" || (start !== undefined && typeof start !== "bigint")) {
    throw new TypeError(`read gave a piece from ${start} to ${end}: start and end are bigint picoseconds`);
  }
  if (cursor !== undefined && !(typeof cursor === "string" && cursor.isWellFormed())) {
    throw new TypeError(
      `read gave a piece with the cursor ${cursor}: a cursor is text, without halves of characters`,
    );
  }
  checkSchema(plugin, plugin.name, table);
}
