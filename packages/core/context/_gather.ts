// All rows of a stream as one table, within a budget of memory.

import { concatTables } from "../chunk/concat_tables.ts";
import { Account, MemoryBudgetError } from "../data/buffer_pool.ts";
import type { Table } from "../data/table.ts";
import { formatBytes } from "../data/units.ts";
import type { DataStream } from "./stream.ts";

/**
 * All rows of a stream; undefined when it has no chunk.
 *
 * @param memory Most bytes that may be held.
 * @throws {RangeError} When they do not fit.
 */
export async function gatherTable(
  stream: DataStream,
  runId: string,
  memory: number,
): Promise<Table | undefined> {
  const account = new Account(memory);
  const parts: Table[] = [];
  try {
    for await (const { table } of stream) {
      if (parts.length > 0 && table.length === 0) {
        table.release();
        continue;
      }
      // A view would keep its whole buffer; what is gathered is counted.
      const part = table.nbytes * 2 < table.heldBytes ? table.compact() : table.share();
      table.release();
      parts.push(part);
      account.charge(part.heldBytes);
    }
    if (parts.length === 0) return undefined;
    const filled = parts.filter((part) => part.length > 0);
    return concatTables(filled.length > 0 ? filled : parts.slice(0, 1));
  } catch (error) {
    if (!(error instanceof MemoryBudgetError)) throw error;
    throw new RangeError(
      `"${stream.dataType}" of run "${runId}" does not fit the memory budget of ${formatBytes(memory)}: ` +
        "read it with getStream, ask for a time range, or give a larger budget",
      { cause: error },
    );
  } finally {
    for (const part of parts) part.release();
  }
}
