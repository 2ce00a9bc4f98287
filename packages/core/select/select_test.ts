import assert from "node:assert/strict";
import fc from "fast-check";
import { type Schema, schema } from "../data/schema.ts";
import { Table } from "../data/table.ts";
import { type Expression, parse } from "./_parse.ts";
import { parseSelection } from "./select.ts";

const COLUMNS = schema({
  time: "time",
  endtime: "time",
  channel: "u16",
  height: "f32",
  area: "f64",
  id: "i64",
  count: "u64",
  other: "i64",
  good: "bool",
  wave: "u16[]",
  trace: "i16[3]",
});

type Value = number | bigint | boolean;

/** The slow and simple way: one row after the other, times and 64-bit integers as bigints. */
function interpret(node: Expression, row: Record<string, unknown>): Value {
  const at = (part: Expression) => interpret(part, row);
  switch (node.kind) {
    case "number":
      return node.exact === undefined || Object.is(node.value, -0) ? node.value : node.exact;
    case "boolean":
      return node.value;
    case "column":
      return row[node.name] as Value;
    case "minus":
      return -Number(at(node.arg));
    case "not":
      return !at(node.arg);
    case "logic":
      return node.op === "and" ? at(node.left) && at(node.right) : at(node.left) || at(node.right);
    case "arithmetic": {
      const [x, y] = [at(node.left), at(node.right)];
      if (isTime(node.left) || isTime(node.right)) {
        return node.op === "-" ? BigInt(x) - BigInt(y) : BigInt(x) + BigInt(y);
      }
      const [a, b] = [Number(x), Number(y)];
      return { "+": a + b, "-": a - b, "*": a * b, "/": a / b, "%": a % b }[node.op];
    }
    case "compare": {
      let [a, b] = [at(node.left), at(node.right)];
      if (typeof a === "boolean" || typeof b === "boolean") return node.op === "==" ? a === b : a !== b;
      if (!isExact(node.left) && !isExact(node.right)) [a, b] = [Number(a), Number(b)];
      // JavaScript compares a bigint with a number exactly.
      return { "<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b, "==": a == b, "!=": a != b }[node.op];
    }
    case "in": {
      const x = at(node.arg);
      return node.items.some((item) => isExact(node.arg) ? x == at(item) : Number(x) === item.value);
    }
    case "range": {
      const [x, low, high] = [at(node.arg), at(node.low), at(node.high)];
      return isExact(node.arg) ? x >= low && x < high : Number(x) >= Number(low) && Number(x) < Number(high);
    }
    case "call": {
      const args = node.args.map(at);
      const numbers = args.map(Number);
      const [x] = numbers as [number];
      if (node.name === "len") return (args[0] as unknown as ArrayLike<number>).length;
      if (node.name === "isnan") return Number.isNaN(x);
      if (node.name === "isfinite") return Number.isFinite(x);
      if (node.name === "number") return x;
      const times = node.args.some(isTime);
      if (node.name === "min") {
        return times ? (args as bigint[]).reduce((a, b) => a < b ? a : b) : Math.min(...numbers);
      }
      if (node.name === "max") {
        return times ? (args as bigint[]).reduce((a, b) => a > b ? a : b) : Math.max(...numbers);
      }
      return (Math[node.name as "abs"] as (x: number) => number)(x);
    }
  }
}

function isTime(node: Expression): boolean {
  if (node.kind === "column") return node.name === "time" || node.name === "endtime";
  if (node.kind === "call") return (node.name === "min" || node.name === "max") && node.args.some(isTime);
  return node.kind === "arithmetic" && isTime(node.left) !== isTime(node.right);
}

const isExact = (node: Expression) =>
  isTime(node) || (node.kind === "column" && ["id", "count", "other"].includes(node.name));

const ORIGIN = 5_000_000_000_000_000_000n; // where doubles have long stopped being exact
const far = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const integers = fc.oneof(
  far,
  fc.bigInt({ min: -3n, max: 3n }),
  fc.constantFrom(2n ** 53n + 1n, -(2n ** 53n) - 1n),
);
const floats = fc.oneof(
  fc.integer({ min: -5, max: 5 }),
  fc.double(),
  fc.constantFrom(NaN, Infinity, -0, 0.5),
);

const tables = fc.array(
  fc.record({
    time: fc.bigInt({ min: 0n, max: 12n }),
    length: fc.bigInt({ min: 0n, max: 5n }),
    channel: fc.nat(4),
    height: floats.map(Math.fround),
    area: floats,
    id: integers,
    count: integers.map((x) => BigInt.asUintN(64, x)),
    other: integers,
    good: fc.boolean(),
    wave: fc.array(fc.nat(9), { maxLength: 3 }),
  }),
  { maxLength: 12 },
).map((given) => () => {
  const rows = given.toSorted((a, b) => Number(a.time - b.time));
  const input = Object.fromEntries(
    (["channel", "height", "area", "id", "count", "other", "good", "wave"] as const).map((
      name,
    ) => [name, rows.map((row) => row[name])]),
  );
  return Table.from(COLUMNS as unknown as Schema, {
    ...input as Record<string, number[]>,
    time: rows.map(({ time }) => ORIGIN + time),
    endtime: rows.map(({ time, length }) => ORIGIN + time + length),
    trace: rows.map(() => [1, 2, 3]),
  }, { t0: ORIGIN - 7n });
});

const sign = fc.constantFrom("<", "<=", ">", ">=", "==", "!=", "=", "<>");
const literal = fc.oneof(
  fc.integer({ min: -5, max: 5 }).map(String),
  fc.constantFrom("0.5", "1e3", "2ns", ".25", "-0.0"),
);
const bigLiteral = fc.oneof(
  integers.map(String),
  fc.constantFrom("0.5", "-1.5", "99999999999999999999", "-99999999999999999999", "2ns"),
);
const instants = fc.bigInt({ min: -2n, max: 20n }).map((x) => String(ORIGIN + x));

const { boolean } = fc.letrec<{ boolean: string; number: string; time: string }>((tie) => ({
  number: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.constantFrom("channel", "height", "area", "len(wave)", "len(trace)", "number(id)", "number(count)"),
    literal,
    fc.tuple(tie("number"), fc.constantFrom("+", "-", "*", "/", "%"), tie("number")).map(([a, op, b]) =>
      `(${a} ${op} ${b})`
    ),
    fc.tuple(tie("number"), fc.constantFrom("+", "-", "*"), tie("number")).map(([a, op, b]) =>
      `${a} ${op} (${b})`
    ),
    fc.tuple(fc.constantFrom("abs", "floor", "ceil", "round", "sqrt", "exp", "log", "log10"), tie("number"))
      .map(([f, x]) => `${f}(${x})`),
    fc.tuple(fc.constantFrom("min", "max"), tie("number"), tie("number"), tie("number")).map(([f, ...args]) =>
      `${f}(${args})`
    ),
    tie("number").map((x) => `-(${x})`),
    fc.constant("(endtime - time)"),
  ),
  time: fc.oneof(
    { maxDepth: 2 },
    fc.constantFrom("time", "endtime", "`time`"),
    fc.tuple(tie("time"), fc.constantFrom("+ 2", "- 3", "+ channel")).map(([a, b]) => `(${a} ${b})`),
    fc.tuple(fc.constantFrom("min", "max"), tie("time"), fc.oneof(tie("time"), instants)).map(([f, a, b]) =>
      `${f}(${a}, ${b})`
    ),
  ),
  boolean: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom("good", "true", "false"),
    fc.tuple(tie("number"), sign, tie("number")).map((parts) => parts.join(" ")),
    fc.tuple(tie("time"), sign, fc.oneof(tie("time"), instants)).map((parts) => parts.join(" ")),
    fc.tuple(fc.constantFrom("id", "count", "other"), sign, bigLiteral).map((parts) => parts.join(" ")),
    fc.tuple(bigLiteral, sign, fc.constantFrom("id", "count")).map((parts) => parts.join(" ")),
    fc.tuple(fc.constant("id"), sign, fc.constant("other")).map((parts) => parts.join(" ")),
    fc.tuple(
      fc.constantFrom("id", "count"),
      fc.constantFrom("in", "not in"),
      fc.array(bigLiteral, { minLength: 1 }),
    )
      .map(([a, op, list]) => `${a} ${op} (${list})`),
    fc.tuple(tie("number"), fc.array(literal, { minLength: 1 })).map(([a, list]) => `${a} in (${list})`),
    fc.tuple(tie("number"), tie("number"), tie("number")).map(([a, b, c]) => `${a} in (${b}) .. (${c})`),
    fc.tuple(tie("time"), instants, instants).map(([a, b, c]) => `${a} in ${b}..${c}`),
    fc.tuple(literal, tie("number"), literal).map(([a, b, c]) => `${a} < ${b} <= ${c}`),
    fc.tuple(fc.constantFrom("isnan", "isfinite"), tie("number")).map(([f, x]) => `${f}(${x})`),
    fc.tuple(tie("boolean"), fc.constantFrom("and", "or"), tie("boolean")).map((parts) => parts.join(" ")),
    fc.tuple(tie("boolean"), fc.constantFrom("==", "!="), tie("boolean")).map(([a, op, b]) =>
      `(${a}) ${op} (${b})`
    ),
    tie("boolean").map((a) => `not (${a})`),
  ),
}));

