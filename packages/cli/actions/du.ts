/**
 * `millrace du`.
 * @module
 */
import { SHOWN_HASH } from "@millrace/core/store";
import { formatBytes } from "@millrace/core/units";
import type { Io } from "../io.ts";
import { formatCount } from "../render/numbers.ts";
import { textTable } from "../render/table.ts";
import { bytesIn, openStore, selectResults } from "./_results.ts";

/** Tell how much space results take, with all their files, by result, run and in total. @throws {Error} On what is not there. */
export async function duAction(
  folder: string,
  runId: string | undefined,
  { json }: { readonly json?: true | undefined },
  io: Io,
): Promise<void> {
  const results: {
    runId: string;
    dataType: string;
    lineageHash: string | null;
    files: number;
    bytes: number;
  }[] = [];
  for (
    const { runId: run, dataType, lineageHash, folder: place } of await selectResults(
      await openStore(folder),
      runId,
    )
  ) {
    results.push({ runId: run, dataType, lineageHash: lineageHash ?? null, ...await bytesIn(place) });
  }
  const runs = [...Map.groupBy(results, (one) => one.runId)].map(([run, list]) => ({
    runId: run,
    ...totalOf(list),
  }));
  const total = totalOf(results);
  if (json) return io.out(`${JSON.stringify({ results, runs, total }, null, 2)}\n`);
  const right = true;
  const line = (run: string, type: string, hash: string, one: { files: number; bytes: number }) => [
    run,
    type,
    hash,
    formatCount(one.files),
    formatBytes(one.bytes),
  ];
  io.out(textTable(
    [{ title: "run" }, { title: "type" }, { title: "lineage" }, { title: "files", right }, {
      title: "size",
      right,
    }],
    [
      ...runs.flatMap((run) => [
        ...results.filter((one) => one.runId === run.runId).map((one) =>
          line(one.runId, one.dataType, one.lineageHash?.slice(0, SHOWN_HASH) ?? "?", one)
        ),
        ...(runs.length > 1 ? [line(run.runId, "all", "", run)] : []),
      ]),
      line("total", "", "", total),
    ],
  ));
}

function totalOf(list: readonly { files: number; bytes: number }[]): { files: number; bytes: number } {
  return {
    files: list.reduce((sum, { files }) => sum + files, 0),
    bytes: list.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}
