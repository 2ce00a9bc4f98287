// The text of a selection as tokens.
import { plainUnit, readQuantity, TIME_UNITS, toNumber } from "../data/_decimal.ts";
import { parseTime } from "../data/units.ts";
import { type Place, selectionError } from "./_selection_error.ts";

/** A word, a number or a sign. */
export interface Token extends Place {
  /** `name` in backticks or a bare word that is no keyword; `sign` for everything else but numbers; `end` comes last. */
  readonly kind: "name" | "number" | "sign" | "end";
  /** The name, the sign, or the number as written. */
  readonly text: string;
  /** Of a number that is an integer: its exact value. */
  readonly exact?: bigint | undefined;
  /** Of a number: the nearest double. */
  readonly value?: number;
}

const KEYWORDS = new Set(["and", "or", "not", "in", "true", "false"]);
const NUMBER = /(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?/y;
const WORD = /[\p{L}_][\p{L}\p{N}_]*/uy;
const QUOTED = /`([^`]*)`/y;
const SIGN = /==|!=|<>|<=|>=|\.\.|[<>=+\-*/%(),]/y;
const MEANT: Readonly<Record<string, string>> = {
  "&": 'write "and"',
  "|": 'write "or"',
  "!": 'write "not"',
  '"': "there are no texts to compare with; a column with another name goes in backticks",
  "'": "there are no texts to compare with; a column with another name goes in backticks",
  ";": "a selection is one expression",
};
/** Most characters of a selection. */
const LONGEST = 10_000;

/** Divide a text. @throws {SyntaxError} On a character or number that has no meaning. */
export function tokensOf(text: string): Token[] {
  if (text.length > LONGEST) {
    throw new SyntaxError(
      `Cannot read the selection: it has ${text.length} characters, at most ${LONGEST} are read`,
    );
  }
  const tokens: Token[] = [];
  let at = 0;
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(text)?.[0];
  };
  while (true) {
    while (/\s/.test(text[at] ?? "")) at++;
    if (at === text.length) break;
    const number = match(NUMBER);
    const sign = number ?? match(SIGN), quoted = sign ?? match(QUOTED), word = quoted ?? match(WORD);
    if (word === undefined) {
      const help = MEANT[text[at]!] ?? "it has no meaning here";
      const found = String.fromCodePoint(text.codePointAt(at)!);
      throw selectionError(text, { at, end: at + found.length }, `unexpected "${found}"; ${help}`);
    }
    let end = at + word.length;
    if (number !== undefined) {
      WORD.lastIndex = end;
      const unit = WORD.exec(text)?.[0] ?? "";
      end += unit.length;
      tokens.push(numberToken(text, { at, end }, number, unit));
    } else if (sign !== undefined) {
      tokens.push({ kind: "sign", text: sign === "=" ? "==" : sign === "<>" ? "!=" : sign, at, end });
    } else if (quoted !== undefined) tokens.push({ kind: "name", text: quoted.slice(1, -1), at, end });
    else tokens.push({ kind: KEYWORDS.has(word) ? "sign" : "name", text: word, at, end });
    at = end;
  }
  tokens.push({ kind: "end", text: "the end", at, end: at });
  return tokens;
}

function numberToken(text: string, place: Place, number: string, unit: string): Token {
  const written = text.slice(place.at, place.end);
  const fail = (what: string) => selectionError(text, place, what);
  const quantity = readQuantity(number);
  if (!quantity) throw fail(`"${written}" is no number that can be read`);
  if (unit === "") {
    const { mantissa, exponent } = quantity;
    const scale = 10n ** BigInt(Math.abs(exponent));
    const exact = exponent >= 0 ? mantissa * scale : mantissa % scale === 0n ? mantissa / scale : undefined;
    return { kind: "number", text: written, ...place, exact, value: toNumber(quantity) };
  }
  if (!Object.hasOwn(TIME_UNITS, plainUnit(unit))) {
    throw fail(`"${unit}" is no unit of time; the units are ${Object.keys(TIME_UNITS).join(", ")}`);
  }
  try {
    const exact = parseTime(written);
    return { kind: "number", text: written, ...place, exact, value: Number(exact) };
  } catch (error) {
    throw fail((error as Error).message.replace(/^Cannot read the time "[^"]*": it/, `"${written}"`));
  }
}
