/**
 * Checks of stored results: every byte of every file against its checksum, or the sizes of files alone.
 * @module
 */
import { BufferPool } from "../data/buffer_pool.ts";
import { openArrow } from "./_arrow_decode.ts";
import { readChecked, storageError } from "./_files.ts";
import { FolderResult, readFolder } from "./_folder_result.ts";
import { CHUNK_FILE } from "./_metadata.ts";
import { type ChunkRecord, ResultChangedError, type StoredResult, type StoredSummary } from "./types.ts";

/** What is wrong with a result. */
export interface StorageProblem {
  /** File name in the result's folder. */
  readonly file: string;
  /** Number of the chunk; absent where it is not a chunk that is damaged. */
  readonly chunk?: number;
  /** Start of that chunk, ps. */
  readonly start?: bigint;
  /** End of that chunk (excluded), ps. */
  readonly end?: bigint;
  /** What is wrong, in words. */
  readonly message: string;
}

/** What a check found. */
export interface VerifyReport {
  /** Files that were read. */
  readonly files: number;
  /** Their bytes. */
  readonly bytes: number;
  /** What is wrong; empty where nothing is. */
  readonly problems: readonly StorageProblem[];
}

const pool = new BufferPool({ maxIdle: 64 * 2 ** 20 });

/**
 * Read every file of a complete result and compare sizes, checksums and rows; files that belong to no chunk are told too. O(bytes).
 *
 * @param summary The result, as a store's `list` gives it.
 * @param signal Ends the check.
 * @throws {Error} When a file may not be read: whether it is damaged is not known then.
 * @throws {ResultChangedError} When it was replaced or removed since it was listed.
 */
export async function verifyResult(summary: StoredSummary, signal?: AbortSignal): Promise<VerifyReport> {
  const { folder } = summary;
  const problems: StorageProblem[] = [];
  let files = 2, bytes = 0;
  const listed = summary.meta && new FolderResult(folder, summary.meta, [], "always");
  using held = await listed?.hold();
  const use = <T>(work: (folder: string) => Promise<T>) => held ? held.use(work) : work(folder);
  let found;
  try {
    found = await use(readFolder);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const path = /^Cannot read "([^"]+)"/.exec(error.message)?.[1] ?? "";
    const file = /[^/\\]+$/.exec(path)?.[0] ?? "metadata.json";
    return { files, bytes, problems: [{ file, message: error.message }] };
  }
  if (!found) return { files, bytes, problems: [{ file: "metadata.json", message: "It is missing" }] };
  const { chunks, metadata: { meta } } = found;
  for (const [chunk, record] of chunks.entries()) {
    signal?.throwIfAborted();
    const { file, start, end, rows } = record;
    files++;
    try {
      const { bytes: read, handle } = await use((folder) => readChecked(`${folder}/${file}`, record, pool));
      try {
        bytes += read.length;
        const arrow = await openArrow(read, { name: file, schema: meta.schema });
        if (arrow.rows !== rows) throw new SyntaxError(`it has ${arrow.rows} rows, not ${rows}`);
      } finally {
        handle.release(false);
      }
    } catch (error) {
      if (error instanceof ResultChangedError) throw error;
      const { PermissionDenied, NotCapable } = Deno.errors;
      // What this program may not read, or fails to decode, may be intact.
      if (error instanceof PermissionDenied || error instanceof NotCapable || error instanceof TypeError) {
        throw storageError(`check "${file}"`, folder, error);
      }
      const message = error instanceof Error ? error.message : String(error);
      problems.push({ file, chunk, start, end, message });
    }
  }
  const known = new Set(["metadata.json", "journal.tsv", ...chunks.map(({ file }) => file)]);
  for (const { name } of await use((folder) => Array.fromAsync(Deno.readDir(folder)))) {
    if (known.has(name)) continue;
    const what = CHUNK_FILE.test(name)
      ? "it is a chunk of no line of the journal"
      : "it is no file of a result";
    problems.push({ file: name, message: `${what}; remove it` });
  }
  return { files, bytes, problems };
}

/** Files whose size is asked for at once: each answer takes a round trip where they lie on another machine. */
const ASKED = 64;

/**
 * Whether the files of a result that was opened are there, and as long as its journal says: what a lost or cut file shows without
 * reading it. O(chunks), some 10 µs each. Nothing is wrong with a result that lies in no folder.
 *
 * @param signal Ends the check.
 * @throws {Error} When a file may not be looked at: whether it is damaged is not known then.
 * @throws {ResultChangedError} When it was replaced or removed since it was opened.
 */
export async function checkSizes(
  result: StoredResult,
  signal?: AbortSignal,
): Promise<readonly StorageProblem[]> {
  if (!(result instanceof FolderResult)) return [];
  using held = await result.hold();
  return await held.use((folder) => wrongSizes(folder, result.chunks, signal));
}

async function wrongSizes(
  folder: string,
  chunks: readonly ChunkRecord[],
  signal: AbortSignal | undefined,
): Promise<StorageProblem[]> {
  const look = async ({ file, bytes, start, end }: ChunkRecord, chunk: number): Promise<StorageProblem[]> => {
    try {
      const { size } = await Deno.stat(`${folder}/${file}`);
      return size === bytes
        ? []
        : [{ file, chunk, start, end, message: `it has ${size} bytes, not ${bytes}` }];
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) {
        return [{ file, chunk, start, end, message: "it is missing" }];
      }
      throw storageError(`look at "${file}"`, folder, error);
    }
  };
  const problems: StorageProblem[] = [];
  for (let k = 0; k < chunks.length; k += ASKED) {
    signal?.throwIfAborted();
    const looks = await Promise.all(chunks.slice(k, k + ASKED).map((chunk, i) => look(chunk, k + i)));
    problems.push(...looks.flat());
  }
  return problems;
}
