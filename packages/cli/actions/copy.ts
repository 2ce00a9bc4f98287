/**
 * `millrace copy` and `millrace rechunk`.
 * @module
 */
import { FolderStore, openHeld, ResultChangedError, type StoredResult } from "@millrace/core/store";
import { formatBytes, parseBytes, parseTime } from "@millrace/core/units";
import { usage, UsageError } from "../errors.ts";
import { interruptible } from "../interrupt.ts";
import type { Io } from "../io.ts";
import { openResult, openStore, selectResults } from "./_results.ts";

/** How often a result may be replaced before `rechunk` gives it up. */
const TRIES = 10;

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
 * @throws {UsageError} Without a place to copy to, or with the store itself for it.
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
  if (await isSame(folder, to)) {
    throw new UsageError(`Cannot copy "${folder}" into itself: give another folder with --to`);
  }
  const target = new FolderStore(to);
  const verify = whole ?? false;
  const copied: Record<string, unknown>[] = [];
  await interruptible(io, async (signal) => {
    const found = await selectResults(store, runId, type);
    for (const { meta, runId, dataType, problem } of found) {
      if (problem !== undefined) throw new Error(problem);
      const key = meta && { runId, dataType, lineageHash: meta.lineageHash };
      using opened = key && await openHeld(() => store.open(key));
      if (!opened) {
        io.err(`${runId}/${dataType} is not complete and was left out\n`);
        continue;
      }
      const { result } = opened;
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

/** Whether two paths lead to one folder; the second may not be there yet. */
async function isSame(folder: string, other: string): Promise<boolean> {
  try {
    return await Deno.realPath(folder) === await Deno.realPath(other);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
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
  const [before, after] = await interruptible(
    io,
    (signal) => rechunk(store.root, () => openResult(store, runId, type), { bytes, spanPs }, signal),
  );
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

/** The result before, and as it is now. What took its place before it could be written anew is taken instead. */
async function rechunk(
  root: string,
  open: () => Promise<StoredResult>,
  target: { readonly bytes: number; readonly spanPs: bigint },
  signal: AbortSignal,
): Promise<readonly [before: StoredResult, after: StoredResult]> {
  for (let tries = 1;; tries++) {
    const result = await open(), { runId, dataType, lineageHash, codec } = result.meta;
    const store = new FolderStore(root, { codec });
    await using writer = await store.writer({ runId, dataType }, result.meta, { target });
    // Nobody else writes it from here on.
    const there = await store.open({ runId, dataType, lineageHash });
    if (there?.meta.id !== result.meta.id) {
      if (tries < TRIES) continue;
      throw new ResultChangedError(
        `Cannot rechunk ${runId}/${dataType}: each of ${TRIES} times it was replaced or removed before it could be written; try ` +
          "again when fewer write it",
      );
    }
    for await (using chunk of result.read()) {
      signal.throwIfAborted();
      await writer.write(chunk);
    }
    return [result, await writer.finish()];
  }
}