Deno.test("a selection finds the rows that a slow interpreter finds", () => {
  fc.assert(
    fc.property(tables, boolean, (table, text) => {
      using rows = table();
      const tree = parse(text);
      const wanted = rows.rows().flatMap((row, i) => interpret(tree, row) ? [i] : []);
      assert.deepEqual([...parseSelection(text, rows.schema).rows(rows)], wanted, text);
      using slice = rows.slice(rows.length >> 1, rows.length);
      const part = slice.rows().flatMap((row, i) => interpret(tree, row) ? [i] : []);
      assert.deepEqual([...parseSelection(text, rows.schema).rows(slice)], part, text);
    }),
    { numRuns: 3000 },
  );
});

Deno.test("a selection of many rows is the same in every block", () => {
  const n = 5000;
  const table = Table.from(schema({ time: "time", id: "i64", x: "i32" }), {
    time: Array.from({ length: n }, (_, i) => BigInt(i) * 1000n),
    id: Array.from({ length: n }, (_, i) => 2n ** 60n + BigInt(i)),
    x: Array.from({ length: n }, (_, i) => i % 7),
  });
  const found = parseSelection("x == 3 and time in 1us..4us and id > 1152921504606846976", table.schema).rows(
    table,
  );
  assert.deepEqual(
    [...found],
    Array.from({ length: n }, (_, i) => i).filter((i) => i % 7 === 3 && i >= 1000 && i < 4000),
  );
});

