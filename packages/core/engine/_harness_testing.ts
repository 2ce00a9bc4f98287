// What the tests of this folder share: random inputs, the ways to run over them, and comparisons with the model.

import assert from "node:assert/strict";
import type fc from "fast-check";
import type { Registrable } from "../context/context.ts";
import { schema } from "../data/schema.ts";
import { Table } from "../data/table.ts";
import {
  cutAfterEveryStart,
  cutText,
  type Cuttings,
  randomCuts,
  randomExtents,
  uncut,
} from "../testing/_cutting.ts";
import { Random } from "../testing/_random.ts";
import { type Outcome, runTrial } from "../testing/_trial.ts";
import { randomRows } from "../testing/random_rows.ts";
import { ShuffledExecutor } from "../testing/shuffled_executor.ts";
import { columnsOf, type Row } from "./_model_testing.ts";

/** How many examples a property is tried with; `MILLRACE_RUNS` raises it. */
export function numRuns(usual: number): number {
  const given = Deno.env.get("MILLRACE_RUNS");
  return given === undefined ? usual : Number(given);
}

/** Random rows of the data type `name`. */
export function inputRows(name: string): fc.Arbitrary<Table> {
  return randomRows({
    columns: {
      channel: { type: "i16", value: ({ channel }) => channel },
      [`v_${name}`]: { type: "f64", value: ({ id }) => id + 1 },
    },
  }) as fc.Arbitrary<Table>;
}

/** A table of `[start, end, channel]` rows of the data type `name`. */
export function tableOf(name: string, rows: readonly (readonly [t: number, e: number, c?: number])[]): Table {
  return Table.from(schema(columnsOf(name)), {
    time: rows.map(([t]) => BigInt(t)),
    endtime: rows.map(([, e]) => BigInt(e)),
    channel: rows.map(([, , c]) => c ?? 0),
    [`v_${name}`]: rows.map((_, i) => i + 1),
  }, { t0: 0n });
}

/** The rows of a table of the data type `name`, for the model. */
export function modelOf(name: string, table: Table): Row[] {
  return model(name, table.rows());
}

/** Rows of the data type `name`, for the model. */
export function model(name: string, rows: Outcome["rows"]): Row[] {
  return rows.map((row) => ({
    t: Number(row.time),
    e: Number(row.endtime),
    c: row.channel as number,
    v: row[`v_${name}`] as number,
  }));
}

type Tables = Readonly<Record<string, Table>>;

/** What a plan gives, by target. */
export interface Case {
  readonly plugins: readonly Registrable[];
  readonly tables: Tables;
  readonly dataKinds?: Readonly<Record<string, string>>;
  readonly expected: Readonly<Record<string, readonly Row[]>>;
  /** Targets with rows of another kind. */
  readonly sameKind?: readonly string[];
}

/** Run in every way and compare with what is expected: whole, in pieces, at once, with a chunk size, for time ranges. */
export async function checkCase(given: Case, seed: number): Promise<void> {
  const { plugins, tables, expected, sameKind = [] } = given;
  const random = new Random(seed);
  const targets = Object.keys(expected);
  const ordered = (type: string) => !sameKind.includes(type);
  const trial = {
    plugins,
    tables,
    targets,
    ordered,
    ...(given.dataKinds ? { dataKinds: given.dataKinds } : {}),
  };
  const extents = randomExtents(tables, random);
  const cut = randomCuts(tables, extents, random);
  const compare = (how: string, cuttings: Cuttings, outcomes: Record<string, Outcome>, rows = expected) => {
    for (const [type, list] of Object.entries(rows)) {
      assert.deepEqual(model(type, outcomes[type]!.rows), list, `${type} ${how}\n${shown(tables, cuttings)}`);
    }
  };
  const whole = uncut(tables, extents);
  const attempt = async (
    how: string,
    cuttings: Cuttings,
    more: Partial<Parameters<typeof runTrial>[0]> = {},
  ) => {
    try {
      return await runTrial({ ...trial, cuttings, ...more });
    } catch (cause) {
      throw new Error(`${how}: ${(cause as Error).message}\n${shown(tables, cuttings)}`, { cause });
    }
  };
  const once = await attempt("whole", whole);
  compare("whole", whole, once);
  const extentsOf = (outcomes: Record<string, Outcome>) =>
    Object.fromEntries(Object.entries(outcomes).map(([type, { extent }]) => [type, extent]));
  const fine = cutAfterEveryStart(tables);
  compare("cut after every start", fine, await attempt("fine", fine));
  const pieces = await attempt("pieces", cut);
  compare("in pieces", cut, pieces);
  assert.deepEqual(extentsOf(pieces), extentsOf(once), `extents in pieces\n${shown(tables, cut)}`);
  const executor = new ShuffledExecutor(seed, 1 + random.below(5));
  const shuffled = await attempt("shuffled", cut, { executor });
  compare("computed at once", cut, shuffled);
  assert.deepEqual(extentsOf(shuffled), extentsOf(once), `extents computed at once\n${shown(tables, cut)}`);
  const a = random.below(36) - 3, b = a + 1 + random.below(12);
  const timeRange = [BigInt(a), BigInt(b)] as const;
  const wanted = Object.fromEntries(
    Object.entries(expected).map(([type, rows]) => [type, rows.filter(({ t }) => a <= t && t < b)]),
  );
  compare(`for [${a}, ${b})`, cut, await attempt(`for [${a}, ${b})`, cut, { timeRange }), wanted);
}

function shown(tables: Tables, cuttings: Cuttings): string {
  return Object.entries(cuttings).map(([name, cutting]) => `${name} ${cutText(tables[name]!, cutting)}`).join(
    "\n",
  );
}
