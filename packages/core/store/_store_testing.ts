// A store in a temporary folder for the tests of the store.
import type { Chunk } from "../chunk/chunk.ts";
import type { Schema } from "../data/schema.ts";
import { chunkOf, plainRows, ROWS } from "./_testing.ts";
import {
  FolderStore,
  type ReadOptions,
  type ResultKey,
  type StoredMeta,
  type StoredResult,
} from "./store.ts";

/** The key of the results below. */
export const KEY: ResultKey = { runId: "run_7", dataType: "hits" };
/** What the results below are said to be. */
export const META: StoredMeta = {
  schema: ROWS as unknown as Schema,
  dataKind: "pulses",
  lineage: { hits: ["1.0.0", { threshold: 5 }] },
  lineageHash: "4f1a",
  notices: ["first"],
};

/** Run with a store in a temporary folder. */
export async function withStore(work: (store: FolderStore, root: string) => Promise<void>): Promise<void> {
  const root = await Deno.makeTempDir({ prefix: "millrace_store_" });
  try {
    await work(new FolderStore(root, { durable: false }), root);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

/** Write a result of these chunks, which are released. */
export async function put(store: FolderStore, chunks: readonly Chunk[], meta = META): Promise<StoredResult> {
  await using writer = await store.writer(KEY, meta);
  for (const chunk of chunks) {
    await writer.write(chunk);
    chunk.release();
  }
  return await writer.finish();
}

/** Everything below a folder, by path. */
export async function filesIn(root: string, folder = ""): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(`${root}/${folder}`)) {
    const path = folder + name;
    if (isDirectory) found.push(`${path}/`, ...await filesIn(root, `${path}/`));
    else found.push(path);
  }
  return found.sort();
}

/** A chunk as it was read, in plain values. */
export interface Read {
  start: bigint;
  end: bigint;
  coverEnd: bigint;
  rows: Record<string, unknown>[];
}

/** All chunks that a read gives. */
export async function readAll(result: StoredResult, options?: ReadOptions): Promise<Read[]> {
  const read: Read[] = [];
  for await (using chunk of result.read(options)) {
    const { start, end, coverEnd } = chunk;
    read.push({ start, end, coverEnd, rows: plainRows(chunk.table) });
  }
  return read;
}

/** Three chunks that follow one another, the second without rows. */
export const three = (): Chunk[] => [
  chunkOf(0, 100, [[10, 250], [20, 21]]),
  chunkOf(100, 200, [], 250n),
  chunkOf(200, 300, [[200, 200], [250, 260], [299, 400]], 250n),
];
