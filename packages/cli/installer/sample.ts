/**
 * Samples of a plugin's work, in the sandbox: {@linkcode runSample}, {@linkcode checkConformance}.
 * @module
 */
import { join } from "node:path";
import { decodeTable } from "@millrace/core/arrow";
import type { Table } from "@millrace/core/table";
import { testPlugin } from "@millrace/core/testing";
import { runGolden, sandboxedPlugin, type VendoredPlugin } from "@millrace/executor/sandbox";

import { rowsFor } from "./conformance_rows.ts";

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
  const at = (path: string) => join(vendored.folder, path);
  return (await runGolden(vendored, at(input), at(output))).difference;
}

/**
 * Run the conformance suite of plugins with a plugin in its sandbox: any chunking, any order. Its rows are those of its sample, or
 * else of {@linkcode rowsFor}.
 *
 * @returns Where the rows were from, or why there were none.
 * @throws {Error} When results depend on the chunking, or a law is broken: says which.
 */
export async function checkConformance(
  vendored: VendoredPlugin,
  sample: Pick<Sample, "input"> | null,
): Promise<{ readonly from: string } | { readonly skipped: string }> {
  await using plugin = await sandboxedPlugin(vendored);
  const trials = { chunkings: 8, ranges: 4 };
  if (sample) {
    using given = await readTable(vendored, sample.input);
    await testPlugin(plugin, { inputs: { [plugin.dependsOn[0]!]: given }, ...trials });
    return { from: "its sample" };
  }
  const rows = await rowsFor(plugin);
  if (typeof rows === "string") return { skipped: rows };
  const { from, ...given } = rows;
  try {
    await testPlugin(plugin, { ...given, ...trials });
  } catch (cause) {
    throw new Error(
      `On ${from}: ${(cause as Error).message}; correct it, or name a sample as "golden" in deno.json`,
      { cause },
    );
  }
  return { from };
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
