/**
 * `millrace show`.
 * @module
 */
import type { Plugin } from "@millrace/core/plugin";
import { readStored, schemaOfAll } from "@millrace/core/read-stored";
import { parseSelection } from "@millrace/core/select";
import type { Schema } from "@millrace/core/schema";
import type { FolderStore, ResultMeta, StoredResult, StoredSummary } from "@millrace/core/store";
import { formatBytes, formatTime, parseTimeRange } from "@millrace/core/units";
import { loadPlugins } from "../catalog.ts";
import { usage, UsageError } from "../errors.ts";
import { interruptible } from "../interrupt.ts";
import type { Io } from "../io.ts";
import { JsonRows } from "../render/json.ts";
import { formatCount } from "../render/numbers.ts";
import { TextRows } from "../render/rows.ts";
import { textTable } from "../render/table.ts";
import { listOf } from "../session.ts";
import { optionsSet } from "./_lineage.ts";
import { drawStored } from "./_picture.ts";
import { openResults, openStore, selectResults } from "./_results.ts";

/** Options of `millrace show`. */
export interface ShowSettings {
  /** Set of built-in plugins whose defaults are left out of a run's options. */
  readonly plugins?: string | undefined;
  /** Time range. */
  readonly time?: string | undefined;
  /** Most rows, or `all`. */
  readonly limit?: string | undefined;
  /** Selection of rows. */
  readonly where?: string | undefined;
  /** Columns, separated by commas. */
  readonly columns?: string | undefined;
  /** Draw a row: the first with samples, or that with a number. */
  readonly picture?: string | true | undefined;
  /** As JSON. */
  readonly json?: true | undefined;
  /** Say nothing but what was asked for. */
  readonly quiet?: true | undefined;
}

const DEFAULT_LIMIT = 20;
/** Characters for the options of a result in a list. */
const MOST_OPTIONS = 60;

/**
 * Print the runs of a store, the data types of a run, or rows.
 *
 * @throws {UsageError} On options that cannot be followed.
 * @throws {Error} On a store, run or data type that is not there, and on damaged files.
 */
export async function showAction(
  folder: string,
  runId: string | undefined,
  dataType: string | undefined,
  settings: ShowSettings,
  io: Io,
): Promise<void> {
  const timeRange = settings.time === undefined ? undefined : usage(() => parseTimeRange(settings.time!));
  const limit = limitOf(settings.limit, settings.json ? Infinity : DEFAULT_LIMIT);
  const picture = pictureOf(settings.picture);
  if (dataType === undefined) refuseRowOptions(settings);
  if (picture !== undefined && settings.json) {
    throw new UsageError("Cannot draw a picture as JSON: give --picture or --json");
  }
  const store = await openStore(folder);
  if (runId === undefined || dataType === undefined) return await list(store, runId, settings, io);
  using opened = await openResults(store, runId, dataType);
  const { results } = opened;
  const all = usage(() => schemaOfAll(results));
  const columns = settings.columns === undefined ? undefined : listOf(settings.columns);
  if (columns) checkColumns(all, dataType, columns);
  if (settings.where !== undefined) usage(() => parseSelection(settings.where!, all));
  if (picture !== undefined && (results.length > 1 || settings.where !== undefined)) {
    throw new UsageError(
      "Cannot draw a picture of a selection or of several types: give one type and the number of a row",
    );
  }
  await interruptible(io, async (signal) => {
    if (picture !== undefined) {
      const hits = (await store.list()).filter((summary) => summary.runId === runId);
      const { text, note } = await drawStored(store, results[0]!, {
        row: picture,
        timeRange,
        hits,
        io,
        signal,
      });
      io.out(text);
      if (note !== undefined && !settings.quiet) io.err(`${note}\n`);
    } else await rows(results, { timeRange, limit, columns, settings, io, signal });
  });
}

function limitOf(text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  if (text === "all") return Infinity;
  if (/^\d+$/.test(text) && Number.isSafeInteger(Number(text))) return Number(text);
  throw new UsageError(`Cannot use "${text}" as --limit: give a whole number of rows, or all`);
}

function pictureOf(value: string | true | undefined): number | "first" | undefined {
  if (value === undefined) return undefined;
  if (value === true) return "first";
  if (/^\d+$/.test(value) && Number.isSafeInteger(Number(value))) return Number(value);
  throw new UsageError(`Cannot draw row "${value}": give the number of a row, counted from 0`);
}

function refuseRowOptions(settings: ShowSettings): void {
  for (const name of ["where", "time", "limit", "columns", "picture"] as const) {
    if (settings[name] === undefined) continue;
    throw new UsageError(`Cannot use --${name} without a data type: give store, run and type`);
  }
}

