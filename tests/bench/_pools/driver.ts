// A process with one pool in it: makes it, tells that it is ready, then runs one repetition for each line on stdin.
// Arguments: URL of the module with the pools, name of the pool, number of workers. Runs under Deno and Node.

import process from "node:process";
import { createInterface } from "node:readline";
import { type MakePool, measure, type ScenarioName } from "./scenarios.ts";

/** Lines that are meant for the other side; libraries print too. */
const MARK = "@figure ";

const [module, name, workers] = process.argv.slice(2);
const tell = (value: unknown) => console.log(MARK + JSON.stringify(value));

const { pools } = await import(module!) as { pools: Record<string, MakePool> };
const started = performance.now();
const pool = await pools[name!]!(Number(workers));
await pool.run({ op: "add", a: 1, b: 2 });
tell({ value: performance.now() - started });

for await (const line of createInterface({ input: process.stdin })) {
  const { scenario, ms } = JSON.parse(line) as { scenario: ScenarioName; ms: number };
  try {
    tell({ value: await measure(pool, scenario, ms) });
  } catch (error) {
    tell({ error: String(error) });
  }
}
await pool.close();
process.exit(0);
