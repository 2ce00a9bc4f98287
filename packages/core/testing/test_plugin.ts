/**
 * The conformance test of a plugin: whether its results are the same for every chunking.
 *
 * @example
 * ```ts
 * import { definePlugin, schema, Table } from "@millrace/core";
 * import { testPlugin } from "@millrace/core/testing";
 *
 * const late = definePlugin({
 *   provides: "late",
 *   dependsOn: ["hits"],
 *   needs: { hits: { time: "time" } },
 *   version: "1",
 *   schema: { time: "time" },
 *   computeChunk(chunk, { emit }) {
 *     const out = emit(chunk.length);
 *     chunk.columns.time.forEach((time, i) => out.columns.time[i] = time + 3);
 *     return out;
 *   },
 * });
 * const hits = Table.from(schema({ time: "time" }), { time: [0n, 2n, 2n, 7n] });
 * await testPlugin(late, { inputs: { hits } });
 * ```
 * @module
 */
import { AssertionError } from "node:assert";
import type { Registrable } from "../context/context.ts";
import { Context } from "../context/context.ts";
import { sortRows } from "../chunk/sort_rows.ts";
import type { Table } from "../data/table.ts";
import type { Executor, ExecutorProvider } from "../engine/executor.ts";
import { keepsState } from "../engine/state_bytes.ts";
import { Config } from "../options/config.ts";
import { withOptions } from "../plugin/define.ts";
import type { Plugin, TimeRange } from "../plugin/plugin.ts";
import { firstDifference } from "./_compare.ts";
import {
  cutAfterEveryStart,
  cutText,
  type Cuttings,
  longestRow,
  paddedExtents,
  randomCuts,
  randomExtents,
  uncut,
} from "./_cutting.ts";
import { hashInputs } from "./_inputs.ts";
import { withReachChecked } from "./_reach.ts";
import { Random } from "./_random.ts";
import { haloBehind, type Outcome, type Row, runTrial, type Trial } from "./_trial.ts";
import { ShuffledExecutor } from "./shuffled_executor.ts";
import { StateCopies } from "./_state_copies.ts";

/** What {@linkcode testPlugin} is told. */
export interface TestPluginOptions {
  /** Rows by data type, or how they are made: the types that the plugin depends on and no registered plugin provides. */
  readonly inputs: Readonly<Record<string, Table | (() => Table)>>;
  /** Option values, as for `Context.setConfig`. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** Kinds of inputs. Default: each its own. */
  readonly dataKinds?: Readonly<Record<string, string>>;
  /** How many random chunkings are tried. Default 20. */
  readonly chunkings?: number;
  /** How many random time ranges are tried. Default 10. */
  readonly ranges?: number;
  /** Executors to try random chunkings with, beside the one in place: an `ExecutorManager` shows what workers give. */
  readonly executors?: readonly (Executor | ExecutorProvider)[];
  /** How many random chunkings are tried with each of them. Default 3. */
  readonly executorChunkings?: number;
  /** How often it is all done, with inputs made anew where a function makes them. Default 1. */
  readonly runs?: number;
  /** Plugins between the inputs and the plugin. */
  readonly register?: readonly Registrable[];
  /** Seed of all random choices. Default 1. */
  readonly seed?: number;
}

/**
 * Run a plugin whole, with a cut after every distinct start, with random chunkings and extents of each input, with its
 * stretches computed at once and out of order, with other executors where they are given, and for time ranges; compare rows bit by bit, their order and the
 * extents of the streams. Where the plugin has a halo to the right, inputs last longer than it behind their last row: all
 * rows of the whole run are then one stretch. Checks the laws of all chunks, the declared reach, that rows of an input's kind are that input's,
 * that inputs stay as they are, and that state that is kept with results (`checkpoint`) is all that the plugin remembers.
 *
 * @throws {AssertionError} On the first difference: says for which chunking and which row.
 * @throws {TypeError} When an input that it needs is not given.
 */
export async function testPlugin(plugin: Registrable, options: TestPluginOptions): Promise<void> {
  const { runs = 1, seed = 1 } = options;
  const random = new Random(seed);
  for (let run = 0; run < runs; run++) {
    const tables = Object.fromEntries(
      Object.entries(options.inputs).map((
        [name, given],
      ) => [name, sortRows(typeof given === "function" ? given() : given)]),
    );
    await new Conformance(plugin, tables, options, random).check();
  }
}

/** The plugin that a registrable stands for. */
function pluginOf(item: Registrable): Plugin {
  const known = new Set(new Context().register(item).providers.values());
  const [first, ...more] = known;
  if (!first || more.length > 0) {
    throw new TypeError("Cannot test a list of plugins at once: give one, and the others as register");
  }
  return first;
}

