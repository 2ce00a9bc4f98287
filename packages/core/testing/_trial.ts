// One run of a plugin over inputs that are cut in a given way, with every chunk's laws checked.

import type { Chunk } from "../chunk/chunk.ts";
import { validate } from "../chunk/validate.ts";
import { Context, type Registrable } from "../context/context.ts";
import type { RowValue, Table } from "../data/table.ts";
import type { Executor, ExecutorProvider } from "../engine/executor.ts";
import type { Plugin, Reach, TimeRange } from "../plugin/plugin.ts";
import { tableSource } from "../plugin/table_source.ts";
import { type Cuttings, longestRow } from "./_cutting.ts";

/** A row as an object. */
export type Row = Record<string, RowValue>;

/** What a run gave for one data type. */
export interface Outcome {
  readonly rows: readonly Row[];
  /** Start of the first chunk and end of the last; undefined without chunks. */
  readonly extent: TimeRange | undefined;
  readonly chunks: number;
}

/** What is run. */
export interface Trial {
  readonly plugins: readonly Registrable[];
  readonly tables: Readonly<Record<string, Table>>;
  readonly dataKinds?: Readonly<Record<string, string>>;
  readonly cuttings: Cuttings;
  readonly targets: readonly string[];
  readonly options?: Readonly<Record<string, unknown>>;
  readonly executor?: Executor | ExecutorProvider;
  readonly timeRange?: TimeRange;
  readonly chunkSize?: number;
  readonly memory?: number | string;
  /** Targets whose rows have another kind's order, which need not be their columns' own. */
  readonly ordered?: (dataType: string) => boolean;
}

/** A source of an input's rows, cut as told; it knows its longest row. */
export function cutSource(
  name: string,
  table: Table,
  cutting: { readonly extent: TimeRange; readonly cuts: readonly bigint[] },
  dataKind?: string,
): Plugin {
  const source = tableSource(name, table, { ...cutting, ...(dataKind === undefined ? {} : { dataKind }) });
  return { ...source, longestRow: { [name]: Number(longestRow({ [name]: table })) } };
}

function contextOf({ plugins, tables, cuttings, dataKinds, options, executor, memory }: Trial): Context {
  const ctx = new Context({
    ...(executor ? { executor } : {}),
    ...(memory === undefined ? {} : { memory }),
  });
  for (const [name, table] of Object.entries(tables)) {
    ctx.register(cutSource(name, table, cuttings[name]!, dataKinds?.[name]));
  }
  ctx.register(...plugins);
  if (options) ctx.setConfig(options);
  return ctx;
}

/**
 * How far behind a row a plugin may have to look before the row can be given, ps: halos to the right and reaches to the
 * left, of all plugins together; 0 without halos, and where the trial cannot be planned (running it says why).
 */
export async function haloBehind(trial: Trial): Promise<bigint> {
  let halos = 0, reaches = 0;
  try {
    await using ctx = contextOf(trial);
    for (const { geometry: { halo, reach } } of (await ctx.plan("run", trial.targets)).steps) {
      halos += halo?.right ?? 0;
      const sides: readonly unknown[] = reach ? [reach, ...Object.values(reach)] : [];
      reaches += Math.max(
        0,
        ...sides.map((side) => {
          const left = (side as Reach | undefined)?.left;
          return typeof left === "number" ? left : 0;
        }),
      );
    }
  } catch {
    return 0n; // running it says why
  }
  return halos > 0 ? BigInt(Math.ceil(halos + reaches)) : 0n;
}

/** Run it; gives rows and extents by target. @throws When a plugin fails, or a chunk breaks a law. */
export async function runTrial(trial: Trial): Promise<Record<string, Outcome>> {
  const { targets, timeRange } = trial;
  await using ctx = contextOf(trial);
  const seen = new Map(targets.map((type) => [type, new Collector(type, trial.ordered?.(type) ?? true)]));
  await ctx.run("run", targets, {
    ...(timeRange ? { timeRange } : {}),
    ...(trial.chunkSize === undefined ? {} : { chunkSize: trial.chunkSize }),
    take: (chunk) => seen.get(chunk.dataType)!.take(chunk),
  });
  return Object.fromEntries([...seen].map(([type, collector]) => [type, collector.outcome]));
}

class Collector {
  readonly #dataType: string;
  readonly #ordered: boolean;
  readonly #rows: Row[] = [];
  #previous: Chunk | undefined;
  #start: bigint | undefined;
  #chunks = 0;

  constructor(dataType: string, ordered: boolean) {
    this.#dataType = dataType;
    this.#ordered = ordered;
  }

  take(chunk: Chunk): void {
    const order = this.#ordered ? {} : { order: ["time"] };
    const report = validate(chunk, { ...order, ...(this.#previous ? { previous: this.#previous } : {}) });
    const problems = report.problems.filter(({ level }) => level === "error");
    if (problems.length > 0) {
      const text = problems.map(({ rule, message }) => `${rule}: ${message}`).join("; ");
      throw new RangeError(`Chunk ${this.#chunks} of "${this.#dataType}", ${chunk}, breaks a law: ${text}`);
    }
    this.#previous = chunk;
    this.#start ??= chunk.start;
    this.#chunks++;
    for (const row of chunk.table.rows()) this.#rows.push(keep(row));
  }

  get outcome(): Outcome {
    const extent = this.#previous ? [this.#start!, this.#previous.end] as const : undefined;
    return { rows: this.#rows, extent, chunks: this.#chunks };
  }
}

/** A row that outlives its chunk. */
function keep(row: Row): Row {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, typeof value === "object" ? value.slice() : value]),
  );
}
