/**
 * `millrace export`.
 * @module
 */
import { exportRows, type FormatName } from "@millrace/core/export-rows";
import { readStored, schemaOfAll, schemaRead } from "@millrace/core/read-stored";
import type { Table } from "@millrace/core/table";
import { formatBytes, parseTimeRange } from "@millrace/core/units";
import { usage } from "../errors.ts";
import { interruptible } from "../interrupt.ts";
import type { Io } from "../io.ts";
import { formatCount } from "../render/numbers.ts";
import { listOf } from "../session.ts";
import { openResults, openStore } from "./_results.ts";
import { checkColumns } from "./show.ts";

/** Options of `millrace export`. */
export interface ExportSettings {
  /** The file. */
  readonly to: string;
  /** Its format. */
  readonly format?: string | undefined;
  /** Compress it. */
  readonly compress?: true | undefined;
  /** Selection of rows. */
  readonly where?: string | undefined;
  /** Time range. */
  readonly time?: string | undefined;
  /** Columns, separated by commas. */
  readonly columns?: string | undefined;
  /** As JSON. */
  readonly json?: true | undefined;
  /** Say nothing but errors. */
  readonly quiet?: true | undefined;
}

/**
 * Write rows of stored results into a file.
 *
 * @throws {UsageError} On options that cannot be followed.
 * @throws {Error} On a result that is not there, damage, and a file that cannot be written.
 */
export async function exportAction(
  folder: string,
  runId: string,
  dataType: string,
  settings: ExportSettings,
  io: Io,
): Promise<void> {
  const { to, where } = settings;
  const timeRange = settings.time === undefined ? undefined : usage(() => parseTimeRange(settings.time!));
  using opened = await openResults(await openStore(folder), runId, dataType);
  const { results } = opened;
  const columns = settings.columns === undefined ? undefined : listOf(settings.columns);
  if (columns) checkColumns(usage(() => schemaOfAll(results)), dataType, columns);
  const what = { where, columns };
  const chunks = usage(() => readStored(results, { ...what, ...(timeRange ? { timeRange } : {}) }));
  const schema = schemaRead(results, what);
  const rows = await interruptible(io, async (signal) => {
    const tables = async function* (): AsyncGenerator<Table> {
      for await (using chunk of chunks) {
        signal.throwIfAborted();
        yield chunk.table;
      }
    };
    const { format, compress } = settings;
    return await exportRows(tables(), schema, to, { format: format as FormatName | undefined, compress });
  });
  const { size } = await Deno.stat(to);
  if (settings.json) io.out(`${JSON.stringify({ runId, dataType, file: to, rows, bytes: size }, null, 2)}\n`);
  else if (!settings.quiet) io.out(`${to}: ${formatCount(rows)} rows, ${formatBytes(size)}\n`);
}
