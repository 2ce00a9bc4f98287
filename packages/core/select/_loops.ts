// Loops over blocks of rows: each part of an expression is one array of a block's values, filled by the loop of its operation. No
// loop allocates anything for a row.
import type { Ragged, TypedArray } from "../data/schema.ts";
import type { Table } from "../data/table.ts";
import type { Arithmetic, Comparison } from "./_parse.ts";

/** Rows that are looked at in one go. */
export const BLOCK = 1024;

/** Values of a block of rows. */
export interface Loop<A extends Float64Array | Uint8Array> {
  /** Take a table's columns. */
  bind(table: Table): void;
  /** The values of rows `from` to `from + n`, at most {@linkcode BLOCK}; valid until the next call. */
  run(from: number, n: number): A;
}

/** Numbers; times are offsets from the table's origin. */
export type Numbers = Loop<Float64Array>;
/** 0 or 1. */
export type Bits = Loop<Uint8Array>;

const nothing = () => {};

/** A column of numbers or times. */
export function column(name: string): Numbers {
  const block = new Float64Array(BLOCK);
  let values: TypedArray;
  return {
    bind: (table) => values = table.columns[name] as TypedArray,
    run(from, n) {
      if (values instanceof Float64Array) return values.subarray(from, from + n);
      block.set((values as Uint8Array).subarray(from, from + n));
      return block;
    },
  };
}

/** A column of 64-bit integers, rounded to doubles. */
export function rounded(name: string): Numbers {
  const block = new Float64Array(BLOCK);
  let words: Words;
  return {
    bind: (table) => words = wordsOf(table, name),
    run(from, n) {
      const { low, high } = words;
      for (let i = 0, at = 2 * from; i < n; i++, at += 2) block[i] = high[at + 1]! * 2 ** 32 + low[at]!;
      return block;
    },
  };
}

/** Samples of each row. */
export function lengths(name: string): Numbers {
  const block = new Float64Array(BLOCK);
  let width = 0, offsets: Uint32Array | undefined;
  return {
    bind(table) {
      width = table.width(name);
      const data = table.columns[name] as TypedArray | Ragged;
      offsets = "offsets" in data ? data.offsets : undefined;
    },
    run(from, n) {
      if (!offsets) return block.fill(width, 0, n);
      for (let i = 0; i < n; i++) block[i] = offsets[from + i + 1]! - offsets[from + i]!;
      return block;
    },
  };
}

/** The same number for every row. */
export function constant(value: number): Numbers {
  const block = new Float64Array(BLOCK).fill(value);
  return { bind: nothing, run: () => block };
}

/** The same absolute time for every row: an offset, or infinite where it is further away than any row. */
export function instant(time: bigint): Numbers {
  const block = new Float64Array(BLOCK);
  return {
    bind: (table) => {
      const offset = time - table.t0;
      const far = offset > 2n ** 53n ? Infinity : offset < -(2n ** 53n) ? -Infinity : Number(offset);
      block.fill(far);
    },
    run: () => block,
  };
}

/** The same truth for every row. */
export function truth(value: boolean): Bits {
  const block = new Uint8Array(BLOCK).fill(value ? 1 : 0);
  return { bind: nothing, run: () => block };
}

/** A column of booleans. */
export function flags(name: string): Bits {
  let values: Uint8Array;
  return {
    bind: (table) => values = table.columns[name] as Uint8Array,
    run: (from, n) => values.subarray(from, from + n),
  };
}

function of<A extends Float64Array | Uint8Array>(
  parts: readonly Loop<Float64Array | Uint8Array>[],
  run: Loop<A>["run"],
): Loop<A> {
  return {
    bind(table) {
      for (const part of parts) part.bind(table);
    },
    run,
  };
}

type Binary = (a: Float64Array, b: Float64Array, out: Float64Array, n: number) => void;

