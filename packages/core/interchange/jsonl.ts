// JSON lines: an object a line. NaN is null, infinite numbers are texts; 64-bit integers are numbers with all their digits.
import type { Column, Schema } from "../data/schema.ts";
import { linesOf } from "./_files.ts";
import { lineWriter } from "./_line_writer.ts";
import { Looks, schemaOfLooks } from "./_infer.ts";
import { type Cell, chosen, Gathered } from "./_values.ts";
import { numberOf, samplesText } from "./csv.ts";
import type { Format } from "./types.ts";

function jsonText(cell: Cell): string {
  if (typeof cell === "object") return `[${samplesText(cell, ",", jsonText)}]`;
  if (typeof cell !== "number" || Number.isFinite(cell)) return Object.is(cell, -0) ? "-0.0" : String(cell);
  return Number.isNaN(cell) ? "null" : cell > 0 ? '"inf"' : '"-inf"';
}

/** A line's values: numbers as they are written, so that no digit is lost. */
type Values = Record<string, unknown>;

function parseLine(text: string): Values {
  const source = (_: string, value: unknown, context: { source?: string }) =>
    typeof value === "number" || typeof value === "boolean"
      ? context.source!
      : value === null
      ? "nan"
      : value;
  const value = JSON.parse(text, source as (key: string, value: unknown) => unknown);
  if (typeof value === "object" && !Array.isArray(value)) return value as Values;
  throw new SyntaxError("it is no object");
}

async function* valuesOf(path: string): AsyncGenerator<{ values: Values; line: number }> {
  for await (const [text, line] of linesOf(path)) {
    if (text.trim() === "") continue;
    try {
      yield { values: parseLine(text), line };
    } catch (cause) {
      throw new SyntaxError(`Cannot read "${path}", line ${line}: ${(cause as Error).message}`, { cause });
    }
  }
}

function cellOf(value: unknown, column: Column): Cell {
  const bad = (what: string): never => {
    throw new SyntaxError(`column "${column.name}" ${what}`);
  };
  if (value === undefined) bad("is missing");
  const list = Array.isArray(value);
  if (list !== (column.kind === "fixed" || column.kind === "ragged")) {
    bad(list ? "holds a list" : "holds no list");
  }
  const number = (text: unknown) =>
    typeof text === "string" ? numberOf(text, column) : bad("holds something that is no number");
  return list ? (value as unknown[]).map(number) as unknown as Cell : number(value);
}

/** JSON lines. */
export const jsonl: Format = {
  name: "jsonl",
  endings: ["jsonl", "ndjson"],
  help: "an object a line, for scripts; 64-bit integers keep all digits",
  typed: false,
  refuses: () => undefined,
  async writer(out, schema) {
    const keys = schema.columns.map(({ name }, k) => `${k === 0 ? "{" : ","}${JSON.stringify(name)}:`);
    return lineWriter(out, schema, (cells, i) => {
      let line = "";
      for (let k = 0; k < cells.length; k++) line += keys[k]! + jsonText(cells[k]!(i));
      return `${line}}`;
    });
  },
  async open(path, { schema, rows, columns }) {
    const all = schema ?? await inferred(path);
    const wanted = chosen(all, columns);
    return {
      schema: wanted,
      async *tables() {
        const gathered = new Gathered(wanted);
        for await (const { values, line } of valuesOf(path)) {
          try {
            gathered.add(
              wanted.columns.map((column) =>
                cellOf(Object.hasOwn(values, column.name) ? values[column.name] : undefined, column)
              ),
            );
          } catch (cause) {
            throw new SyntaxError(`Cannot read "${path}", line ${line}: ${(cause as Error).message}`, {
              cause,
            });
          }
          if (gathered.length === rows) yield gathered.take();
        }
        if (gathered.length > 0) yield gathered.take();
      },
    };
  },
};

async function inferred(path: string): Promise<Schema> {
  const looks = new Map<string, Looks>();
  for await (const { values } of valuesOf(path)) {
    for (const [name, value] of Object.entries(values)) {
      let look = looks.get(name);
      if (!look) looks.set(name, look = new Looks());
      if (!Array.isArray(value)) look.see(String(value));
      else {
        look.samples = true;
        for (const one of value) look.see(String(one), true);
      }
    }
  }
  if (looks.size === 0) {
    throw new SyntaxError(
      `Cannot read "${path}": it is empty, so that nothing says which columns it has; give types (schema)`,
    );
  }
  try {
    return schemaOfLooks([...looks.keys()], [...looks.values()]);
  } catch (cause) {
    throw new SyntaxError(`Cannot read "${path}": ${(cause as Error).message}`, { cause });
  }
}
