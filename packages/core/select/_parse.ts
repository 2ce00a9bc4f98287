// Tokens as a tree. Precedence, lowest first: or, and, not, comparisons and `in`, + and -, * / and %, a leading minus.
import { type Place, selectionError } from "./_selection_error.ts";
import { type Token, tokensOf } from "./_tokens.ts";

/** How two values are compared. */
export type Comparison = "<" | "<=" | ">" | ">=" | "==" | "!=";
/** What two numbers become. */
export type Arithmetic = "+" | "-" | "*" | "/" | "%";

/** A number as written: exact where it is an integer. */
export interface Literal extends Place {
  readonly kind: "number";
  readonly exact: bigint | undefined;
  readonly value: number;
}

/** An expression, checked for its form alone. */
export type Expression =
  | Literal
  | (Place & { readonly kind: "boolean"; readonly value: boolean })
  | (Place & { readonly kind: "column"; readonly name: string })
  | (Place & { readonly kind: "call"; readonly name: string; readonly args: readonly Expression[] })
  | (Place & { readonly kind: "minus" | "not"; readonly arg: Expression })
  | (Place & {
    readonly kind: "logic";
    readonly op: "and" | "or";
    readonly left: Expression;
    readonly right: Expression;
  })
  | (Place & {
    readonly kind: "arithmetic";
    readonly op: Arithmetic;
    readonly left: Expression;
    readonly right: Expression;
  })
  | (Place & {
    readonly kind: "compare";
    readonly op: Comparison;
    readonly left: Expression;
    readonly right: Expression;
  })
  | (Place & { readonly kind: "in"; readonly arg: Expression; readonly items: readonly Literal[] })
  | (Place & {
    readonly kind: "range";
    readonly arg: Expression;
    readonly low: Expression;
    readonly high: Expression;
  });

const COMPARISONS: ReadonlySet<string> = new Set(["<", "<=", ">", ">=", "==", "!="]);
/** Deepest nesting. */
const DEEPEST = 200;

/** The expression in a text. @throws {SyntaxError} With a mark under what is wrong. */
export function parse(text: string): Expression {
  return new Parser(text).whole();
}