Deno.test("and binds closer than or, not closer than and, products closer than sums", () => {
  const bare = (text: string) =>
    JSON.stringify(
      parse(text),
      (key, value) =>
        key === "at" || key === "end" ? undefined : typeof value === "bigint" ? `${value}` : value,
    );
  const same = [
    ["a or b and c", "a or (b and c)"],
    ["not a and b", "(not a) and b"],
    ["not a == b", "not (a == b)"],
    ["a + b * c < d - e - f", "(a + (b * c)) < ((d - e) - f)"],
    ["-a * b > 1", "((-a) * b) > 1"],
    ["a < b < c", "(a < b) and (b < c)"],
    ["a not in (1, -2)", "not (a in (1, -2))"],
    ["a in 1..b + 2 and c", "(a in 1..(b + 2)) and c"],
    ["a in (b + 1)..c", "a in b + 1..c"],
    ["`and` > 1", "`and` > (1)"],
    ["a > - 1", "a > (-1)"],
  ];
  for (const [short, long] of same) assert.equal(bare(short!), bare(long!), short);
  assert.notEqual(bare("a - b - c > 0"), bare("a - (b - c) > 0"));
  assert.equal(parseSelection("`and` > 1", schema({ and: "u8" }) as Schema).columns[0], "and");
});

