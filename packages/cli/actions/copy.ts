/**
 * `millrace copy` and `millrace rechunk`.
 * @module
 */
import { FolderStore, type StoredResult } from "@millrace/core/store";
import { formatBytes, parseBytes, parseTime } from "@millrace/core/units";
import { usage, UsageError } from "../errors.ts";
import { interruptible } from "../interrupt.ts";
import type { Io } from "../io.ts";
import { openResult, openStore, selectResults } from "./_results.ts";

/** Options of `millrace copy`. */
export interface CopySettings {
  /** Folder of the other store. */
  readonly to?: string | undefined;
  /** Compare the checksums of what is there already. */
  readonly verify?: true | undefined;
  /** As JSON. */
  readonly json?: true | undefined;
}

/** Options of `millrace rechunk`. */
export interface RechunkSettings {
  /** Bytes a chunk. */
  readonly size?: string | undefined;
  /** Longest time a chunk. */
  readonly span?: string | undefined;
  /** As JSON. */
  readonly json?: true | undefined;
}

/**
 * Copy complete results into another store, checking every byte that is copied; what is there already is left as it is.
 *
 * @throws {UsageError} Without a place to copy to.
 * @throws {Error} On what is not there or damaged.
 */
export async function copyAction(
  folder: string,
  runId: string | undefined,
  type: string | undefined,
  { to, verify: whole, json }: CopySettings,
  io: Io,
): Promise<void> {
  if (to === undefined) throw new UsageError("Cannot tell where to copy to: give a folder with --to");
  const store = await openStore(folder);
  const target = new FolderStore(to);
  const verify = whole ?? false;
  const copied: Record<string, unknown>[] = [];
  await interruptible(io, async (signal) => {
    const found = await selectResults(store, runId, type);
    for (const { meta, runId, dataType, problem } of found) {
      if (problem !== undefined) throw new Error(problem);
      const result = meta && await store.open({ runId, dataType, lineageHash: meta.lineageHash });
      if (!result) {
        io.err(`${runId}/${dataType} is not complete and was left out\n`);
        continue;
      }
      const { result: { folder: place, meta: { bytes } }, ...done } = await target.copy(result, {
        signal,
        verify,
      });
      const { lineageHash } = result.meta;
      copied.push({ runId, dataType, lineageHash, bytes, copied: done, folder: place });
      const how = done.files > 0
        ? `${formatBytes(done.bytes)} copied to ${place}`
        : `${formatBytes(bytes)} ${verify ? "are intact" : "were there already"} in ${place}`;
      if (!json) io.out(`${runId}/${dataType}: ${how}\n`);
    }
  });
  if (json) io.out(`${JSON.stringify(copied, null, 2)}\n`);
}

/**
 * Write a result anew in chunks of another size: the same rows of the same lineage.
 *
 * @throws {UsageError} On a size that is none.
 * @throws {Error} On what is not there or damaged; the result stays as it was then.
 */
export async function rechunkAction(
  folder: string,
  runId: string,
  type: string,
  { size, span, json }: RechunkSettings,
  io: Io,
): Promise<void> {
  const bytes = usage(() => parseBytes(size ?? "8MiB"));
  const spanPs = usage(() => parseTime(span ?? "60s"));
  const store = await openStore(folder);
  const before = await openResult(store, runId, type);
  const same = new FolderStore(store.root, { codec: before.meta.codec });
  const after = await interruptible(io, (signal) => rechunk(same, before, { bytes, spanPs }, signal));
  const counts = { before: before.chunks.length, after: after.chunks.length };
  if (json) {
    const { dataType, lineageHash, rows } = after.meta;
    io.out(
      `${
        JSON.stringify({ runId, dataType, lineageHash, rows, chunks: counts, folder: after.folder }, null, 2)
      }\n`,
    );
  } else io.out(`${runId}/${after.meta.dataType}: ${counts.after} chunks, ${counts.before} before\n`);
}

async function rechunk(
  store: FolderStore,
  result: StoredResult,
  target: { readonly bytes: number; readonly spanPs: bigint },
  signal: AbortSignal,
): Promise<StoredResult> {
  const { runId, dataType } = result.meta;
  await using writer = await store.writer({ runId, dataType }, result.meta, { target });
  for await (using chunk of result.read()) {
    signal.throwIfAborted();
    await writer.write(chunk);
  }
  return await writer.finish();
}