/** The plugin with the input that its options choose. */
function asConfigured(plugin: Plugin, options: TestPluginOptions["options"] = {}): Plugin {
  const { values } = new Config().set(options).resolve(plugin);
  return withOptions(plugin, values as Readonly<Record<string, unknown>>);
}

/** How one run differs from the others. */
interface Variation {
  readonly executor?: Executor | ExecutorProvider | undefined;
  readonly chunkSize?: number;
  readonly timeRange?: TimeRange;
  readonly targets?: readonly string[];
}

class Conformance {
  readonly #plugin: Plugin;
  readonly #tables: Readonly<Record<string, Table>>;
  readonly #options: TestPluginOptions;
  readonly #random: Random;
  #extents: Readonly<Record<string, TimeRange>>;

  constructor(
    plugin: Registrable,
    tables: Readonly<Record<string, Table>>,
    options: TestPluginOptions,
    random: Random,
  ) {
    this.#plugin = withReachChecked(asConfigured(pluginOf(plugin), options.options));
    this.#tables = tables;
    this.#extents = paddedExtents(tables, 0n);
    this.#options = options;
    this.#random = random;
    const between = new Set(new Context().register(...options.register ?? []).providers.keys());
    const missing = this.#plugin.dependsOn.filter((type) => !(type in tables) && !between.has(type));
    if (missing.length > 0) {
      throw new TypeError(
        `Cannot test "${this.#plugin.name}": it needs ${
          missing.map((type) => `"${type}"`).join(", ")
        }; give them as inputs`,
      );
    }
  }