Deno.test("what is wrong is said with a mark under the place", () => {
  const cases: [string, string][] = [
    ["heigth > 20", 'unknown column "heigth"; did you mean "height"? There are time, endtime, '],
    ["height > 20 and", "it ends where a column, a number or a function is expected"],
    ["height > 20 && good", 'unexpected "&"; write "and"'],
    ["height", "this is a number; a selection is true or false for each row; compare it with something"],
    ["height + good > 1", "this is true or false, no number"],
    [
      "id + 1 > 2",
      'this is a 64-bit integer, no number; "+" is not exact for it, number(id) makes a rounded number of it',
    ],
    ["id > height", "a 64-bit integer is compared with a number; number(...) makes a rounded"],
    ["id == count", "i64 and u64 are not compared"],
    ["time * 2 > 3", "a time cannot stand here"],
    ["time > height", "a time is compared with a number; a time is compared with a time, such as 1.5s"],
    ["time > 1.5", "a time is a whole number of ps, or has a unit such as 1.5s"],
    ["time > 1.5m", '"m" is no unit of time; the units are ps, ns, us, ms, s, min, h'],
    ["time > 0.5ps", '"0.5ps" is no whole number of ps'],
    ["wave > 3", '"wave" holds samples (u16[]); len(wave) is how many a row has'],
    ["len(height) > 3", 'len() takes a column with samples, "height" is f32'],
    ["hypot(height) > 3", 'unknown function "hypot"; there are abs,'],
    ["abs(height, 3) > 3", "abs() takes 1 arguments, it has 2"],
    ["good > true", "true and false have no order"],
    ["good == 1", "true or false is compared with a number"],
    ["channel in (1, height)", '"height" stands where a number is expected'],
    ["channel in 3", 'it ends where ".."; write x in (1, 2) or x in 1..2 is expected'],
    ["(height > 1", 'it ends where ")" is expected'],
    ["height > 1 good", '"good" stands where and, or, or the end is expected'],
    ["height > 'a'", 'unexpected "\'"; there are no texts'],
    ["constructor > 1", 'unknown column "constructor"'],
    ["abs > 1", 'unknown column "abs" (abs(...) is a function)'],
    [`${"(".repeat(300)}1`, "it is nested deeper than 200"],
    [`${"not ".repeat(300)}good`, "it is nested deeper than 200"],
    [`${"-".repeat(300)}1 > 2`, "it is nested deeper than 200"],
    [`1${" + 1".repeat(300)} > 2`, "more than 200 terms in a row"],
  ];
  for (const [text, message] of cases) {
    assert.throws(() => parseSelection(text, COLUMNS as unknown as Schema), (error: Error) => {
      assert.equal(error.name, "SyntaxError");
      assert.ok(
        error.message.startsWith(`Cannot read the selection: ${message}`),
        `${text}: ${error.message}`,
      );
      assert.match(error.message, /\n {2}.+\n {2,}\^+$/);
      return true;
    });
  }
  assert.throws(() => parseSelection("height > 2 and heigth < 3", COLUMNS as unknown as Schema), {
    message: /\n {2}height > 2 and heigth < 3\n {17}\^{6}$/,
  });
  assert.throws(
    () => parseSelection(" ", COLUMNS as unknown as Schema),
    /Cannot read the selection: it is empty/,
  );
  assert.throws(
    () => parseSelection("1".repeat(20_000), COLUMNS as unknown as Schema),
    /it has 20000 characters/,
  );
});

Deno.test("any text is read or refused with a SyntaxError, and long ones of them soon", () => {
  const words = fc.constantFrom(
    "height",
    "time",
    "(",
    ")",
    "and",
    "not",
    "in",
    "..",
    "1",
    "2ns",
    ",",
    "<",
    "-",
    "*",
    "min",
    "`",
    " ",
    "é",
    "\n",
  );
  fc.assert(fc.property(fc.array(words, { maxLength: 40 }).map((list) => list.join(" ")), (text) => {
    try {
      parseSelection(text, COLUMNS as unknown as Schema);
    } catch (error) {
      assert.ok(error instanceof SyntaxError, String(error));
    }
  }));
  const chain = Array.from({ length: 600 }, (_, i) => `channel=${i}`).join(" or ");
  parseSelection(chain, COLUMNS as unknown as Schema);
  parseSelection(`channel${" < 1".repeat(2400)}`, COLUMNS as unknown as Schema);
  assert.throws(() => parseSelection("(".repeat(9999), COLUMNS as unknown as Schema), SyntaxError);
});

Deno.test("a character of two code units is named whole", () => {
  assert.throws(
    () => parseSelection("time > 1 and \u{1f4a5}", schema({ time: "time" })),
    /unexpected "\u{1f4a5}"; it has no meaning here/u,
  );
});
