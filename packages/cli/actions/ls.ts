/**
 * `millrace ls` and `millrace info`.
 * @module
 */
import type { Io } from "../io.ts";
import { formatCount } from "../render/numbers.ts";
import { formatBytes, formatTime } from "@millrace/core/units";
import { openStore, resultJson, resultTable, selectResults, stateOf } from "./_results.ts";

/** Options of both. */
export interface ListSettings {
  /** As JSON. */
  readonly json?: true | undefined;
}

/** List the results of a store, of a run, or of a data type. @throws {Error} On what is not there. */
export async function lsAction(
  folder: string,
  runId: string | undefined,
  type: string | undefined,
  { json }: ListSettings,
  io: Io,
): Promise<void> {
  const found = await selectResults(await openStore(folder), runId, type);
  io.out(json ? `${JSON.stringify(found.map(resultJson), null, 2)}\n` : resultTable(found));
}

/** Tell all that is known of a result, of all lineages that it has. @throws {Error} On what is not there. */
export async function infoAction(
  folder: string,
  runId: string,
  type: string,
  { json }: ListSettings,
  io: Io,
): Promise<void> {
  const store = await openStore(folder);
  const all: Record<string, unknown>[] = [];
  const texts: string[] = [];
  for (const summary of await selectResults(store, runId, type)) {
    const { meta, partial, problem, lineageHash } = summary;
    const chunks = meta
      ? (await store.open({ runId, dataType: meta.dataType, lineageHash: meta.lineageHash }))?.chunks
        .length ?? 0
      : null;
    all.push({
      ...resultJson(summary),
      chunks,
      ...(meta && {
        dataKind: meta.dataKind,
        longestRow: String(meta.longestRow),
        target: meta.target ? { bytes: meta.target.bytes, spanPs: String(meta.target.spanPs) } : null,
        notices: meta.notices,
        columns: meta.schema.types,
        lineage: meta.lineage,
      }),
    });
    const known = meta ?? partial;
    const facts: [string, string | undefined][] = [
      ["result", `${runId}/${summary.dataType}`],
      ["state", stateOf(summary)],
      ["folder", summary.folder],
      ["lineage", lineageHash],
      ["rows", known && formatCount(known.rows)],
      ["size", known && formatBytes(known.bytes)],
      ["chunks", chunks === null ? undefined : formatCount(chunks)],
      ["time", meta && `${formatTime(meta.start)} .. ${formatTime(meta.end)}`],
      ["complete up to", partial?.end === undefined ? undefined : formatTime(partial.end)],
      ["longest row", meta && formatTime(meta.longestRow)],
      ["kind", meta?.dataKind],
      [meta ? "created" : "begun", known?.created],
      ["problem", problem],
      ["note", meta?.notices.join("; ") || undefined],
      [
        "columns",
        meta && Object.entries(meta.schema.types).map(([name, what]) => `${name} ${what}`).join(", "),
      ],
    ];
    const lines = facts.flatMap(([name, value]) =>
      value === undefined ? [] : [`${name.padEnd(16)}${value}\n`]
    );
    texts.push(lines.join(""));
  }
  io.out(json ? `${JSON.stringify(all, null, 2)}\n` : texts.join("\n"));
}
