// Which results a command is about.
import { didYouMean } from "@millrace/core/config";
import {
  FolderStore,
  openHeld,
  SHOWN_HASH,
  type StoredResult,
  type StoredSummary,
} from "@millrace/core/store";
import { formatBytes, formatTime } from "@millrace/core/units";
import { UsageError } from "../errors.ts";
import { formatCount } from "../render/numbers.ts";
import { textTable } from "../render/table.ts";
import { listOf } from "../session.ts";

/** The hash of a result's lineage, or its beginning, as the folder says it, where its metadata cannot be read. */
export function hashOf({ lineageHash, folder, dataType }: StoredSummary): string | undefined {
  if (lineageHash !== undefined) return lineageHash;
  const name = folder.slice(folder.lastIndexOf("/") + 1);
  return name.startsWith(`${dataType}-`) ? name.slice(dataType.length + 1) : undefined;
}

/** The store in a folder. @throws {Error} When there is no such folder. */
export async function openStore(folder: string): Promise<FolderStore> {
  let info: Deno.FileInfo;
  try {
    info = await Deno.stat(folder);
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
    throw new Error(`Cannot open the store "${folder}": there is no such folder; check the path`);
  }
  if (!info.isDirectory) throw new Error(`Cannot open the store "${folder}": it is a file; give a folder`);
  return new FolderStore(folder);
}

/** Results of a store by run and data type, the latter as `hits` or, of one lineage, `hits@4f1a`. */
export async function selectResults(
  store: FolderStore,
  runId?: string,
  type?: string,
): Promise<StoredSummary[]> {
  const all = await store.list();
  if (all.length === 0) {
    throw new Error(
      `"${store.root}" is no store: there is no result in it; is it raw data? See millrace run --help`,
    );
  }
  if (runId === undefined) return all;
  const ofRun = all.filter((summary) => summary.runId === runId);
  if (ofRun.length === 0) {
    const runs = [...new Set(all.map((summary) => summary.runId))];
    const there = `its runs are ${runs.join(", ")}`;
    throw new Error(`Cannot find run "${runId}" in "${store.root}"${didYouMean(runId, runs, there)}`);
  }
  if (type === undefined) return ofRun;
  const [dataType = "", hash = ""] = type.split("@");
  const found = ofRun.filter((summary) =>
    summary.dataType === dataType && (hash === "" || hashOf(summary)?.startsWith(hash))
  );
  if (found.length > 0) return found;
  const named = (one: StoredSummary) =>
    hash === "" ? one.dataType : `${one.dataType}@${one.lineageHash?.slice(0, SHOWN_HASH) ?? "?"}`;
  const types = [...new Set(ofRun.map(named))];
  throw new Error(
    `Cannot find "${type}" of run "${runId}"${
      didYouMean(type, types, `"${store.root}" has of it ${types.join(", ")}`)
    }`,
  );
}

/** One complete result: of several lineages the last one that was finished. It may be replaced before it is read. */
export async function openResult(store: FolderStore, runId: string, type: string): Promise<StoredResult> {
  const found = await selectResults(store, runId, type);
  const problem = found.find((summary) => summary.problem !== undefined)?.problem;
  const complete = found.filter((summary) => summary.meta);
  const newest = complete.toSorted((a, b) => a.meta!.created < b.meta!.created ? -1 : 1).at(-1);
  const result = newest && await store.open({ ...newest.meta!, lineageHash: newest.meta!.lineageHash });
  if (result) return result;
  if (problem !== undefined) throw new Error(problem);
  throw new Error(
    `Cannot open "${type}" of run "${runId}": it is not complete; millrace run goes on with it`,
  );
}

/** Results that are read as they are until they are disposed of. */
export interface OpenResults extends Disposable {
  /** One a type, in their order. */
  readonly results: readonly StoredResult[];
}

/** Results of one run whose columns go side by side, their types separated by commas. */
export async function openResults(store: FolderStore, runId: string, types: string): Promise<OpenResults> {
  const names = listOf(types);
  if (names.length === 0) throw new UsageError("Cannot tell which data type: its name is empty");
  using opened = new DisposableStack();
  const results: StoredResult[] = [];
  for (const type of names) {
    results.push(opened.use(await openHeld(() => openResult(store, runId, type))).result);
  }
  const all = opened.move();
  return { results, [Symbol.dispose]: () => all.dispose() };
}

/** What a result is, in one word. */
export function stateOf({ meta, partial }: StoredSummary): "complete" | "incomplete" | "unreadable" {
  return meta ? "complete" : partial ? "incomplete" : "unreadable";
}

/** When a result was finished or begun; empty where that is not known. */
export const createdOf = ({ meta, partial }: StoredSummary): string =>
  meta?.created ?? partial?.created ?? "";

/** Results as JSON. */
export function resultJson(summary: StoredSummary): Record<string, unknown> {
  const { runId, dataType, lineageHash = null, folder, meta, partial, problem } = summary;
  const known = meta ?? partial;
  return {
    runId,
    dataType,
    lineageHash,
    state: stateOf(summary),
    folder,
    rows: known?.rows ?? null,
    bytes: known?.bytes ?? null,
    start: meta ? String(meta.start) : null,
    end: known?.end === undefined ? null : String(known.end),
    created: createdOf(summary) || null,
    ...(problem === undefined ? {} : { problem }),
  };
}

/** Results as a table. */
export function resultTable(summaries: readonly StoredSummary[]): string {
  const right = true;
  const table = textTable(
    [
      { title: "run" },
      { title: "type" },
      { title: "lineage" },
      { title: "state" },
      { title: "rows", right },
      { title: "size", right },
      { title: "from", right },
      { title: "to", right },
      { title: "created" },
    ],
    summaries.map((summary) => {
      const { runId, dataType, lineageHash = "?", meta, partial } = summary;
      const known = meta ?? partial;
      return [
        runId,
        dataType,
        lineageHash.slice(0, SHOWN_HASH),
        stateOf(summary),
        known ? formatCount(known.rows) : "-",
        known ? formatBytes(known.bytes) : "-",
        meta ? formatTime(meta.start) : "-",
        known?.end === undefined ? "-" : formatTime(known.end),
        createdOf(summary) || "-",
      ];
    }),
  );
  return table +
    summaries.flatMap(({ problem }) => problem === undefined ? [] : [`Problem: ${problem}\n`]).join("");
}

/** Bytes of all files in a folder, whatever they are; what somebody takes away meanwhile is not counted. */
export async function bytesIn(folder: string): Promise<{ files: number; bytes: number }> {
  let files = 0, bytes = 0;
  for (const { name, isDirectory } of await ifThere(Array.fromAsync(Deno.readDir(folder))) ?? []) {
    if (isDirectory) {
      const inner = await bytesIn(`${folder}/${name}`);
      files += inner.files;
      bytes += inner.bytes;
    } else {
      const file = await ifThere(Deno.lstat(`${folder}/${name}`));
      if (!file) continue;
      files++;
      bytes += file.size;
    }
  }
  return { files, bytes };
}

async function ifThere<T>(promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
