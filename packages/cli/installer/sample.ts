/**
 * Samples of a plugin's work, in the sandbox: {@linkcode runSample}, {@linkcode checkConformance}.
 * @module
 */
import { join } from "node:path";
import { decodeTable } from "@millrace/core/arrow";
import { Context } from "@millrace/core/context";
import type { Plugin } from "@millrace/core/plugin";
import type { Table } from "@millrace/core/table";
import { tableSource } from "@millrace/core/table-source";
import { testPlugin } from "@millrace/core/testing";
import { sandboxedPlugin, type VendoredPlugin } from "@millrace/executor/sandbox";

/** Paths of a sample in the plugin's folder. */
export interface Sample {
  /** Rows of the data type that it depends on. */
  readonly input: string;
  /** Rows that it makes of them. */
  readonly output: string;
}

/**
 * Compute a plugin's sample in its sandbox, with the options' defaults.
 *
 * @returns What comes out wrong, bit by bit; `undefined` where nothing does.
 * @throws {Error} When a file of the sample cannot be read, or the plugin fails.
 */
export async function runSample(
  vendored: VendoredPlugin,
  { input, output }: Sample,
): Promise<string | undefined> {
  await using plugin = await sandboxedPlugin(vendored);
  const [type] = onlyTypes(vendored.name, plugin);
  using given = await readTable(vendored, input);
  using expected = await readTable(vendored, output);
  await using ctx = new Context();
  ctx.register(tableSource(type, given), plugin);
  using made = await ctx.getData("sample", plugin.name);
  return difference(expected, made);
}

/**
 * Run the conformance suite of plugins with a plugin in its sandbox, on its sample's input: any chunking, any order.
 *
 * @throws {AssertionError} When results depend on the chunking, or a law is broken: says which.
 */
export async function checkConformance(
  vendored: VendoredPlugin,
  { input }: Pick<Sample, "input">,
): Promise<void> {
  await using plugin = await sandboxedPlugin(vendored);
  const [type] = onlyTypes(vendored.name, plugin);
  using given = await readTable(vendored, input);
  await testPlugin(plugin, { inputs: { [type]: given }, chunkings: 8, ranges: 4 });
}

function onlyTypes(name: string, { dependsOn, provides }: Pick<Plugin, "dependsOn" | "provides">): [string] {
  const [type, ...more] = dependsOn;
  if (type !== undefined && more.length === 0 && provides.length === 1) return [type];
  throw new TypeError(
    `Cannot run a sample of ${name}: a sample has one input and one output, and the plugin has ${dependsOn.length} and ` +
      `${provides.length}`,
  );
}

async function readTable({ name, folder }: VendoredPlugin, path: string): Promise<Table> {
  const bytes = await Deno.readFile(join(folder, path));
  try {
    return await decodeTable(bytes);
  } catch (cause) {
    throw new SyntaxError(`Cannot read the sample "${path}" of ${name}: ${(cause as Error).message}`, {
      cause,
    });
  }
}

/** Where two tables differ first. */
function difference(expected: Table, made: Table): string | undefined {
  const columns = (table: Table) =>
    Object.entries(table.schema.types).map(([name, type]) => `${name}: ${type}`).sort();
  const [wanted, there] = [columns(expected), columns(made)].map((list) => list.join(", "));
  if (wanted !== there) return `it has the columns ${there}, and the sample ${wanted}`;
  if (expected.length !== made.length) return `it has ${made.length} rows, and the sample ${expected.length}`;
  const names = Object.keys(expected.schema.types);
  for (let i = 0; i < made.length; i++) {
    const [right, given] = [expected.row(i), made.row(i)] as Record<string, unknown>[];
    const name = names.find((name) => !isSame(right![name], given![name]));
    if (name !== undefined) {
      return `"${name}" of row ${i} is ${String(given![name])}, and in the sample ${String(right![name])}`;
    }
  }
  return undefined;
}

function isSame(a: unknown, b: unknown): boolean {
  if (!ArrayBuffer.isView(a) || !ArrayBuffer.isView(b)) return Object.is(a, b);
  const [left, right] = [a, b] as unknown as ArrayLike<unknown>[];
  return left!.length === right!.length && Array.from(left!).every((value, k) => Object.is(value, right![k]));
}
