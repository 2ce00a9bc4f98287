// A tree as loops, its types checked against a schema.
import type { Column, Schema } from "../data/schema.ts";
import { didYouMean } from "../options/_suggest.ts";
import * as loops from "./_loops.ts";
import type { Bits, Numbers } from "./_loops.ts";
import type { Comparison, Expression, Literal } from "./_parse.ts";
import { type Place, selectionError } from "./_selection_error.ts";

/** A part of an expression that has a type. */
type Typed =
  | { readonly type: "boolean"; readonly bits: Bits }
  | { readonly type: "number"; readonly numbers: Numbers; readonly literal?: Literal }
  | { readonly type: "time"; readonly numbers: Numbers }
  | { readonly type: "integer"; readonly column: Column };

const NAMES = { boolean: "true or false", number: "a number", time: "a time", integer: "a 64-bit integer" };
const FUNCTIONS = [
  ...Object.keys(loops.UNARY).filter((name) => name !== "minus"),
  "min",
  "max",
  "isnan",
  "isfinite",
  "number",
  "len",
];
const MIRROR: Readonly<Record<Comparison, Comparison>> = {
  "<": ">",
  "<=": ">=",
  ">": "<",
  ">=": "<=",
  "==": "==",
  "!=": "!=",
};

/** What an expression is compiled to. */
export interface Compiled {
  /** The truth of each row. */
  readonly bits: Bits;
  /** Columns that it looks at. */
  readonly columns: readonly string[];
}

/** Check a tree and make loops of it. @throws {SyntaxError} With a mark under what is wrong. */
export function compile(text: string, tree: Expression, schema: Schema): Compiled {
  const compiler = new Compiler(text, schema);
  const bits = compiler.boolean(tree, "a selection is true or false for each row; compare it with something");
  return { bits, columns: [...compiler.used] };
}

class Compiler {
  readonly used = new Set<string>();
  readonly #text: string;
  readonly #schema: Schema;

  constructor(text: string, schema: Schema) {
    this.#text = text;
    this.#schema = schema;
  }

  #fail(place: Place, what: string): never {
    throw selectionError(this.#text, place, what);
  }

  boolean(node: Expression, help: string): Bits {
    const value = this.#typed(node);
    if (value.type === "boolean") return value.bits;
    this.#fail(node, `this is ${NAMES[value.type]}; ${help}`);
  }

