/**
 * The golden sample of a plugin: what it makes of a stored chunk, in its sandbox, against what its author says it makes.
 * @module
 */
import { decodeChunk } from "@millrace/core/arrow";
import type { Chunk } from "@millrace/core/chunk";
import { Context } from "@millrace/core/context";
import type { RowValue, Table } from "@millrace/core/table";
import { tableSource } from "@millrace/core/table-source";
import { type SandboxedPlugin, sandboxedPlugin, type SandboxOptions } from "./sandboxed_plugin.ts";
import type { VendoredPlugin } from "./types.ts";

/** What came of a golden sample. */
export interface GoldenResult {
  /** Whether every value is the same, bit by bit. */
  readonly passed: boolean;
  /** The first difference, in words. */
  readonly difference: string | undefined;
  /** Rows that the plugin made. */
  readonly rows: number;
}

/**
 * Runs a plugin in a sandbox on a stored chunk (an Arrow file as the store writes it), with its default options, and
 * compares with another one. The chunks name their data types: that of the input is the one that the plugin depends on,
 * that of the output one that it provides.
 *
 * @throws {TypeError} When the files are no chunks of the plugin's data types, or it depends on several.
 * @throws {PipelineError} When the plugin fails, with a `SandboxViolation` as its cause where it passes a limit.
 *
 * @example
 * ```ts ignore
 * const { passed, difference } = await runGolden(vendored, "./golden/records.arrow", "./golden/pulse_shape.arrow");
 * if (!passed) console.error(difference);
 * ```
 */
export async function runGolden(
  vendored: VendoredPlugin,
  inputFile: string | URL,
  outputFile: string | URL,
  options: SandboxOptions = {},
): Promise<GoldenResult> {
  using input = await readChunk(vendored.name, inputFile);
  using expected = await readChunk(vendored.name, outputFile);
  await using plugin = await sandboxedPlugin(vendored, options);
  check(plugin, vendored.name, input, expected);
  await using ctx = new Context();
  ctx.register(tableSource(input.dataType, input.table), plugin);
  const made = await ctx.getData("golden", expected.dataType);
  try {
    const difference = firstDifference(made, expected.table);
    return { passed: difference === undefined, difference, rows: made.length };
  } finally {
    made.release();
  }
}

async function readChunk(plugin: string, file: string | URL): Promise<Chunk> {
  const bytes = await Deno.readFile(file);
  try {
    return await decodeChunk(bytes);
  } catch (cause) {
    throw new TypeError(
      `Cannot read the golden sample of plugin "${plugin}": ${file} is no chunk file; take one of a stored result: ${
        (cause as Error).message
      }`,
      { cause },
    );
  }
}

function check(plugin: SandboxedPlugin, name: string, input: Chunk, expected: Chunk): void {
  const [wanted, ...more] = plugin.dependsOn;
  const begin = `Cannot run the golden sample of plugin "${name}":`;
  if (more.length > 0) {
    throw new TypeError(`${begin} it depends on ${plugin.dependsOn.join(", ")}; a sample has one input`);
  }
  if (input.dataType !== wanted) {
    throw new TypeError(`${begin} its input is "${input.dataType}", the plugin depends on "${wanted}"`);
  }
  if (!plugin.provides.includes(expected.dataType)) {
    throw new TypeError(
      `${begin} its output is "${expected.dataType}", the plugin provides ${plugin.provides.join(", ")}`,
    );
  }
}

function firstDifference(made: Table, expected: Table): string | undefined {
  if (made.schema.text !== expected.schema.text) {
    return `the columns are ${made.schema.text}, expected are ${expected.schema.text}`;
  }
  for (let i = 0; i < Math.max(made.length, expected.length); i++) {
    if (i >= made.length || i >= expected.length) {
      return `there are ${made.length} rows, expected are ${expected.length}`;
    }
    const is = made.row(i) as Record<string, RowValue>, should = expected.row(i) as Record<string, RowValue>;
    for (const { name } of made.schema.columns) {
      if (same(is[name]!, should[name]!)) continue;
      return `"${name}" of row ${i} is ${text(is[name]!)}, expected is ${text(should[name]!)}`;
    }
  }
  return undefined;
}

function same(a: RowValue, b: RowValue): boolean {
  if (typeof a !== "object" || typeof b !== "object") return Object.is(a, b);
  const left = a as ArrayLike<unknown>, right = b as ArrayLike<unknown>;
  return left.length === right.length && Array.from(left).every((value, k) => Object.is(value, right[k]));
}

function text(value: RowValue): string {
  return typeof value === "object"
    ? `[${Array.from(value as ArrayLike<unknown>).slice(0, 8).join(", ")}]`
    : String(value);
}
