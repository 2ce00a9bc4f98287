/**
 * `millrace import`.
 * @module
 */
import { createHash } from "node:crypto";
import { basename } from "node:path";
import { codecOf, DEFAULT_CODEC } from "@millrace/core/codecs";
import type { FormatName } from "@millrace/core/export-rows";
import { importRows } from "@millrace/core/import-rows";
import { lineageHash } from "@millrace/core/lineage";
import { type ColumnTypes, schema as toSchema } from "@millrace/core/schema";
import { FolderStore, type Json } from "@millrace/core/store";
import { formatBytes } from "@millrace/core/units";
import { usage, UsageError } from "../errors.ts";
import { interruptible } from "../interrupt.ts";
import type { Io } from "../io.ts";
import { formatCount } from "../render/numbers.ts";
import { checkRunId } from "../run_id.ts";
import { listOf } from "../session.ts";
import { IMPORT } from "./_lineage.ts";

/** Options of `millrace import`. */
export interface ImportSettings {
  /** Name of the run. */
  readonly run: string;
  /** Name of the data type. */
  readonly type: string;
  /** Folder of the results. */
  readonly store: string;
  /** Data kind. */
  readonly kind?: string | undefined;
  /** Format of the file. */
  readonly format?: string | undefined;
  /** Types of the columns, as JSON. */
  readonly schema?: string | undefined;
  /** Columns, separated by commas. */
  readonly columns?: string | undefined;
  /** How the columns are held. */
  readonly codec?: string | undefined;
  /** Replace a result. */
  readonly replace?: true | undefined;
  /** As JSON. */
  readonly json?: true | undefined;
  /** Say nothing but errors. */
  readonly quiet?: true | undefined;
}

/**
 * Store rows of a file as a result, whose lineage names the file and its SHA-256.
 *
 * @throws {UsageError} On options that cannot be followed.
 * @throws {Error} On a file that cannot be read, or a store that cannot be written.
 */
export async function importAction(path: string, settings: ImportSettings, io: Io): Promise<void> {
  const { run: runId, type: dataType, format, columns } = settings;
  checkRunId(runId);
  const codec = usage(() => codecOf(settings.codec ?? DEFAULT_CODEC)).name;
  const schema = settings.schema === undefined ? undefined : usage(() => schemaOf(settings.schema!));
  const store = new FolderStore(settings.store, { codec });
  if (!settings.replace && await store.open({ runId, dataType })) {
    throw new UsageError(
      `Cannot import as "${dataType}" of run "${runId}": "${settings.store}" has it already; give another --type, or --replace`,
    );
  }
  const what = await interruptible(io, async (signal) => {
    const input = await fingerprint(path, signal);
    const file = await importRows(path, {
      runId,
      dataType,
      schema,
      format: format as FormatName | undefined,
      columns: columns === undefined ? undefined : listOf(columns),
    });
    const lineage = {
      dataType,
      plugin: IMPORT,
      version: "1",
      options: { columns: file.schema.types },
      input,
      dependsOn: {},
    };
    await using writer = await store.writer({ runId, dataType }, {
      schema: file.schema,
      dataKind: settings.kind ?? dataType,
      lineage,
      lineageHash: lineageHash(lineage),
    });
    for await (using chunk of file.chunks()) {
      signal.throwIfAborted();
      await writer.write(chunk);
    }
    return (await writer.finish()).meta;
  });
  const { rows, bytes } = what;
  if (settings.json) {
    io.out(`${JSON.stringify({ runId, dataType, rows, bytes, columns: what.schema.types }, null, 2)}\n`);
  } else if (!settings.quiet) {
    io.out(`${runId}/${dataType}: ${formatCount(rows)} rows, ${formatBytes(bytes)} in ${settings.store}\n`);
  }
}

function schemaOf(text: string): ReturnType<typeof toSchema> {
  try {
    return toSchema(JSON.parse(text) as ColumnTypes);
  } catch (cause) {
    throw new SyntaxError(`Cannot use ${JSON.stringify(text)} as --schema: ${(cause as Error).message}`, {
      cause,
    });
  }
}

/** What identifies the file: its name, size and content. */
async function fingerprint(path: string, signal: AbortSignal): Promise<Json> {
  let file: Deno.FsFile;
  try {
    file = await Deno.open(path);
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
    throw new Error(`Cannot import "${path}": there is no such file; check the path`, { cause });
  }
  const hash = createHash("sha256");
  let size = 0;
  for await (const part of file.readable) {
    signal.throwIfAborted();
    hash.update(part);
    size += part.length;
  }
  return { name: basename(path), size, sha256: hash.digest("hex") };
}
