// CSV: a line a row, the columns' names in the first. Samples are numbers separated by spaces in one field.
import type { Column, Schema } from "../data/schema.ts";
import { linesOf } from "./_files.ts";
import { lineWriter } from "./_line_writer.ts";
import { Looks, NUMBER, schemaOfLooks } from "./_infer.ts";
import { type Cell, chosen, Gathered } from "./_values.ts";
import type { Format } from "./types.ts";

const encoder = new TextEncoder();

/** A number as pandas, numpy and DuckDB read it. */
export function numberText(value: number | bigint | boolean): string {
  if (value === Infinity) return "inf";
  if (value === -Infinity) return "-inf";
  if (Object.is(value, -0)) return "-0";
  return Number.isNaN(value) ? "nan" : String(value);
}

function fieldText(cell: Cell): string {
  return typeof cell === "object" ? samplesText(cell, " ", numberText) : numberText(cell);
}

/** Samples with something between them. Integers are the same in every kind of text. */
export function samplesText(
  cell: Exclude<Cell, number | bigint | boolean>,
  between: string,
  text: (value: number) => string,
): string {
  const real = cell instanceof Float32Array || cell instanceof Float64Array || Array.isArray(cell);
  return real ? Array.from(cell as Float64Array, text).join(between) : (cell as Uint16Array).join(between);
}

const quoted = (name: string) => /[",\n\r]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name;

/** The fields of a line. @throws {SyntaxError} On a quote that has no end: fields here have no line ends. */
export function fieldsOf(line: string): string[] {
  if (!line.includes('"')) return line.split(",");
  const fields: string[] = [];
  for (let at = 0;;) {
    if (line[at] !== '"') {
      const end = line.indexOf(",", at);
      fields.push(line.slice(at, end < 0 ? line.length : end));
      if (end < 0) return fields;
      at = end + 1;
      continue;
    }
    let text = "";
    for (let from = at + 1;;) {
      const end = line.indexOf('"', from);
      if (end < 0) throw new SyntaxError("a quoted field has no end");
      text += line.slice(from, end);
      at = end + 1;
      if (line[at] !== '"') break;
      text += '"';
      from = at + 1;
    }
    fields.push(text);
    if (at === line.length) return fields;
    if (line[at] !== ",") throw new SyntaxError(`"${line[at]}" stands behind a quoted field`);
    at++;
  }
}

/** The number in a text. @throws {SyntaxError} On one that is none. */
export function numberOf(text: string, column: Column): Cell {
  const word = text.trim();
  if (column.element === "bool") {
    if (word === "true" || word === "1") return true;
    if (word === "false" || word === "0") return false;
    throw new SyntaxError(`"${text}" of column "${column.name}" is neither true nor false`);
  }
  if (column.kind === "time" || column.element === "i64" || column.element === "u64") {
    if (/^[+-]?\d+$/.test(word)) return BigInt(word.replace("+", ""));
    throw new SyntaxError(
      `"${text}" of column "${column.name}" is no integer${column.kind === "time" ? " of picoseconds" : ""}`,
    );
  }
  if (!NUMBER.test(word)) throw new SyntaxError(`"${text}" of column "${column.name}" is no number`);
  const lower = word.toLowerCase();
  if (lower.endsWith("nan")) return NaN;
  if (lower.includes("inf")) return lower.startsWith("-") ? -Infinity : Infinity;
  return checkRange(Number(word), column);
}

/** @throws {SyntaxError} On a number that the column's type cannot hold. */
export function checkRange(value: number, { element, name }: Column): number {
  if (element === "f32" || element === "f64") return value;
  const bits = Number(element.slice(1));
  const [least, most] = element.startsWith("u")
    ? [0, 2 ** bits - 1]
    : [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1];
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new SyntaxError(`${value} of column "${name}" is no ${element}`);
}

/** Comma-separated values. */
export const csv: Format = {
  name: "csv",
  endings: ["csv"],
  help: "text for people and spreadsheets; samples as numbers separated by spaces",
  typed: false,
  refuses: () => undefined,
  async writer(out, schema) {
    await out.write(encoder.encode(`${schema.columns.map(({ name }) => quoted(name)).join(",")}\n`));
    return lineWriter(out, schema, (cells, i) => {
      let line = "";
      for (let k = 0; k < cells.length; k++) {
        line += k === 0 ? fieldText(cells[k]!(i)) : `,${fieldText(cells[k]!(i))}`;
      }
      return line;
    });
  },
  async open(path, { schema, rows, columns }) {
    const names = await namesIn(path);
    const all = checkedNames(path, names, schema) ?? await inferred(path, names);
    const wanted = chosen(all, columns);
    const places = wanted.columns.map(({ name }) => names.indexOf(name));
    return {
      schema: wanted,
      async *tables() {
        const gathered = new Gathered(wanted);
        for await (const fields of rowsOf(path, names.length)) {
          try {
            gathered.add(wanted.columns.map((column, k) => cellOf(fields.values[places[k]!]!, column)));
          } catch (cause) {
            throw new SyntaxError(`Cannot read "${path}", line ${fields.line}: ${(cause as Error).message}`, {
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

function cellOf(text: string, column: Column): Cell {
  if (column.kind === "time" || column.kind === "scalar") return numberOf(text, column);
  const words = text.trim() === "" ? [] : text.trim().split(/\s+/);
  return words.map((word) => numberOf(word, column)) as unknown as Cell;
}

/** The given schema, where the file has its columns. */
export function checkedNames(
  path: string,
  names: readonly string[],
  schema: Schema | undefined,
): Schema | undefined {
  const missing = schema?.columns.find(({ name }) => !names.includes(name));
  if (!missing) return schema;
  throw new SyntaxError(
    `Cannot read "${path}": it has no column "${missing.name}"; there are ${names.join(", ")}`,
  );
}

async function namesIn(path: string): Promise<string[]> {
  for await (const [line] of linesOf(path)) {
    const names = fieldsOf(line.replace(/^\uFEFF/, "")).map((name) => name.trim());
    const twice = names.find((name, k) => names.indexOf(name) !== k || name === "");
    if (twice === undefined) return names;
    throw new SyntaxError(
      `Cannot read "${path}": its first line names the columns, but "${twice}" is empty or stands twice`,
    );
  }
  throw new SyntaxError(`Cannot read "${path}": it is empty; its first line names the columns`);
}

async function* rowsOf(path: string, count: number): AsyncGenerator<{ values: string[]; line: number }> {
  for await (const [text, line] of linesOf(path)) {
    if (line === 1 || text === "") continue;
    let values: string[];
    try {
      values = fieldsOf(text);
    } catch (cause) {
      throw new SyntaxError(`Cannot read "${path}", line ${line}: ${(cause as Error).message}`, { cause });
    }
    if (values.length !== count) {
      throw new SyntaxError(
        `Cannot read "${path}", line ${line}: it has ${values.length} fields, the first line ${count}`,
      );
    }
    yield { values, line };
  }
}

async function inferred(path: string, names: readonly string[]): Promise<Schema> {
  const looks = names.map(() => new Looks());
  for await (const { values } of rowsOf(path, names.length)) {
    values.forEach((text, k) => {
      const words = text.trim().split(/\s+/);
      // A field of several numbers, or none, holds samples.
      if (words.length > 1) { for (const word of words) looks[k]!.see(word, true); }
      else looks[k]!.see(text);
    });
  }
  try {
    return schemaOfLooks(names, looks);
  } catch (cause) {
    throw new SyntaxError(`Cannot read "${path}": ${(cause as Error).message}`, { cause });
  }
}