  #numbers(node: Expression, where: string): Numbers {
    const value = this.#typed(node);
    if (value.type === "number") return value.numbers;
    const help = value.type === "integer"
      ? `; ${where} is not exact for it, number(${value.column.name}) makes a rounded number of it`
      : value.type === "time"
      ? `; ${where} takes a number: the difference of two times is one, in ps`
      : "";
    this.#fail(node, `this is ${NAMES[value.type]}, no number${help}`);
  }

  #typed(node: Expression): Typed {
    switch (node.kind) {
      case "number":
        return { type: "number", numbers: loops.constant(node.value), literal: node };
      case "boolean":
        return { type: "boolean", bits: loops.truth(node.value) };
      case "column":
        return this.#column(node);
      case "minus":
        return {
          type: "number",
          numbers: loops.unary(loops.UNARY["minus"]!, this.#numbers(node.arg, "a minus")),
        };
      case "not":
        return { type: "boolean", bits: loops.not(this.boolean(node.arg, "not takes true or false")) };
      case "logic": {
        const help = `${node.op} takes true or false`;
        return {
          type: "boolean",
          bits: loops.logic(node.op, this.boolean(node.left, help), this.boolean(node.right, help)),
        };
      }
      case "arithmetic":
        return this.#arithmetic(node);
      case "compare":
        return {
          type: "boolean",
          bits: this.#compare(node, node.op, this.#typed(node.left), this.#typed(node.right)),
        };
      case "in":
        return { type: "boolean", bits: this.#member(node) };
      case "range": {
        const low = this.#compare(node, ">=", this.#typed(node.arg), this.#typed(node.low));
        const high = this.#compare(node, "<", this.#typed(node.arg), this.#typed(node.high));
        return { type: "boolean", bits: loops.logic("and", low, high) };
      }
      case "call":
        return this.#call(node);
    }
  }

  #columnOf({ name, ...place }: Place & { readonly name: string }): Column {
    const { columns } = this.#schema;
    const found = columns.find((column) => column.name === name);
    if (found) {
      this.used.add(name);
      return found;
    }
    const names = columns.map((column) => column.name);
    const call = FUNCTIONS.includes(name) ? ` (${name}(...) is a function)` : "";
    this.#fail(
      place,
      `unknown column "${name}"${call}${didYouMean(name, names, `there are ${names.join(", ")}`)}`,
    );
  }

  #column(node: Place & { readonly name: string }): Typed {
    const column = this.#columnOf(node);
    const { name, kind, element } = column;
    if (kind === "time") return { type: "time", numbers: loops.column(name) };
    if (kind !== "scalar") {
      this.#fail(node, `"${name}" holds samples (${column.type}); len(${name}) is how many a row has`);
    }
    if (element === "bool") return { type: "boolean", bits: loops.flags(name) };
    if (element === "i64" || element === "u64") return { type: "integer", column };
    return { type: "number", numbers: loops.column(name) };
  }

  #arithmetic(node: Extract<Expression, { kind: "arithmetic" }>): Typed {
    const { op } = node;
    const left = this.#typed(node.left), right = this.#typed(node.right);
    if (left.type === "time" || right.type === "time") {
      if (op === "-" && left.type === "time" && right.type === "time") {
        return { type: "number", numbers: loops.binary("-", left.numbers, right.numbers) };
      }
      const shifts = op === "+" || (op === "-" && left.type === "time");
      if (shifts && (left.type === "number" || right.type === "number")) {
        const [a, b] = [left, right] as { numbers: Numbers }[];
        return { type: "time", numbers: loops.binary(op, a!.numbers, b!.numbers) };
      }
      this.#fail(node, `a time cannot stand here: times are compared, subtracted, and moved by + and -`);
    }
    return {
      type: "number",
      numbers: loops.binary(op, this.#numbers(node.left, `"${op}"`), this.#numbers(node.right, `"${op}"`)),
    };
  }

  #compare(place: Place, op: Comparison, left: Typed, right: Typed): Bits {
    if (left.type === "number" && right.type === "number") {
      return loops.compare(op, left.numbers, right.numbers);
    }
    if (left.type === "boolean" && right.type === "boolean") {
      if (op === "==" || op === "!=") return loops.logic(op, left.bits, right.bits);
      this.#fail(place, `true and false have no order: compare them with == or !=`);
    }
    if (left.type === "time" && right.type === "time") return loops.compare(op, left.numbers, right.numbers);
    if (left.type === "integer" && right.type === "integer") {
      if (left.column.element === right.column.element) {
        return loops.compareColumns(op, left.column.name, right.column.name);
      }
      this.#fail(
        place,
        `${left.column.type} and ${right.column.type} are not compared; number(...) makes rounded numbers of them`,
      );
    }
    if (left.type === "number" && left.literal) {
      return this.#withLiteral(place, MIRROR[op], right, left.literal);
    }
    if (right.type === "number" && right.literal) return this.#withLiteral(place, op, left, right.literal);
    const help = left.type === "integer" || right.type === "integer"
      ? "; number(...) makes a rounded number of a 64-bit integer"
      : left.type === "time" || right.type === "time"
      ? "; a time is compared with a time, such as 1.5s"
      : "";
    this.#fail(place, `${NAMES[left.type]} is compared with ${NAMES[right.type]}${help}`);
  }

  /** Compare a time or a 64-bit integer with a number as written, exactly. */
  #withLiteral(place: Place, op: Comparison, value: Typed, literal: Literal): Bits {
    if (value.type === "time") {
      if (literal.exact === undefined) {
        this.#fail(literal, "a time is a whole number of ps, or has a unit such as 1.5s");
      }
      return loops.compare(op, value.numbers, loops.instant(literal.exact));
    }
    if (value.type === "integer") return compareExactly(op, value.column, literal);
    this.#fail(place, `${NAMES[value.type]} is compared with a number`);
  }

  #member({ arg, items }: Extract<Expression, { kind: "in" }>): Bits {
    const value = this.#typed(arg);
    if (value.type === "number") return loops.member(value.numbers, items.map((item) => item.value));
    if (value.type === "boolean") this.#fail(arg, "true or false is in no list of numbers");
    return this.#anyOf(arg, items, 0, items.length);
  }

  #anyOf(arg: Expression, items: readonly Literal[], from: number, to: number): Bits {
    if (to - from === 1) {
      const value = this.#typed(arg), item = items[from]!;
      return this.#withLiteral(item, "==", value, item);
    }
    const mid = (from + to) >>> 1;
    return loops.logic("or", this.#anyOf(arg, items, from, mid), this.#anyOf(arg, items, mid, to));
  }

  #call(node: Extract<Expression, { kind: "call" }>): Typed {
    const { name, args } = node;
    const count = (least: number, most: number) => {
      if (args.length >= least && args.length <= most) return;
      this.#fail(
        node,
        `${name}() takes ${most === Infinity ? `${least} or more` : least} arguments, it has ${args.length}`,
      );
    };
    if (name === "min" || name === "max") {
      count(2, Infinity);
      return this.#extreme(name, args);
    }
    if (!FUNCTIONS.includes(name)) {
      this.#fail(
        node,
        `unknown function "${name}"${didYouMean(name, FUNCTIONS, `there are ${FUNCTIONS.join(", ")}`)}`,
      );
    }
    count(1, 1);
    const [arg] = args as [Expression];
    if (name === "len") return this.#length(arg);
    if (name === "number") {
      const value = this.#typed(arg);
      if (value.type === "integer") return { type: "number", numbers: loops.rounded(value.column.name) };
      if (value.type === "number") return { type: "number", numbers: value.numbers };
      this.#fail(arg, `number() takes a 64-bit integer, this is ${NAMES[value.type]}`);
    }
    const numbers = this.#numbers(arg, `${name}()`);
    if (name === "isnan" || name === "isfinite") return { type: "boolean", bits: loops.test(name, numbers) };
    return { type: "number", numbers: loops.unary(loops.UNARY[name]!, numbers) };
  }

  #extreme(name: "min" | "max", args: readonly Expression[]): Typed {
    const values = args.map((arg) => this.#typed(arg));
    const times = values.some((value) => value.type === "time");
    const parts = values.map((value, k) => {
      const arg = args[k]!;
      if (!times) return this.#numbers(arg, `${name}()`);
      if (value.type === "time") return value.numbers;
      if (value.type === "number" && value.literal?.exact !== undefined) {
        return loops.instant(value.literal.exact);
      }
      this.#fail(arg, `${name}() of times takes times alone, this is ${NAMES[value.type]}`);
    });
    const numbers = parts.reduce((a, b) => loops.binary(name, a, b));
    return { type: times ? "time" : "number", numbers };
  }

  #length(arg: Expression): Typed {
    if (arg.kind !== "column") this.#fail(arg, "len() takes the name of a column with samples");
    const column = this.#columnOf(arg);
    if (column.kind === "ragged" || column.kind === "fixed") {
      return { type: "number", numbers: loops.lengths(arg.name) };
    }
    this.#fail(arg, `len() takes a column with samples, "${arg.name}" is ${column.type}`);
  }
}

function compareExactly(op: Comparison, { name, element }: Column, { exact, value }: Literal): Bits {
  const least = element === "i64" ? -(2n ** 63n) : 0n;
  const most = element === "i64" ? 2n ** 63n - 1n : 2n ** 64n - 1n;
  // Between two integers: nothing is equal, and what is below it is at most the lower one.
  if (exact === undefined) {
    if (op === "==" || op === "!=") return loops.truth(op === "!=");
    const lower = BigInt(Math.floor(value));
    return compareExactly(
      op === "<" || op === "<=" ? "<=" : ">",
      { name, element } as Column,
      { exact: lower, value } as Literal,
    );
  }
  if (exact < least) return loops.truth(op === ">" || op === ">=" || op === "!=");
  if (exact > most) return loops.truth(op === "<" || op === "<=" || op === "!=");
  return loops.compareWords(op, name, exact);
}