  async check(): Promise<void> {
    const { chunkings = 20, ranges = 10, executors = [], executorChunkings = 3 } = this.#options;
    const before = hashInputs(this.#tables);
    const halo = await haloBehind(this.#trial(uncut(this.#tables)));
    if (halo > 0n) this.#extents = paddedExtents(this.#tables, halo + longestRow(this.#tables));
    const uncutAll = uncut(this.#tables, this.#extents);
    const whole = await this.#run("in one chunk", uncutAll);
    this.#sameInputs(before, uncutAll);
    this.#sameKinds(whole);
    this.#same(whole, await this.#run("in one chunk, again", uncutAll), "in a second run", uncutAll);
    const fine = cutAfterEveryStart(this.#tables, this.#extents);
    this.#same(whole, await this.#run("cut after every start", fine), "cut after every start", fine);
    if (keepsState(this.#plugin)) {
      const how = "cut after every start, its state copied";
      this.#same(whole, await this.#run(how, fine, { executor: new StateCopies() }), how, fine);
    }
    for (let k = 0; k < chunkings; k++) await this.#tryChunking(k);
    for (let k = 0; k < ranges; k++) await this.#tryRange(whole);
    for (const executor of executors) {
      for (let k = 0; k < executorChunkings; k++) {
        const cuttings = randomCuts(this.#tables, this.#extents, this.#random);
        const how = "in another executor";
        const outcome = await this.#run(how, cuttings, {
          executor,
          ...(k % 2 === 1 ? { chunkSize: 2 } : {}),
        });
        this.#same(whole, outcome, how, cuttings);
      }
    }
    this.#sameInputs(before, fine);
  }

  async #tryChunking(k: number): Promise<void> {
    // Every third time, rows lie at the very end also where there is a halo.
    const extents = randomExtents(this.#tables, this.#random, k % 3 === 2 ? undefined : this.#extents);
    const whole = await this.#run("in one chunk", uncut(this.#tables, extents));
    const cuttings = randomCuts(this.#tables, extents, this.#random);
    const executor = k % 2 === 0 ? undefined : new ShuffledExecutor(this.#random.below(2 ** 31));
    const how = executor ? "in chunks, computed at once" : "in chunks";
    this.#same(whole, await this.#run(how, cuttings, { executor }), how, cuttings);
  }

  async #tryRange(whole: Readonly<Record<string, Outcome>>): Promise<void> {
    const { provides } = this.#plugin;
    const target = provides[this.#random.below(provides.length)]!;
    const outcome = whole[target]!;
    if (!outcome.extent) return;
    const timeRange = this.#range(outcome.extent, outcome.rows);
    const [from, to] = timeRange;
    const how = `for the time range [${from}, ${to})`;
    const cut = randomCuts(this.#tables, this.#extents, this.#random);
    const ranged = await this.#run(how, cut, { timeRange, targets: [target] });
    const rows = outcome.rows.filter(({ time }) => from <= (time as bigint) && (time as bigint) < to);
    this.#sameRows(target, rows, ranged[target]!.rows, how, cut);
  }

  #range([start, end]: TimeRange, rows: readonly Row[]): TimeRange {
    const places = [start, end, ...rows.flatMap(({ time }) => [time as bigint, (time as bigint) + 1n])];
    const a = places[this.#random.below(places.length)]!, b = places[this.#random.below(places.length)]!;
    return a < b ? [a, b] : [b, a + 1n];
  }

  async #run(
    how: string,
    cuttings: Cuttings,
    more: Variation = {},
  ): Promise<Record<string, Outcome>> {
    try {
      return await runTrial(this.#trial(cuttings, more));
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw this.#failure(`fails ${how}: ${why}`, cuttings, cause);
    }
  }

  #trial(cuttings: Cuttings, more: Variation = {}): Trial {
    const { options, dataKinds, register = [] } = this.#options;
    const { executor, chunkSize, timeRange, targets = this.#plugin.provides } = more;
    return {
      plugins: [...register, this.#plugin],
      tables: this.#tables,
      cuttings,
      targets,
      ordered: (type) => (this.#plugin.dataKinds[type] ?? type) === type,
      ...(options ? { options } : {}),
      ...(dataKinds ? { dataKinds } : {}),
      ...(executor ? { executor } : {}),
      ...(chunkSize === undefined ? {} : { chunkSize }),
      ...(timeRange ? { timeRange } : {}),
    };
  }

  #failure(what: string, cuttings: Cuttings, cause?: unknown): AssertionError {
    const inputs = Object.entries(cuttings).map(([name, cutting]) =>
      `  "${name}" ${cutText(this.#tables[name]!, cutting)}`
    );
    const error = new AssertionError({
      message: `Plugin "${this.#plugin.name}" ${what}\n${inputs.join("\n")}`,
      stackStartFn: testPlugin,
    });
    if (cause !== undefined) error.cause = cause;
    return error;
  }

  #same(
    whole: Readonly<Record<string, Outcome>>,
    other: Readonly<Record<string, Outcome>>,
    how: string,
    cuttings: Cuttings,
  ): void {
    for (const [type, { rows, extent }] of Object.entries(whole)) {
      const got = other[type]!;
      this.#sameRows(type, rows, got.rows, how, cuttings);
      if (extent?.[0] === got.extent?.[0] && extent?.[1] === got.extent?.[1]) continue;
      throw this.#failure(
        `gives other results ${how}: the stream "${type}" is ${extentText(extent)} in one chunk and ${
          extentText(got.extent)
        } ${how}`,
        cuttings,
      );
    }
  }

  #sameRows(type: string, rows: readonly Row[], got: readonly Row[], how: string, cuttings: Cuttings): void {
    const difference = firstDifference(rows, got, ["in one chunk", how]);
    if (difference) throw this.#failure(`gives other results ${how}: "${type}" ${difference}`, cuttings);
  }

  /** Rows of an input's kind are that input's rows. */
  #sameKinds(whole: Readonly<Record<string, Outcome>>): void {
    for (const [type, { rows }] of Object.entries(whole)) {
      const kind = this.#plugin.dataKinds[type] ?? type;
      const input = this.#plugin.dependsOn.find((name) =>
        name in this.#tables && (this.#options.dataKinds?.[name] ?? name) === kind
      );
      if (input === undefined) continue;
      const sorted = this.#tables[input]!;
      const keys = ["time", "board", "channel", "endtime"].filter((name) =>
        name in sorted.schema.types && (rows.length === 0 || name in rows[0]!)
      );
      const pick = (row: Row) => Object.fromEntries(keys.map((name) => [name, row[name]!]));
      const difference = firstDifference(sorted.rows().map(pick), rows.map(pick), [
        `in "${input}"`,
        `in "${type}"`,
      ]);
      if (difference) {
        throw this.#failure(
          `says that "${type}" has the rows of "${input}", but ${difference}`,
          uncut(this.#tables),
        );
      }
    }
  }

  #sameInputs(before: ReadonlyMap<string, string>, cuttings: Cuttings): void {
    const now = hashInputs(this.#tables);
    for (const [column, hash] of before) {
      if (now.get(column) !== hash) {
        throw this.#failure(`writes to its input: ${column} has changed`, cuttings);
      }
    }
  }
}

function extentText(extent: TimeRange | undefined): string {
  return extent ? `from ${extent[0]} to ${extent[1]}` : "empty";
}
