/**
 * `millrace lineage`.
 * @module
 */
import { compareLineages, type Json, type Lineage } from "@millrace/core/lineage";
import type { StoredResult } from "@millrace/core/store";
import { UsageError } from "../errors.ts";
import type { Io } from "../io.ts";
import { textTable } from "../render/table.ts";
import { ancestry } from "./_lineage.ts";
import { openResult, openStore } from "./_results.ts";

/** Options of `millrace lineage`. */
export interface LineageSettings {
  /** The other result: `RUN/TYPE`, or `TYPE` of the same run. */
  readonly compare?: string | undefined;
  /** As JSON. */
  readonly json?: true | undefined;
}

/**
 * Tell what a result was made by, or in what two differ.
 *
 * @throws {UsageError} On a second result that is not named.
 * @throws {Error} On what is not there.
 */
export async function lineageAction(
  folder: string,
  runId: string,
  type: string,
  { compare, json }: LineageSettings,
  io: Io,
): Promise<void> {
  const store = await openStore(folder);
  const result = await openResult(store, runId, type);
  if (compare === undefined) {
    io.out(json ? `${JSON.stringify(result.meta.lineage, null, 2)}\n` : text(result));
    return;
  }
  const parts = compare.split("/");
  if (parts.length > 2 || parts.includes("")) {
    throw new UsageError(
      `Cannot compare with "${compare}": give RUN/TYPE, or TYPE of the same run, with @HASH for a lineage`,
    );
  }
  const other = await openResult(store, parts.length === 2 ? parts[0]! : runId, parts.at(-1)!);
  const differences = compareLineages(result.meta.lineage, other.meta.lineage);
  if (json) io.out(`${JSON.stringify(differences, null, 2)}\n`);
  else if (differences.length === 0) io.out("The same lineage\n");
  else {
    const titles = ["", label(result), label(other)].map((title) => ({ title }));
    io.out(
      textTable(titles, differences.map(({ what, first, second }) => [what, shown(first), shown(second)])),
    );
  }
}

const label = ({ meta: { runId, dataType, lineageHash } }: StoredResult) =>
  `${runId}/${dataType}@${lineageHash.slice(0, 12)}`;
const shown = (value: Json | undefined): string => value === undefined ? "-" : JSON.stringify(value);

/** What made each data type, nearest first. */
function text({ meta }: StoredResult): string {
  const parts = [...ancestry(meta.lineage).values()].map(
    ({ dataType, plugin, version, options, input, dependsOn }: Lineage) => {
      const from = Object.keys(dependsOn);
      const lines = [
        `${dataType}: ${plugin} ${version}${from.length > 0 ? ` from ${from.join(", ")}` : ""}`,
        ...Object.entries(options).map(([name, value]) => `  ${name} = ${JSON.stringify(value)}`),
        ...(input === null ? [] : [`  input = ${JSON.stringify(input)}`]),
      ];
      return `${lines.join("\n")}\n`;
    },
  );
  return `${label({ meta } as StoredResult)}\n\n${parts.join("\n")}`;
}
