// Types of columns from what their values look like.
import { type ColumnType, type ColumnTypes, type Schema, schema } from "../data/schema.ts";
import { TIME_NAMES } from "./_values.ts";

const INTEGER = /^[+-]?\d+$/;
/** A number as text, as Python, pandas, DuckDB and JavaScript write it. */
export const NUMBER = /^[+-]?(?:\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?|nan|inf|infinity)$/i;

/** What the values of a column have been so far. */
export class Looks {
  bool = true;
  integer = true;
  number = true;
  samples = false;
  seen = false;
  /** The first text that is none of these. */
  odd: string | undefined;

  /** Take a text into account. */
  see(text: string, samples = false): void {
    if (samples) this.samples = true;
    else this.seen = true;
    const word = text.trim();
    if (this.bool && word !== "true" && word !== "false") this.bool = false;
    if (this.integer && !INTEGER.test(word)) this.integer = false;
    if (!this.number || NUMBER.test(word)) return;
    this.number = false;
    this.odd ??= text;
  }

  /** The type. @throws {SyntaxError} When there is none. */
  type(name: string): ColumnType {
    const fail = (what: string): never => {
      throw new SyntaxError(`column "${name}" holds ${what}; leave it out (columns), or give types (schema)`);
    };
    if (this.samples && this.seen) fail("both numbers and lists");
    if (!this.samples && !this.seen) return TIME_NAMES.has(name) ? "time" : "f64";
    if (this.bool) return this.samples ? "bool[]" : "bool";
    if (!this.number) return fail(`"${this.odd}", which is no number`);
    if (this.samples) return this.integer ? "i64[]" : "f64[]";
    if (this.integer) return TIME_NAMES.has(name) ? "time" : "i64";
    return TIME_NAMES.has(name) ? fail("times that are no whole numbers of picoseconds") : "f64";
  }
}

/** A schema of what was seen. @throws {SyntaxError} When a column has no type. */
export function schemaOfLooks(names: readonly string[], looks: readonly Looks[]): Schema {
  const types: Record<string, ColumnType> = {};
  names.forEach((name, k) => types[name] = looks[k]!.type(name));
  return schema(types as ColumnTypes);
}