const ARITHMETIC: Readonly<Record<Arithmetic | "min" | "max", Binary>> = {
  "+": (a, b, out, n) => {
    for (let i = 0; i < n; i++) out[i] = a[i]! + b[i]!;
  },
  "-": (a, b, out, n) => {
    for (let i = 0; i < n; i++) out[i] = a[i]! - b[i]!;
  },
  "*": (a, b, out, n) => {
    for (let i = 0; i < n; i++) out[i] = a[i]! * b[i]!;
  },
  "/": (a, b, out, n) => {
    for (let i = 0; i < n; i++) out[i] = a[i]! / b[i]!;
  },
  "%": (a, b, out, n) => {
    for (let i = 0; i < n; i++) out[i] = a[i]! % b[i]!;
  },
  min: (a, b, out, n) => {
    for (let i = 0; i < n; i++) out[i] = Math.min(a[i]!, b[i]!);
  },
  max: (a, b, out, n) => {
    for (let i = 0; i < n; i++) out[i] = Math.max(a[i]!, b[i]!);
  },
};

/** Two numbers of each row as one. */
export function binary(op: Arithmetic | "min" | "max", left: Numbers, right: Numbers): Numbers {
  const block = new Float64Array(BLOCK), loop = ARITHMETIC[op];
  return of([left, right], (from, n) => {
    loop(left.run(from, n), right.run(from, n), block, n);
    return block;
  });
}

type Unary = (a: Float64Array, out: Float64Array, n: number) => void;

/** Functions of one number. */
export const UNARY: Readonly<Record<string, Unary>> = {
  minus: (a, out, n) => {
    for (let i = 0; i < n; i++) out[i] = -a[i]!;
  },
  abs: (a, out, n) => {
    for (let i = 0; i < n; i++) out[i] = Math.abs(a[i]!);
  },
  floor: (a, out, n) => {
    for (let i = 0; i < n; i++) out[i] = Math.floor(a[i]!);
  },
  ceil: (a, out, n) => {
    for (let i = 0; i < n; i++) out[i] = Math.ceil(a[i]!);
  },
  round: (a, out, n) => {
    for (let i = 0; i < n; i++) out[i] = Math.round(a[i]!);
  },
  sqrt: (a, out, n) => {
    for (let i = 0; i < n; i++) out[i] = Math.sqrt(a[i]!);
  },
  exp: (a, out, n) => {
    for (let i = 0; i < n; i++) out[i] = Math.exp(a[i]!);
  },
  log: (a, out, n) => {
    for (let i = 0; i < n; i++) out[i] = Math.log(a[i]!);
  },
  log10: (a, out, n) => {
    for (let i = 0; i < n; i++) out[i] = Math.log10(a[i]!);
  },
};

/** A function of one number of each row. */
export function unary(loop: Unary, arg: Numbers): Numbers {
  const block = new Float64Array(BLOCK);
  return of([arg], (from, n) => {
    loop(arg.run(from, n), block, n);
    return block;
  });
}

/** Which numbers are NaN, or finite. */
export function test(what: "isnan" | "isfinite", arg: Numbers): Bits {
  const block = new Uint8Array(BLOCK);
  return of([arg], (from, n) => {
    const a = arg.run(from, n);
    if (what === "isnan") { for (let i = 0; i < n; i++) block[i] = a[i] !== a[i] ? 1 : 0; }
    else for (let i = 0; i < n; i++) block[i] = a[i]! - a[i]! === 0 ? 1 : 0;
    return block;
  });
}

type Compare = (a: Float64Array, b: Float64Array, out: Uint8Array, n: number) => void;

const COMPARE: Readonly<Record<Comparison, Compare>> = {
  "<": (a, b, out, n) => {
    for (let i = 0; i < n; i++) out[i] = a[i]! < b[i]! ? 1 : 0;
  },
  "<=": (a, b, out, n) => {
    for (let i = 0; i < n; i++) out[i] = a[i]! <= b[i]! ? 1 : 0;
  },
  ">": (a, b, out, n) => {
    for (let i = 0; i < n; i++) out[i] = a[i]! > b[i]! ? 1 : 0;
  },
  ">=": (a, b, out, n) => {
    for (let i = 0; i < n; i++) out[i] = a[i]! >= b[i]! ? 1 : 0;
  },
  "==": (a, b, out, n) => {
    for (let i = 0; i < n; i++) out[i] = a[i]! === b[i]! ? 1 : 0;
  },
  "!=": (a, b, out, n) => {
    for (let i = 0; i < n; i++) out[i] = a[i]! !== b[i]! ? 1 : 0;
  },
};

