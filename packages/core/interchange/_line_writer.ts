// Writing rows as lines of text.
import type { Schema } from "../data/schema.ts";
import { type Cell, cellsOf } from "./_values.ts";
import type { OutFile, TableWriter } from "./types.ts";

/** Characters that are gathered before they are written. */
const GATHERED = 2 ** 18;

const encoder = new TextEncoder();

/** Writes a line a row, which `lineOf` makes of row `i` of its columns. */
export function lineWriter(
  out: OutFile,
  schema: Schema,
  lineOf: (cells: readonly ((i: number) => Cell)[], i: number) => string,
): TableWriter {
  return {
    async write(table) {
      const cells = schema.columns.map((column) => cellsOf(table, column));
      let text = "";
      for (let i = 0; i < table.length; i++) {
        text += `${lineOf(cells, i)}\n`;
        if (text.length > GATHERED) {
          await out.write(encoder.encode(text));
          text = "";
        }
      }
      if (text !== "") await out.write(encoder.encode(text));
    },
    finish: async () => {},
    close: async () => {},
  };
}
