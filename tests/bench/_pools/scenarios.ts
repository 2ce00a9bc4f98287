// What is measured of a pool: each scenario gives one figure. Runs under Deno and Node.

import type { TaskData } from "./tasks.ts";

/** What every pool can do. */
export interface Pool {
  run(data: TaskData, transfer?: ArrayBuffer[]): Promise<unknown>;
  close(): unknown;
  /** Figures that this one has its own way for, e.g. the ideal. */
  readonly own?: Partial<Record<ScenarioName, () => Promise<number>>>;
}

/** Makes a pool of so many workers. */
export type MakePool = (workers: number) => Promise<Pool>;

/** A scenario: tasks a second, but for `skew`, which is the time of all in milliseconds. */
export type ScenarioName = "single" | "tiny" | "flood" | "copy" | "transfer" | "work" | "skew";

/** Tasks outstanding in each scenario; 0: all of them. */
export const OUTSTANDING: Readonly<Record<ScenarioName, number>> = {
  single: 1,
  tiny: 256,
  flood: 0,
  copy: 8,
  transfer: 8,
  work: 16,
  skew: 0,
};

export const FLOOD = 20_000, WORK = 300, WORK_US = 1000;
const COPIED = 16_384, TRANSFERRED = 262_144;

/** Skewed work, µs: one in ten tasks is fifty times longer. */
export function skewed(): number[] {
  let seed = 7;
  const random = () => (seed = (seed * 1103515245 + 12345) & 0x7fffffff) / 0x7fffffff;
  return Array.from({ length: 400 }, () => random() < 0.1 ? 10_000 : 200);
}

/** Runs one repetition of a scenario; one that has no fixed number of tasks goes on for `ms`. */
export function measure(pool: Pool, name: ScenarioName, ms: number): Promise<number> {
  const own = pool.own?.[name];
  if (own) return own();
  const outstanding = OUTSTANDING[name];
  switch (name) {
    case "single":
    case "tiny":
      return keep(pool, outstanding, { ms }, (k) => ({ op: "add", a: 1, b: k }), (k) => 1 + k);
    case "flood":
      return flood(pool);
    case "copy": {
      const x = new Float32Array(COPIED).fill(1);
      return keep(pool, outstanding, { ms }, () => ({ op: "sum", x }), () => COPIED);
    }
    case "transfer":
      return keep(
        pool,
        outstanding,
        { ms },
        () => ({ op: "sum", x: new Float32Array(TRANSFERRED) }),
        () => 0,
        true,
      );
    case "work":
      return keep(pool, outstanding, { count: WORK }, () => ({ op: "spin", us: WORK_US }));
    case "skew":
      return skew(pool);
  }
}

/** Keeps so many tasks outstanding; gives tasks a second. */
async function keep(
  pool: Pool,
  outstanding: number,
  { ms = Infinity, count = Infinity }: { readonly ms?: number; readonly count?: number },
  make: (k: number) => TaskData,
  expected?: (k: number) => number,
  transfers = false,
): Promise<number> {
  let begun = 0, done = 0;
  const started = performance.now(), end = started + ms;
  const one = async () => {
    while (begun < count && performance.now() < end) {
      const k = begun++;
      const data = make(k);
      const transfer = transfers ? [(data as { x: Float32Array<ArrayBuffer> }).x.buffer] : undefined;
      const result = await pool.run(data, transfer);
      if (expected !== undefined && result !== expected(k)) {
        throw new Error(`Task ${k} gave ${result} instead of ${expected(k)}`);
      }
      done++;
    }
  };
  await Promise.all(Array.from({ length: outstanding }, one));
  return done / ((performance.now() - started) / 1000);
}

/** Submits everything at once. */
async function flood(pool: Pool): Promise<number> {
  const started = performance.now();
  const results: Promise<unknown>[] = [];
  for (let k = 0; k < FLOOD; k++) results.push(pool.run({ op: "add", a: 1, b: k }));
  const sums = await Promise.all(results);
  const elapsed = performance.now() - started;
  for (let k = 0; k < FLOOD; k++) if (sums[k] !== 1 + k) throw new Error(`Task ${k} gave ${sums[k]}`);
  return FLOOD / (elapsed / 1000);
}

async function skew(pool: Pool): Promise<number> {
  const tasks = skewed();
  const started = performance.now();
  await Promise.all(tasks.map((us) => pool.run({ op: "spin", us })));
  return performance.now() - started;
}
