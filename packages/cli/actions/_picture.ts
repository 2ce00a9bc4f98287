// A stored waveform and its hits as a picture.
import { type FolderStore, openHeld, type StoredResult, type StoredSummary } from "@millrace/core/store";
import type { Schema } from "@millrace/core/schema";
import type { RowValue, Table } from "@millrace/core/table";
import { formatTime } from "@millrace/core/units";
import { unitOf } from "../catalog.ts";
import { UsageError } from "../errors.ts";
import type { Io } from "../io.ts";
import { sameOrigin } from "./_lineage.ts";
import { drawWaveform, type PictureHit } from "../picture.ts";

/** Columns by which a data type is known to hold hits of records. */
const HIT_COLUMNS = ["record_id", "edge_start", "edge_end", "position"];
/** Names of the column with the samples of a row, in the two plugin sets. */
const SAMPLE_COLUMNS = ["wave", "data"];
/** The one that is taken first where several do. */
const FIRST_CHOICE = "hit_threshold";

/** What to draw. */
export interface PictureRequest {
  /** Number of the row in the time range, or the first with samples. */
  readonly row: number | "first";
  /** Which rows are counted. */
  readonly timeRange: [bigint, bigint] | undefined;
  /** What else is stored of the run. */
  readonly hits: readonly StoredSummary[];
  /** What the screen can show. */
  readonly io: Pick<Io, "outScreen" | "color" | "unicode">;
  /** Ends the reading. */
  readonly signal: AbortSignal;
}

/** A picture, and what else is to be said. */
export interface StoredPicture {
  /** The picture. */
  readonly text: string;
  /** Why hits that are there were not drawn. */
  readonly note: string | undefined;
}

/** Draw a row of a stored result. @throws {UsageError} When the type has no samples or there is no such row. */
export async function drawStored(
  store: FolderStore,
  result: StoredResult,
  request: PictureRequest,
): Promise<StoredPicture> {
  const { runId, dataType, schema } = result.meta;
  const column = sampleColumn(schema, dataType);
  const found = await findRow(result, column, request);
  const { samples, time, step, recordId, row } = found;
  const end = time + BigInt(Math.ceil((step.dt ?? 0) * samples.length));
  const types = recordId === undefined || step.dt === undefined ? [] : hitTypes(request.hits);
  const fitting = types.filter(({ meta }) => sameOrigin(result.meta.lineage, meta!.lineage));
  const type = fitting.find(({ dataType }) => dataType === FIRST_CHOICE) ?? fitting[0];
  using stored = type && await openHeld(() => store.open(type));
  const hits = stored ? await hitsOf(stored.result, request, recordId!, [time, end], samples.length) : [];
  const note = types.length > 0 && !type
    ? `No hits are drawn: ${types.map((other) => other.dataType).join(", ")} of ${runId} ` +
      `was made in another way than ${dataType}; run both again with the same options`
    : undefined;
  const where = "channel" in row
    ? `, ${"board" in row ? `board ${row.board}, ` : ""}channel ${row.channel}`
    : "";
  const id = recordId === undefined ? "" : `, record ${recordId}`;
  const unit = await unitOf(dataType, schema, column);
  const isSpectrum = step.df !== undefined;
  const text = drawWaveform(isSpectrum ? samples.map((power) => 10 * Math.log10(power)) : samples, {
    ...step,
    hits,
    unit: isSpectrum ? "dB" : unit,
    title: `${dataType} of ${runId}: ${formatTime(time, { exact: true })}${where}${id}${
      isSpectrum ? `, in dB of 1 ${unit || column}` : ""
    }`,
    width: Math.max(Math.min(request.io.outScreen.columns, 100), 24),
    unicode: request.io.unicode,
    color: request.io.color,
  });
  return { text, note };
}