/** @throws {UsageError} On a column that there is not. */
export function checkColumns(all: Schema, dataType: string, columns: readonly string[]): void {
  const names = all.columns.map(({ name }) => name);
  const unknown = columns.find((column) => !names.includes(column));
  if (unknown !== undefined || columns.length === 0) {
    throw new UsageError(
      `Cannot show the column "${unknown ?? ""}" of "${dataType}": there is none; there are ${
        names.join(", ")
      }`,
    );
  }
}

async function list(
  store: FolderStore,
  runId: string | undefined,
  { json, plugins: set }: ShowSettings,
  io: Io,
): Promise<void> {
  const shown = await selectResults(store, runId);
  const plugins = json || runId !== undefined ? await loadPlugins([], set) : undefined;
  if (json) io.out(`${JSON.stringify(shown.map((one) => summaryJson(one, plugins!)), null, 2)}\n`);
  else io.out(listText(shown, plugins));
}

// With plugins, also the options that differ from their defaults.
function listText(summaries: readonly StoredSummary[], plugins: readonly Plugin[] | undefined): string {
  const right = true;
  const table = textTable(
    [
      { title: "run" },
      { title: "type" },
      { title: "rows", right },
      { title: "size", right },
      { title: "from", right },
      { title: "to", right },
      { title: "created" },
      ...(plugins ? [{ title: "options" }] : []),
    ],
    summaries.map(({ runId, dataType, meta, partial }) =>
      meta
        ? [
          runId,
          dataType,
          formatCount(meta.rows),
          formatBytes(meta.bytes),
          formatTime(meta.start),
          formatTime(meta.end),
          meta.created,
          ...(plugins ? [optionsText(meta, plugins)] : []),
        ]
        : [runId, dataType, partial ? "incomplete" : "unreadable"]
    ),
  );
  const notes = summaries.flatMap(({ runId, dataType, meta, problem }) => [
    ...(meta?.notices ?? []).map((notice) => `Note on ${runId}/${dataType}: ${notice}\n`),
    ...(problem === undefined ? [] : [`Problem: ${problem}\n`]),
  ]);
  return [table, ...new Set(notes)].join("");
}

/** Options that were set, a result's own by their names alone, in few characters. */
function optionsText({ dataType, lineage }: ResultMeta, plugins: readonly Plugin[]): string {
  const own = `${dataType}.`;
  const parts = Object.entries(optionsSet(lineage, plugins)).map(([key, value]) =>
    `${key.startsWith(own) ? key.slice(own.length) : key}=${
      typeof value === "string" ? value : JSON.stringify(value)
    }`
  );
  const text = parts.join(", ");
  return text === "" ? "-" : text.length > MOST_OPTIONS ? `${text.slice(0, MOST_OPTIONS - 3)} ..` : text;
}

function summaryJson(
  { runId, dataType, meta, partial, problem }: StoredSummary,
  plugins: readonly Plugin[],
): Record<string, unknown> {
  if (!meta) return { runId, dataType, problem: problem ?? (partial ? "it is not complete" : "") };
  const { dataKind, rows, bytes, start, end, created, lineageHash, notices, schema } = meta;
  const [from, to] = [String(start), String(end)];
  return {
    runId,
    dataType,
    dataKind,
    rows,
    bytes,
    start: from,
    end: to,
    created,
    lineageHash,
    options: optionsSet(meta.lineage, plugins),
    notices,
    columns: schema.types,
  };
}

const span = (start: bigint, end: bigint) => `${formatTime(start)} .. ${formatTime(end)}`;

interface RowRequest {
  readonly timeRange: [bigint, bigint] | undefined;
  readonly limit: number;
  readonly columns: readonly string[] | undefined;
  readonly settings: ShowSettings;
  readonly io: Io;
  readonly signal: AbortSignal;
}

async function rows(results: readonly StoredResult[], request: RowRequest): Promise<void> {
  const { timeRange, limit, columns, settings, io, signal } = request;
  const { where } = settings;
  const names = columns ?? schemaOfAll(results).columns.map(({ name }) => name);
  const write = (text: string) => io.out(text);
  const printer = settings.json ? new JsonRows(write) : new TextRows(write);
  let shown = 0, more = false;
  const chunks = readStored(results, { ...(timeRange ? { timeRange } : {}), where, columns });
  for await (const chunk of chunks) {
    using table = chunk.table;
    signal.throwIfAborted();
    const count = Math.min(table.length, limit - shown);
    more = count < table.length;
    printer.add(table, count, names);
    shown += count;
    if (more) break;
  }
  printer.end();
  if (settings.json || settings.quiet) return;
  if (shown === 0 && !more) {
    const { runId, start, end } = results[0]!.meta;
    const unit = /[a-zµ]/i.test(settings.time ?? "s") ? "" : "; numbers without a unit are picoseconds";
    const place = timeRange ? ` in this time range: ${runId} is ${span(start, end)}${unit}` : "";
    io.err(`No rows${where === undefined ? "" : " for this selection"}${place}\n`);
  }
  if (more && limit > 0) io.err("There are more rows: --limit all shows them\n");
}
