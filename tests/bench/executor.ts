// The worker pool against its peers, all with two workers, each in its own process, in one run. Under five minutes. The peers are
// installed into the system's temporary folder; Node's need `node` and `npm`.

import { alone } from "./_pools/alone.ts";
import type { Runtime } from "./_pools/install.ts";
import { isBetter, median, paired, race, type Row, SCENARIOS } from "./_pools/race.ts";
import type { ScenarioName } from "./_pools/scenarios.ts";
import { type Measure, report } from "./_report.ts";

/** How each scenario is called. */
const TITLES: Readonly<Record<ScenarioName, string>> = {
  single: "one at a time",
  tiny: "256 tiny tasks outstanding",
  flood: "20,000 tiny tasks at once",
  copy: "64 KiB copied, 8 outstanding",
  transfer: "1 MiB transferred, 8 outstanding",
  work: "1 ms of work, 16 outstanding",
  skew: "skewed work",
};
const asJson = Deno.args.includes("--json");

const rows = await race((text) => {
  if (!asJson) console.error(text);
});
const row = (name: string): Row => rows.find((row) => row.name === name)!;
const figure = (name: string, scenario: ScenarioName) => row(name).figures.get(scenario) ?? NaN;

/** The best peer's figure; NaN when a peer that may be the best was not measured. */
function bestPeer(scenario: ScenarioName, runtimes: readonly Runtime[]): number {
  const figures = rows.filter(({ peerUnder }) => peerUnder !== undefined && runtimes.includes(peerUnder))
    .map(({ figures }) => figures.get(scenario) ?? NaN);
  if (figures.some(Number.isNaN)) return NaN;
  return figures.reduce((best, figure) => isBetter(scenario, figure, best) ? figure : best);
}

function overPeers(
  name: string,
  scenario: ScenarioName,
  runtimes: readonly Runtime[],
  budget?: number,
): Measure {
  return {
    name: `${TITLES[scenario]}: ${name} / best peer under ${runtimes.join(" or ")}`,
    value: figure(name, scenario) / bestPeer(scenario, runtimes),
    unit: "x",
    ...(budget === undefined ? {} : { budget, atLeast: true }),
  };
}

function overIdeal(name: string, scenario: ScenarioName, budget?: number): Measure {
  return {
    name: `${TITLES[scenario]}: ${name} / ideal`,
    value: paired(row(name), row("ideal"), scenario),
    unit: "x",
    ...(budget === undefined ? {} : { budget, atLeast: scenario !== "skew" }),
  };
}

/** Against a loop that sends a worker its next task when it has answered, with no pool around it. */
function overBare(name: string, scenario: ScenarioName, budget?: number): Measure {
  return {
    name: `${TITLES[scenario]}: ${name} / bare loop of messages`,
    value: paired(row(name), row("raw messages"), scenario),
    unit: "x",
    ...(budget === undefined ? {} : { budget, atLeast: scenario !== "skew" }),
  };
}

const start = await alone(new URL("./_pools/start.ts", import.meta.url));
const failure = await alone(new URL("./_pools/failure.ts", import.meta.url));
const [none, bare, ours] = [
  await resident("bare", 0),
  await resident("bare", 10),
  await resident("ours", 10),
];
const [bareMB, oursMB] = [bare, ours].map((bytes) => (bytes - none) / 10e6);

async function resident(kind: string, count: number): Promise<number> {
  const bytes: number[] = [];
  for (let round = 0; round < 3; round++) {
    bytes.push((await alone(new URL("./_pools/resident.ts", import.meta.url), [kind, String(count)])).bytes!);
  }
  return median(bytes);
}

/** 40 ms; where two bare workers take more than 20 ms, twice what they take. */
const startBudget = Math.max(40, Math.round(2 * start.bare!));

if (!asJson) printTable();
report("The worker pool, two workers", [
  overPeers("millrace", "single", ["Deno"], 1.3),
  overPeers("millrace", "single", ["Node"]),
  overPeers("millrace", "tiny", ["Deno"], 5),
  overPeers("millrace", "tiny", ["Node"], 2.5),
  overPeers("millrace", "flood", ["Deno"], 5),
  overPeers("millrace", "flood", ["Node"], 2.5),
  overPeers("millrace", "copy", ["Deno", "Node"]),
  overPeers("millrace, lent", "copy", ["Deno"], 1.5),
  overPeers("millrace, lent", "copy", ["Node"]),
  overPeers("millrace", "transfer", ["Deno", "Node"]),
  overPeers("millrace, lent", "transfer", ["Deno"]),
  overPeers("millrace, lent", "transfer", ["Node"]),
  overIdeal("millrace", "work"),
  overIdeal("raw messages", "work"),
  overBare("millrace", "work", 1),
  overIdeal("millrace", "skew", 1.1),
  overIdeal("millrace, stealing", "skew"),
  overIdeal("raw messages", "skew"),
  overBare("millrace, stealing", "skew", 1.05),
  overBare("millrace, lent", "transfer", 0.95),
  overPeers("raw messages", "transfer", ["Deno"]),
  { name: "two bare workers started", value: start.bare!, unit: "ms" },
  { name: "a pool of two ready", value: start.ours!, unit: "ms", budget: startBudget },
  {
    name: "a worker exits, until two run again",
    value: failure.recovery!,
    unit: "ms",
    budget: startBudget,
  },
  { name: "a busy process killed", value: failure.kill!, unit: "ms", budget: 100 },
  { name: "one task there and back", value: 1000 * failure.roundTrip!, unit: "µs" },
  {
    name: "cancelling a queued task / there and back",
    value: failure.queued! / failure.roundTrip!,
    unit: "x",
    budget: 1,
  },
  {
    name: "cancelling a running task until its worker is free / there and back",
    value: failure.running! / failure.roundTrip!,
    unit: "x",
    budget: 20,
  },
  { name: "resident memory of a bare worker", value: bareMB!, unit: "MB" },
  { name: "resident memory of a worker / of a bare one", value: oursMB! / bareMB!, unit: "x", budget: 1.5 },
]);

function printTable(): void {
  const cell = (value: number | undefined, digits = 0) =>
    value === undefined ? "" : Number.isNaN(value) ? "-" : value.toFixed(digits);
  const head = ["pool", "first ms", ...SCENARIOS.map((name) => name === "skew" ? "skew ms" : `${name}/s`)];
  const body = rows.map(({ name, first, figures, missing }) => [
    name,
    cell(first),
    ...SCENARIOS.map((scenario) => cell(figures.get(scenario))),
    missing === undefined ? "" : `not measured: ${missing.replaceAll(/\s+/g, " ")}`,
  ]);
  const widths = head.map((text, k) => Math.max(text.length, ...body.map((line) => line[k]!.length)));
  const print = (line: readonly string[]) =>
    console.log(
      line.map((text, k) => k === 0 ? text.padEnd(widths[0]!) : text.padStart(widths[k] ?? 0)).join("  ")
        .trimEnd(),
    );
  for (const name of SCENARIOS) console.log(`${name}: ${TITLES[name]}`);
  console.log("\nMedians; peers below half of the best one under their runtime are measured once.\n");
  print(head);
  for (const line of body) print(line);
  console.log();
}
