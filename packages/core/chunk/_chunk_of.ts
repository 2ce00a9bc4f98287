// What the functions of this folder share: making chunks that hand their rows back when they are refused, and the
// checks that several chunks belong together.

import type { ColumnTypes } from "../data/schema.ts";
import type { Table } from "../data/table.ts";
import { Chunk, type ChunkInfo } from "./chunk.ts";

/** A chunk of `table`, which is released when the chunk is refused. */
export function chunkOf<C extends ColumnTypes>(table: Table<C>, info: ChunkInfo): Chunk<C> {
  try {
    return new Chunk(table, info);
  } catch (error) {
    table.release();
    throw error;
  }
}

/** What a part of `chunk` has in common with it. */
export function identityOf(chunk: Chunk): Pick<ChunkInfo, "runId" | "dataType" | "dataKind"> {
  return { runId: chunk.runId, dataType: chunk.dataType, dataKind: chunk.dataKind };
}

/** The parts made by `make`, one after the other; those made so far are released when it throws. */
export function allOrNone<T extends Disposable>(count: number, make: (k: number) => T): T[] {
  const made: T[] = [];
  try {
    for (let k = 0; k < count; k++) made.push(make(k));
  } catch (error) {
    for (const part of made) part[Symbol.dispose]();
    throw error;
  }
  return made;
}

/** The first of `list`. @throws {RangeError} On an empty list. */
export function firstOf<T>(list: readonly T[], action: string): T {
  const first = list[0];
  if (first === undefined) throw new RangeError(`Cannot ${action}: the list is empty; give at least one`);
  return first;
}

/** @throws {TypeError} When the two have other columns. */
export function checkSchemas(
  a: { schema: Table["schema"] },
  b: { schema: Table["schema"] },
  action: string,
): void {
  if (a.schema.text !== b.schema.text) {
    throw new TypeError(`Cannot ${action}: their schemas differ: ${a.schema.text} and ${b.schema.text}`);
  }
}

/** @throws {TypeError} When the two are of different runs. */
export function checkRuns(a: Pick<Chunk, "runId" | "toString">, b: Chunk, action: string): void {
  if (a.runId !== b.runId) {
    throw new TypeError(`Cannot ${action}: ${a} is of run "${a.runId}" and ${b} of run "${b.runId}"`);
  }
}

/** @throws {RangeError} When the two have different intervals. */
export function checkIntervals(a: Chunk, b: Chunk, action: string): void {
  if (a.start !== b.start || a.end !== b.end) {
    throw new RangeError(
      `Cannot ${action}: ${a} and ${b} have different intervals; split them at common times first`,
    );
  }
}

/** The higher of two times. */
export function later(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

/** The lower of two times. */
export function earlier(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

/** Data type and kind of rows or columns merged from `chunks`. */
export function mergedNames(
  chunks: readonly Chunk[],
  dataType?: string,
): { dataType: string; dataKind: string } {
  const types = new Set(chunks.map((chunk) => chunk.dataType));
  const kinds = new Set(chunks.map((chunk) => chunk.dataKind));
  const name = dataType ?? [...types].join("+");
  return { dataType: name, dataKind: kinds.size === 1 ? chunks[0]!.dataKind : name };
}
