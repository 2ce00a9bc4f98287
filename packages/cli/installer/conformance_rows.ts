/**
 * Rows for the conformance suite where a plugin has no sample: {@linkcode rowsFor}.
 * @module
 */
import { Context } from "@millrace/core/context";
import type { Plugin } from "@millrace/core/plugin";
import { type ColumnType, type ColumnTypes, schema } from "@millrace/core/schema";
import { Table } from "@millrace/core/table";
import { signalPlugins } from "@millrace/plugins-signal";
import { simulateFiles } from "@millrace/plugins-signal/simulate/files";

/** Rows by data type, and their kinds. */
export interface ConformanceRows {
  /** Rows of each type that the plugin depends on. */
  readonly inputs: Readonly<Record<string, Table>>;
  /** Kinds of those that have one of the same rows as another. */
  readonly dataKinds: Readonly<Record<string, string>>;
  /** Where they are from, in words. */
  readonly from: string;
}

/** Rows of a table that is made up. */
const ROWS = 40;

/**
 * Rows of all types that a plugin depends on: of what the built-in plugins make, those of a short simulated run; of others, made
 * up from the columns that the plugin says it needs.
 *
 * @returns In the place of rows, why there can be none.
 */
export async function rowsFor(
  { dependsOn, requires }: Pick<Plugin, "dependsOn" | "requires">,
): Promise<ConformanceRows | string> {
  const makers = new Map(
    signalPlugins.flatMap((plugin) => plugin.provides.map((type) => [type, plugin] as const)),
  );
  const known = dependsOn.filter((type) => makers.has(type) && makers.get(type)!.kind !== "source");
  const others = dependsOn.filter((type) => !known.includes(type));
  const unknown = others.find((type) => requires[type] === undefined);
  if (unknown !== undefined) {
    return `nothing is known of "${unknown}": say in "needs" which columns it reads, or name a sample as "golden" in deno.json`;
  }
  const from = [
    ...known.length > 0 ? [`a simulated run (${known.join(", ")})`] : [],
    ...others.length > 0 ? [`rows that are made up (${others.join(", ")})`] : [],
  ].join(" and ");
  return {
    inputs: {
      ...await simulated(known),
      ...Object.fromEntries(others.map((type, k) => [type, madeUp(requires[type]!, k + 1)])),
    },
    dataKinds: Object.fromEntries(known.map((type) => [type, makers.get(type)!.dataKinds[type] ?? type])),
    from,
  };
}

async function simulated(types: readonly string[]): Promise<Record<string, Table>> {
  if (types.length === 0) return {};
  const folder = await Deno.makeTempDir({ prefix: "millrace_simulated_" });
  try {
    // 40 pulses or so, so that every one of them can be a chunk.
    const run = { channels: 2, rate: 5000, duration: 4e9, samples: 100, pretrigger: 30, seed: 5 };
    (await simulateFiles(folder, run)).truth.release();
    await using ctx = new Context({ config: { "raw_files.input": [folder] } });
    ctx.register(signalPlugins);
    const tables: Record<string, Table> = {};
    for (const type of types) tables[type] = await ctx.getData("simulated", type);
    return tables;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Rows with ties, overlaps, and rows without length; small whole numbers elsewhere. */
function madeUp(types: ColumnTypes, seed: number): Table {
  let state = seed;
  const below = (most: number) => {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9 | 0;
    return (state >>> 8) % most;
  };
  const all: ColumnTypes = { time: "time", ...types };
  const time = Array.from({ length: ROWS }, () => below(3) * below(400)).map(BigInt);
  for (let i = 1; i < ROWS; i++) time[i]! += time[i - 1]!;
  const columns = Object.entries(all).map(([name, type]) => {
    if (name === "time") return [name, time];
    if (type === "time") return [name, time.map((start) => start + BigInt(below(3) * below(300)))];
    return [name, time.map(() => valueOf(type, below))];
  });
  return Table.from(schema(all), Object.fromEntries(columns)) as unknown as Table;
}

function valueOf(type: ColumnType, below: (most: number) => number): unknown {
  const [, element, width] = /^([a-z]\w*)(?:\[(\w*)\])?$/.exec(type)!;
  const one = () => {
    if (element === "bool") return below(2);
    if (element === "i64" || element === "u64") return BigInt(below(100));
    return below(100);
  };
  if (width === undefined) return one();
  const length = width === "" ? below(12) : width === "n" ? 8 : Number(width);
  return Array.from({ length }, one);
}