class Parser {
  readonly #text: string;
  readonly #tokens: readonly Token[];
  #next = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
    this.#tokens = tokensOf(text);
  }

  whole(): Expression {
    if (this.#tokens.length === 1) throw new SyntaxError("Cannot read the selection: it is empty");
    const expression = this.#or();
    if (this.#token.kind !== "end") throw this.#unexpected("and, or, or the end");
    return expression;
  }

  get #token(): Token {
    return this.#tokens[this.#next]!;
  }

  #take(...signs: string[]): string | undefined {
    const { kind, text } = this.#token;
    if (kind !== "sign" || !signs.includes(text)) return undefined;
    this.#next++;
    return text;
  }

  #expect(sign: string, why: string): Token {
    const token = this.#token;
    if (!this.#take(sign)) throw this.#unexpected(`"${sign}"${why}`);
    return token;
  }

  #unexpected(wanted: string): SyntaxError {
    const { kind, text } = this.#token;
    const found = kind === "end" ? "it ends" : `"${text}" stands`;
    return selectionError(this.#text, this.#token, `${found} where ${wanted} is expected`);
  }

  #deeper<T>(read: () => T): T {
    if (++this.#depth > DEEPEST) {
      throw selectionError(this.#text, this.#token, `it is nested deeper than ${DEEPEST}`);
    }
    try {
      return read();
    } finally {
      this.#depth--;
    }
  }

  #or(): Expression {
    return this.#deeper(() => this.#logic("or", () => this.#logic("and", () => this.#not())));
  }

  #logic(op: "and" | "or", operand: () => Expression): Expression {
    const parts = [operand()];
    while (this.#take(op)) parts.push(operand());
    return joined(op, parts);
  }

  #not(): Expression {
    const { at } = this.#token;
    if (!this.#take("not")) return this.#comparison();
    const arg = this.#deeper(() => this.#not());
    return { kind: "not", arg, at, end: arg.end };
  }

  #comparison(): Expression {
    let left = this.#sum();
    const links: Expression[] = [];
    while (true) {
      const { kind, text } = this.#token;
      if (kind === "sign" && COMPARISONS.has(text)) {
        this.#next++;
        const right = this.#sum();
        links.push({ kind: "compare", op: text as Comparison, left, right, at: left.at, end: right.end });
        left = right; // a < b < c
        continue;
      }
      if (links.length === 0) return this.#membership(left);
      return joined("and", links);
    }
  }

  #membership(arg: Expression): Expression {
    const negated = this.#token.text === "not" && this.#tokens[this.#next + 1]?.text === "in";
    if (negated) this.#next++;
    if (!this.#take("in")) return arg;
    const found = this.#token.text === "(" && this.#isList() ? this.#list(arg) : this.#range(arg);
    return negated ? { kind: "not", arg: found, at: arg.at, end: found.end } : found;
  }

  /** Whether the parenthesis that is next holds a list, and isn't the start of a range's lower end. */
  #isList(): boolean {
    let depth = 0, k = this.#next;
    do {
      const { kind, text } = this.#tokens[k]!;
      if (kind === "end") return true;
      if (kind === "sign") depth += text === "(" ? 1 : text === ")" ? -1 : 0;
      k++;
    } while (depth > 0);
    return this.#tokens[k]!.text !== "..";
  }

  #list(arg: Expression): Expression {
    this.#expect("(", "");
    const items: Literal[] = [];
    do items.push(this.#literal()); while (this.#take(","));
    const { end } = this.#expect(")", ' or ","');
    return { kind: "in", arg, items, at: arg.at, end };
  }

  #literal(): Literal {
    const { at } = this.#token;
    const minus = this.#take("-");
    const { kind, exact, value, end } = this.#token;
    if (kind !== "number") throw this.#unexpected("a number");
    this.#next++;
    const literal: Literal = { kind: "number", exact, value: value!, at, end };
    return minus ? negative(literal, at) : literal;
  }

  #range(arg: Expression): Expression {
    const low = this.#sum();
    this.#expect("..", "; write x in (1, 2) or x in 1..2");
    const high = this.#sum();
    return { kind: "range", arg, low, high, at: arg.at, end: high.end };
  }

  #sum(): Expression {
    return this.#arithmetic(["+", "-"], () => this.#arithmetic(["*", "/", "%"], () => this.#unary()));
  }

  #arithmetic(signs: string[], operand: () => Expression): Expression {
    let left = operand();
    for (let op = this.#take(...signs), count = 1; op; op = this.#take(...signs), count++) {
      if (count > DEEPEST) {
        throw selectionError(this.#text, this.#token, `more than ${DEEPEST} terms in a row`);
      }
      const right = operand();
      left = { kind: "arithmetic", op: op as Arithmetic, left, right, at: left.at, end: right.end };
    }
    return left;
  }

  #unary(): Expression {
    const { at } = this.#token;
    if (!this.#take("-")) return this.#primary();
    const arg = this.#deeper(() => this.#unary());
    return arg.kind === "number" ? negative(arg, at) : { kind: "minus", arg, at, end: arg.end };
  }

  #primary(): Expression {
    const token = this.#token;
    const { at, end, text } = token;
    if (token.kind === "number") return this.#literal();
    if (token.kind === "name") {
      this.#next++;
      return this.#token.text === "(" && this.#token.kind === "sign"
        ? this.#call(token)
        : { kind: "column", name: text, at, end };
    }
    if (this.#take("true")) return { kind: "boolean", value: true, at, end };
    if (this.#take("false")) return { kind: "boolean", value: false, at, end };
    if (!this.#take("(")) throw this.#unexpected("a column, a number or a function");
    const inner = this.#or();
    const closed = this.#expect(")", "");
    return { ...inner, at, end: closed.end };
  }

  #call({ text: name, at }: Token): Expression {
    this.#expect("(", "");
    const args: Expression[] = [];
    if (this.#token.text !== ")") { do args.push(this.#or()); while (this.#take(",")); }
    const { end } = this.#expect(")", ' or ","');
    return { kind: "call", name, args, at, end };
  }
}

/** In halves, so that a long chain is no deep tree. */
function joined(
  op: "and" | "or",
  parts: readonly Expression[],
  from: number = 0,
  to: number = parts.length,
): Expression {
  if (to - from === 1) return parts[from]!;
  const mid = (from + to) >>> 1;
  const left = joined(op, parts, from, mid), right = joined(op, parts, mid, to);
  return { kind: "logic", op, left, right, at: left.at, end: right.end };
}

function negative({ exact, value, end }: Literal, at: number): Literal {
  return { kind: "number", exact: exact === undefined ? undefined : -exact, value: -value, at, end };
}
