// All pools side by side: each in its own process, all scenarios in turn, all pools in turn within a scenario.

import { type ChildCommand, PoolProcess } from "./child.ts";
import { install, type Runtime } from "./install.ts";
import type { ScenarioName } from "./scenarios.ts";

/** A pool that takes part. */
interface Entrant {
  readonly name: string;
  /** Peers have one; what has none is ours or no pool. */
  readonly peerUnder?: Runtime;
  readonly scenarios: readonly ScenarioName[];
  readonly command: ChildCommand | undefined;
  /** Why it could not be measured. */
  readonly missing?: string;
}

/** One row of the table. */
export interface Row {
  readonly name: string;
  readonly peerUnder: Runtime | undefined;
  /** Ms from making the pool to its first result, both workers wanted. */
  first: number;
  /** Medians: tasks a second, or the makespan in ms. NaN where nothing was measured. */
  readonly figures: Map<ScenarioName, number>;
  /** The same round by round: those of one round were measured one after the other. */
  readonly rounds: Map<ScenarioName, readonly number[]>;
  /** Why nothing was measured. */
  missing?: string;
}

export const SCENARIOS: readonly ScenarioName[] = [
  "single",
  "tiny",
  "flood",
  "copy",
  "transfer",
  "work",
  "skew",
];
const WORKERS = 2;
const ROUNDS = 5;
/** Rounds of ours and the ideal in scenarios where some per cent matter; the peers take part in the first ones. */
const MORE_ROUNDS = 15;
/** Peers far behind the best one cannot become the best one: they are measured once. */
const FAR_BEHIND = 0.5;
const MS = 250, START_LIMIT = 20_000, LIMIT = 30_000;
const PEERS_OF_DENO = [
  "poolifier-web-worker",
  "piscina",
  "piscina tuned",
  "tinypool",
  "workerpool",
  "poolifier",
];
const PEERS_OF_NODE = PEERS_OF_DENO.slice(1);

/** Measures everything; `progress` is told what is being done. */
export async function race(progress: (text: string) => void): Promise<Row[]> {
  const entrants = [...own(), ...await peers("Deno", PEERS_OF_DENO), ...await peers("Node", PEERS_OF_NODE)];
  await using running = new AsyncDisposableStack();
  const racers: { readonly row: Row; readonly entrant: Entrant; readonly process: PoolProcess }[] = [];
  const rows: Row[] = [];
  for (const entrant of entrants) {
    const { name, peerUnder } = entrant;
    const row: Row = { name, peerUnder, first: NaN, figures: new Map(), rounds: new Map() };
    rows.push(row);
    if (entrant.missing !== undefined) row.missing = entrant.missing;
    if (!entrant.command) continue;
    const process = running.use(new PoolProcess(entrant.command));
    progress(`start ${entrant.name}`);
    try {
      row.first = await process.figure(START_LIMIT);
      racers.push({ row, entrant, process });
    } catch (error) {
      row.missing = (error as Error).message;
    }
  }
  for (const scenario of SCENARIOS) {
    progress(scenario);
    const field = racers.filter(({ row, entrant }) =>
      row.missing === undefined && entrant.scenarios.includes(scenario)
    );
    const values = new Map<Row, number[]>(field.map(({ row }) => [row, []]));
    const rounds = scenario === "work" || scenario === "skew" ? MORE_ROUNDS : ROUNDS;
    for (let round = 0; round <= rounds; round++) {
      const best = bestOf(values, scenario);
      for (const { row, process } of round % 2 ? field : field.toReversed()) {
        const own = values.get(row)!;
        if (row.missing !== undefined || isFarBehind(row, own, best, scenario)) continue;
        if (row.peerUnder !== undefined && round > ROUNDS) continue;
        try {
          const value = await process.ask({ scenario, ms: MS }, LIMIT);
          if (round === 1) own.length = 0; // the first one was to warm up
          own.push(value);
        } catch (error) {
          row.missing = `${scenario}: ${(error as Error).message}`;
        }
      }
    }
    for (const [row, own] of values) {
      row.figures.set(scenario, median(own));
      row.rounds.set(scenario, own);
    }
  }
  return rows;
}

function own(): Entrant[] {
  const module = new URL("./ours.ts", import.meta.url).href, driver = new URL("./driver.ts", import.meta.url);
  const entrant = (name: string, scenarios = SCENARIOS): Entrant => ({
    name,
    scenarios,
    command: {
      program: Deno.execPath(),
      args: ["run", "--allow-all", "--no-prompt", driver.href, module, name, String(WORKERS)],
    },
  });
  return [
    entrant("millrace"),
    entrant("millrace, lent", ["copy", "transfer"]),
    entrant("millrace, stealing", ["tiny", "flood", "work", "skew"]),
    entrant("raw messages"),
    entrant("raw batches", ["tiny", "flood"]),
    entrant("ideal", ["work", "skew"]),
  ];
}

async function peers(runtime: Runtime, names: readonly string[]): Promise<Entrant[]> {
  let folder = "", missing: string | undefined;
  try {
    folder = await install(runtime);
  } catch (error) {
    missing = (error as Error).message;
  }
  const program = runtime === "Deno" ? Deno.execPath() : "node";
  const flags = runtime === "Deno" ? ["run", "--allow-all", "--no-prompt", "--cached-only"] : [];
  return names.map((name) => ({
    name: `${name}, ${runtime}`,
    peerUnder: runtime,
    scenarios: SCENARIOS,
    command: missing === undefined
      ? { program, args: [...flags, "driver.mjs", "./peers.mjs", name, String(WORKERS)], cwd: folder }
      : undefined,
    ...(missing === undefined ? {} : { missing }),
  }));
}

/** Whether `a` is the better figure. */
export function isBetter(scenario: ScenarioName, a: number, b: number): boolean {
  return scenario === "skew" ? a < b : a > b;
}

function isFarBehind(
  row: Row,
  values: readonly number[],
  best: ReadonlyMap<Runtime, number>,
  scenario: ScenarioName,
) {
  if (row.peerUnder === undefined || values.length === 0) return false;
  const limit = best.get(row.peerUnder)! * (scenario === "skew" ? 1 / FAR_BEHIND : FAR_BEHIND);
  return !isBetter(scenario, median(values), limit);
}

/** The best peer's figure so far, by runtime. */
function bestOf(values: ReadonlyMap<Row, readonly number[]>, scenario: ScenarioName): Map<Runtime, number> {
  const best = new Map<Runtime, number>();
  for (const [{ peerUnder }, own] of values) {
    if (peerUnder === undefined || own.length === 0) continue;
    const so = best.get(peerUnder);
    if (so === undefined || isBetter(scenario, median(own), so)) best.set(peerUnder, median(own));
  }
  return best;
}

/** What `a` is to `b`, round by round: whatever else the machine does meanwhile meets both. NaN where one was not measured. */
export function paired(a: Row, b: Row, scenario: ScenarioName): number {
  const [mine, other] = [a, b].map(({ rounds }) => rounds.get(scenario) ?? []);
  return median(mine!.length === other!.length ? mine!.map((value, round) => value / other![round]!) : []);
}

/** The value in the middle; NaN of none. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;
}
