// The stretches that a node computes: rows of all its inputs for one interval, with their halo.

import { Chunk, NO_COVER, timesOf } from "../chunk/chunk.ts";
import type { Halo } from "../plugin/plugin.ts";
import type { Memory } from "../data/buffer_pool.ts";
import type { InputBuffer } from "./input_buffer.ts";

/** An input as far as its rows go. */
export interface RegionInput {
  /** Data types that it is known by. */
  readonly types: readonly string[];
  readonly buffer: InputBuffer;
  readonly dataKind: string;
}

/** One stretch: a chunk of every input, and which rows of the first are its own. */
export interface Region {
  readonly start: bigint;
  readonly end: bigint;
  /** The input ends here. */
  readonly last: boolean;
  /** The next stretch is there already. */
  readonly goesOn: boolean;
  readonly chunks: readonly Chunk[];
  readonly own: { readonly from: number; readonly to: number };
}

/** Whether a stretch starts and ends so long after all rows before, ps. */
export function isBetweenGaps(
  inputs: readonly RegionInput[],
  { start, end }: Pick<Region, "start" | "end">,
  gap: number,
): boolean {
  const before = BigInt(gap);
  return inputs.every(({ buffer }) =>
    start - buffer.coverAt(start) >= before && end - buffer.coverAt(end) >= before
  );
}

/** Where the input of a stretch starts, which is earlier than the stretch where that has a halo, ps. */
export function inputStart({ start, chunks }: Region): bigint {
  let first = start;
  for (const { table } of chunks) {
    const time = table.length > 0 ? table.t0 + BigInt(timesOf(table)[0]!) : start;
    if (time < first) first = time;
  }
  return first;
}

/** Let go of a stretch. */
export function releaseRegion(region: Region | undefined): void {
  for (const chunk of region?.chunks ?? []) chunk.release();
}

/** The same stretch once more; its rows were checked. */
export function sameRegion(region: Region): Region {
  const chunks = region.chunks.map(({ table, start, end, coverEnd, runId, dataType, dataKind }) =>
    new Chunk(table.share(), { start, end, coverEnd, withHalo: true, runId, dataType, dataKind })
  );
  return { ...region, chunks };
}

/**
 * The rows of `[start, end)`, all that are left in the last stretch. With a halo, also those that touch it: a contiguous
 * piece of each input, from the first row that does.
 *
 * @throws {MemoryBudgetError} When a copy does not fit.
 */
export function gatherRegion(
  inputs: readonly RegionInput[],
  halo: Required<Halo> | undefined,
  { start, end, last, goesOn }: Pick<Region, "start" | "end" | "last" | "goesOn">,
  { runId, pool, account }: Memory & { readonly runId: string },
): Region {
  const base = inputs[0]!.buffer;
  let to = end;
  if (halo) {
    // By touch, what the longest own row touches is looked at too.
    if (halo.by === "touch") to = base.coverEnd(base.rowAt(start), base.rowAt(end), end);
    to += BigInt(halo.right);
  }
  const own = { from: 0, to: 0 };
  const chunks: Chunk[] = [];
  try {
    inputs.forEach(({ buffer, types, dataKind }, k) => {
      const first = firstNeeded(buffer, halo, start);
      const stop = last ? buffer.rows : buffer.rowAt(to);
      const table = buffer.gather(first, stop, start, { pool, account });
      if (k === 0) {
        own.from = buffer.rowAt(start) - first;
        own.to = (last ? buffer.rows : buffer.rowAt(end)) - first;
      }
      // A halo's rows are no part of the stream's cover.
      const coverEnd = halo ? NO_COVER : buffer.coverAt(end);
      const withHalo = halo !== undefined;
      chunks.push(new Chunk(table, { start, end, coverEnd, withHalo, runId, dataType: types[0]!, dataKind }));
    });
  } catch (error) {
    for (const chunk of chunks) chunk.release();
    throw error;
  }
  return { start, end, last, goesOn, chunks, own };
}

/** Let go of rows that no stretch from `time` on needs. */
export function dropBefore(
  inputs: readonly RegionInput[],
  halo: Required<Halo> | undefined,
  time: bigint,
): void {
  for (const { buffer } of inputs) {
    if (buffer.frontier === undefined) continue;
    if (!halo) buffer.forget(time);
    buffer.drop(firstNeeded(buffer, halo, time));
  }
}

/** The first row that a stretch from `start` on needs. */
export function firstNeeded(buffer: InputBuffer, halo: Required<Halo> | undefined, start: bigint): number {
  if (!halo) return buffer.rowAt(start);
  const from = start - BigInt(halo.left);
  return halo.by === "touch" ? buffer.firstTouching(from) : buffer.rowAt(from);
}
