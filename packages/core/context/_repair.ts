// The care of stored results: what is damaged is found, and computed anew.

import { Chunk } from "../chunk/chunk.ts";
import { concatTables } from "../chunk/concat_tables.ts";
import type { Schema } from "../data/schema.ts";
import { Table } from "../data/table.ts";
import { folderName } from "../store/_folders.ts";
import { OTHER_ROWS } from "../store/repair_command.ts";
import { FolderStore, type StorageProblem, verifyResult } from "../store/store.ts";
import type { Store, StoredResult } from "../store/types.ts";
import type { Runs } from "./_runs.ts";
import { compareLineages, type Json } from "./lineage.ts";
import { storesOf } from "./_stores.ts";
import { streamOf } from "./_streams.ts";
import type { RunOptions } from "./run_options.ts";

/** How many differences are told of a result. */
const SHOWN_FACTS = 5;

/**
 * Look at every byte of a stored result, and compute anew what is damaged of it.
 *
 * @returns What was damaged.
 * @throws {RangeError} When no result of the plan's lineage is stored.
 */
export async function repairResult(
  runs: Runs,
  runId: string,
  dataType: string,
  options: RunOptions,
): Promise<readonly StorageProblem[]> {
  const plan = await runs.plan(runId, [dataType], options, dataType);
  const lineageHash = plan.step(dataType).hashes[dataType]!;
  for (const store of storesOf(runs.store)) {
    if (!(store instanceof FolderStore)) continue;
    const summary = (await store.list()).find((one) =>
      one.runId === runId && one.dataType === dataType && one.partial === undefined &&
      (one.lineageHash === lineageHash || one.folder.endsWith(folderName(dataType, lineageHash)))
    );
    if (!summary) continue;
    const { problems } = await verifyResult(summary, options.signal);
    if (problems.length === 0) return problems;
    if (problems.some(({ chunk, file }) => chunk === undefined && /^(metadata|journal)\./.test(file))) {
      await store.remove(summary);
      await runs.run(runId, [dataType], options);
      return problems;
    }
    const result = (await store.open({ runId, dataType, lineageHash }))!;
    for (const { chunk: index, file } of problems) {
      if (index === undefined) await store.removeStray(result, file);
      else await repairChunk(runs, store, result, index, options);
    }
    return problems;
  }
  const lineage = plan.step(dataType).lineages[dataType]!;
  throw new RangeError(
    `Cannot repair "${dataType}" of run "${runId}": no result of lineage ${lineageHash} is stored; give the inputs and options ` +
      `that it was made with${await differences(storesOf(runs.store), { runId, dataType, lineage })}`,
  );
}

/** In what the results that are stored differ from one that is not, in words. */
async function differences(
  stores: readonly Store[],
  { runId, dataType, lineage }: { runId: string; dataType: string; lineage: Json },
): Promise<string> {
  const told: string[] = [];
  for (const store of stores) {
    for (const one of store instanceof FolderStore ? await store.list() : []) {
      if (one.runId !== runId || one.dataType !== dataType || one.lineage === undefined) continue;
      const facts = compareLineages(one.lineage, lineage).slice(0, SHOWN_FACTS).map((
        { what, first, second },
      ) => `${what} ${JSON.stringify(first) ?? "absent"}, not ${JSON.stringify(second) ?? "absent"}`);
      told.push(`; ${one.lineageHash!.slice(0, 12)} was made with ${facts.join("; ")}`);
    }
  }
  return told.join("");
}

async function repairChunk(
  runs: Runs,
  store: FolderStore,
  result: StoredResult,
  index: number,
  options: RunOptions,
): Promise<void> {
  const { start, end, coverEnd, rows } = result.chunks[index]!;
  const { runId, dataType, dataKind, schema } = result.meta;
  const parts: Table[] = [];
  try {
    const stream = streamOf(runs, runId, dataType, { ...options, timeRange: [start, end] }, dataType);
    for await (const { table } of stream) parts.push(table);
    const filled = parts.filter((part) => part.length > 0);
    const table = filled.length > 0
      ? concatTables(filled, { t0: start })
      : await noRows(result, schema, start);
    using chunk = new Chunk(table, { start, end, coverEnd, runId, dataType, dataKind });
    if (chunk.length !== rows) {
      throw new Error(
        `Cannot repair chunk ${index} of ${runId}/${dataType}: ${chunk.length} rows were computed, ${rows} were stored: ${OTHER_ROWS}`,
      );
    }
    await store.replaceChunk(result, index, chunk);
  } finally {
    for (const part of parts) part.release();
  }
}

/** A table without rows, as wide as the other chunks of a result. */
async function noRows(result: StoredResult, schema: Schema, t0: bigint): Promise<Table> {
  const other = result.chunks.find(({ rows }) => rows > 0);
  if (!other) return Table.allocate(schema, 0, { t0 });
  for await (using chunk of result.read({ timeRange: [other.start, other.end] })) {
    const widths: Record<string, number> = {};
    for (const { name, kind } of schema.columns) {
      if (kind === "fixed") widths[name] = chunk.table.width(name);
    }
    return Table.allocate(schema, 0, { t0, widths });
  }
  return Table.allocate(schema, 0, { t0 });
}
