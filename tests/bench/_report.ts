// What every benchmark ends with: a table, or with `--json` one line a budget; with `--json --all` also the title, and the
// figures that have none.

/** One measured figure and what it must keep to. */
export interface Measure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** The limit; without one the figure is for information. */
  readonly budget?: number;
  /** Whether the value must be at most or at least the budget. Default: at most. */
  readonly atLeast?: boolean;
}

/** Print the figures, and notes on what limits them; sets the exit code to 1 when a budget is not kept. */
export function report(title: string, measures: readonly Measure[], notes: readonly string[] = []): void {
  const rows = measures.map(({ name, value, unit, budget, atLeast }) => ({
    name,
    value: Number(value.toPrecision(4)),
    unit,
    budget: budget ?? null,
    ok: budget === undefined ? true : atLeast ? value >= budget : value <= budget,
    sign: budget === undefined ? "" : atLeast ? ">=" : "<=",
  }));
  if (Deno.args.includes("--json") && Deno.args.includes("--all")) {
    console.log(JSON.stringify({ title, notes }));
    for (const row of rows) console.log(JSON.stringify(row));
  } else if (Deno.args.includes("--json")) {
    for (const { sign: _, ...row } of rows) if (row.budget !== null) console.log(JSON.stringify(row));
  } else {
    const cells = rows.map(({ name, value, unit, budget, ok, sign }) => [
      name,
      String(value),
      unit,
      budget === null ? "" : `${sign} ${budget}`,
      budget === null ? "" : ok ? "ok" : "NOT KEPT",
    ]);
    const head = ["what", "value", "unit", "budget", ""];
    const widths = head.map((text, k) => Math.max(text.length, ...cells.map((cell) => cell[k]!.length)));
    const line = (cell: readonly string[]) =>
      cell.map((text, k) => (k === 1 ? text.padStart(widths[k]!) : text.padEnd(widths[k]!))).join("  ")
        .trimEnd();
    console.log(`${title}\n`);
    console.log(line(head));
    for (const cell of cells) console.log(line(cell));
    for (const note of notes) console.log(`\n${note}`);
  }
  if (rows.some(({ ok }) => !ok)) Deno.exitCode = 1;
}

/** The value that a quarter of the values lie below: what a busy machine disturbs least without being luck. */
export function lowerQuartile(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 2]!;
}

/**
 * Times several ways in turn, round by round, so that a slow moment of the machine meets all of them; gives the lower
 * quartile of the times of each, and its ratio to that of the first.
 */
export async function paired(
  rounds: number,
  warmUp: number,
  ways: Readonly<Record<string, () => unknown>>,
): Promise<{ ms: Record<string, number>; ratio: Record<string, number> }> {
  const names = Object.keys(ways);
  const times: Record<string, number[]> = Object.fromEntries(names.map((name) => [name, []]));
  for (const name of names) for (let warm = 0; warm < warmUp; warm++) await ways[name]!();
  for (let round = 0; round < rounds; round++) {
    for (const name of round % 2 ? names : names.toReversed()) {
      const before = performance.now();
      await ways[name]!();
      times[name]!.push(performance.now() - before);
    }
  }
  const ms = Object.fromEntries(names.map((name) => [name, lowerQuartile(times[name]!)]));
  return { ms, ratio: Object.fromEntries(names.map((name) => [name, ms[name]! / ms[names[0]!]!])) };
}