/** Compare two numbers, or two times, of each row. */
export function compare(op: Comparison, left: Numbers, right: Numbers): Bits {
  const block = new Uint8Array(BLOCK), loop = COMPARE[op];
  return of([left, right], (from, n) => {
    loop(left.run(from, n), right.run(from, n), block, n);
    return block;
  });
}

/** Whether a number is one of a list. */
export function member(arg: Numbers, items: readonly number[]): Bits {
  const block = new Uint8Array(BLOCK), set = new Set(items);
  return of([arg], (from, n) => {
    const a = arg.run(from, n);
    for (let i = 0; i < n; i++) block[i] = set.has(a[i]!) ? 1 : 0;
    return block;
  });
}

/** Both, one of two, or whether two truths are the same or not. */
export function logic(op: "and" | "or" | "==" | "!=", left: Bits, right: Bits): Bits {
  const block = new Uint8Array(BLOCK);
  return of([left, right], (from, n) => {
    const a = left.run(from, n), b = right.run(from, n);
    if (op === "and") { for (let i = 0; i < n; i++) block[i] = a[i]! & b[i]!; }
    else if (op === "or") { for (let i = 0; i < n; i++) block[i] = a[i]! | b[i]!; }
    else {
      const same = op === "==" ? 1 : 0;
      for (let i = 0; i < n; i++) block[i] = a[i] === b[i] ? same : 1 - same;
    }
    return block;
  });
}

/** The opposite. */
export function not(arg: Bits): Bits {
  const block = new Uint8Array(BLOCK);
  return of([arg], (from, n) => {
    const a = arg.run(from, n);
    for (let i = 0; i < n; i++) block[i] = 1 - a[i]!;
    return block;
  });
}

// 64-bit integers as pairs of 32-bit words: a bigint a row would be an allocation a row.

interface Words {
  readonly low: Uint32Array;
  readonly high: Int32Array | Uint32Array;
}

function wordsOf(table: Table, name: string): Words {
  const values = table.columns[name] as BigInt64Array | BigUint64Array;
  const at = [values.buffer, values.byteOffset, 2 * values.length] as const;
  return {
    low: new Uint32Array(...at),
    high: values instanceof BigInt64Array ? new Int32Array(...at) : new Uint32Array(...at),
  };
}

/** For `==`, `<`, ...: the result where a value is below, equal to and above the other. */
const SIGNS: Readonly<Record<Comparison, readonly [below: number, equal: number, above: number]>> = {
  "<": [1, 0, 0],
  "<=": [1, 1, 0],
  ">": [0, 0, 1],
  ">=": [0, 1, 1],
  "==": [0, 1, 0],
  "!=": [1, 0, 1],
};

/** Compare a column of 64-bit integers with a number that fits its type. */
export function compareWords(op: Comparison, name: string, value: bigint): Bits {
  const block = new Uint8Array(BLOCK);
  const [below, equal, above] = SIGNS[op];
  const l = Number(BigInt.asUintN(32, value)), h = Number(value >> 32n);
  let words: Words;
  return {
    bind: (table) => words = wordsOf(table, name),
    run(from, n) {
      const { low, high } = words;
      for (let i = 0, at = 2 * from; i < n; i++, at += 2) {
        const x = high[at + 1]!, y = low[at]!;
        block[i] = x < h ? below : x > h ? above : y < l ? below : y > l ? above : equal;
      }
      return block;
    },
  };
}

/** Compare two columns of 64-bit integers of one type. */
export function compareColumns(op: Comparison, left: string, right: string): Bits {
  const block = new Uint8Array(BLOCK);
  const [below, equal, above] = SIGNS[op];
  let a: Words, b: Words;
  return {
    bind(table) {
      a = wordsOf(table, left);
      b = wordsOf(table, right);
    },
    run(from, n) {
      for (let i = 0, at = 2 * from; i < n; i++, at += 2) {
        const x = a.high[at + 1]!, h = b.high[at + 1]!, y = a.low[at]!, l = b.low[at]!;
        block[i] = x < h ? below : x > h ? above : y < l ? below : y > l ? above : equal;
      }
      return block;
    },
  };
}