/** The column of a waveform: that of the usual name, else the only one with several values a row. */
function sampleColumn(schema: Schema, dataType: string): string {
  const several = schema.columns.filter(({ kind }) => kind === "ragged" || kind === "fixed").map(({ name }) =>
    name
  );
  const usual = SAMPLE_COLUMNS.find((name) => several.includes(name));
  if (usual !== undefined) return usual;
  if (several.length === 1) return several[0]!;
  const why = several.length === 0
    ? "it has no column of samples"
    : `which of its columns ${several.join(", ")} has the samples is not known, for none is named ${
      SAMPLE_COLUMNS.join(" or ")
    }`;
  throw new UsageError(`Cannot draw "${dataType}": ${why}; draw a type that has, such as records`);
}

function hitTypes(summaries: readonly StoredSummary[]): StoredSummary[] {
  return summaries.filter(({ meta }) =>
    meta && HIT_COLUMNS.every((name) => Object.hasOwn(meta.schema.types, name))
  );
}

interface Found {
  readonly samples: Float64Array;
  readonly time: bigint;
  /** Distance of the samples: ps, or Hz of a spectrum. */
  readonly step: { readonly dt: number; readonly df?: never } | { readonly df: number; readonly dt?: never };
  readonly recordId: bigint | undefined;
  readonly row: Readonly<Record<string, RowValue>>;
}

async function findRow(result: StoredResult, column: string, request: PictureRequest): Promise<Found> {
  const { timeRange, signal } = request;
  let before = 0;
  for await (const chunk of result.read(timeRange ? { timeRange } : {})) {
    using table = chunk.table;
    signal.throwIfAborted();
    const first = request.row === "first" ? 0 : request.row - before;
    const last = request.row === "first" ? table.length : Math.min(first + 1, table.length);
    for (let i = first; i < last; i++) {
      const found = rowOf(table, i, column);
      if (found.samples.length > 0) return found;
      if (request.row !== "first") throw new UsageError(`Cannot draw row ${request.row}: it has no samples`);
    }
    before += table.length;
  }
  const what = request.row === "first" ? "a row with samples" : `row ${request.row}`;
  throw new UsageError(
    `Cannot draw ${what} of "${result.meta.dataType}": there are ${before} rows${
      timeRange ? " in this time range" : ""
    }`,
  );
}

function rowOf(table: Table, i: number, column: string): Found {
  const row = table.row(i);
  const wave = row[column] as unknown as ArrayLike<number | bigint>;
  // A fixed block is filled up behind a shorter record.
  const length = typeof row.length === "number" ? Math.min(row.length, wave.length) : wave.length;
  const samples = Float64Array.from({ length }, (_, k) => Number(wave[k]));
  const time = row.time as bigint;
  const recordId = row.record_id === undefined ? undefined : BigInt(row.record_id as number | bigint);
  if (typeof row.df === "number" && row.df > 0) return { samples, time, step: { df: row.df }, recordId, row };
  // Of a block that may be filled up, the end says nothing of a sample.
  const isWhole = "length" in row ||
    table.schema.columns.find(({ name }) => name === column)!.kind === "ragged";
  const span = isWhole && typeof row.endtime === "bigint" ? Number(row.endtime - time) : NaN;
  const dt = typeof row.dt === "number" ? row.dt : span / length;
  if (length > 0 && !(dt > 0)) {
    throw new UsageError(
      `Cannot draw "${column}": its rows say no sampling interval, neither in "dt" nor in "endtime", nor a distance of frequencies in "df"`,
    );
  }
  return { samples, time, step: { dt }, recordId, row };
}

async function hitsOf(
  result: StoredResult,
  request: PictureRequest,
  recordId: bigint,
  timeRange: [bigint, bigint],
  length: number,
): Promise<PictureHit[]> {
  const hits: PictureHit[] = [];
  for await (const chunk of result.read({ timeRange, columns: HIT_COLUMNS })) {
    using table = chunk.table;
    request.signal.throwIfAborted();
    for (let i = 0; i < table.length; i++) {
      const row = table.row(i);
      if (BigInt(row.record_id as number | bigint) !== recordId) continue;
      const [start, end, peak] = [Number(row.edge_start), Number(row.edge_end), Number(row.position)];
      // Hits that were found in other waveforms of the same number do not fit.
      if (0 <= start && start <= peak && peak < end && end <= length) hits.push({ start, end, peak });
    }
  }
  return hits;
}
