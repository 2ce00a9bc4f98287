// For tests: random hits as tables.

import fc from "fast-check";
import { Table } from "@millrace/core/table";
import { hitThreshold } from "./hit_threshold.ts";

/** A hit as a test states it. */
export interface TestHit {
  time: bigint;
  endtime: bigint;
  peakTime: bigint;
  board: number;
  channel: number;
  record_id: bigint;
  position: number;
  edge_start: number;
  edge_end: number;
  height: number;
  integral: number;
  rise_time: number;
  fall_time: number;
  dt: number;
}

/** Hits of a few channels: ties, overlaps, hits inside others, equal heights. */
export const randomHits: fc.Arbitrary<TestHit[]> = fc.array(
  fc.record({
    time: fc.integer({ min: 0, max: 60 }),
    length: fc.integer({ min: 1, max: 9 }),
    peak: fc.integer({ min: 0, max: 8 }),
    board: fc.integer({ min: 0, max: 1 }),
    channel: fc.integer({ min: 0, max: 1 }),
    record: fc.integer({ min: 0, max: 2 }),
    height: fc.integer({ min: 1, max: 4 }),
    integral: fc.integer({ min: 1, max: 1000 }),
    dt: fc.constantFrom(1, 1, 1, 2),
    edge: fc.integer({ min: 0, max: 50 }),
  }).map(({ time, length, peak, board, channel, record, height, integral, dt, edge }): TestHit => {
    const at = Math.min(peak, length - 1);
    return {
      time: BigInt(time),
      endtime: BigInt(time + length * dt),
      peakTime: BigInt(time + at * dt),
      board,
      channel,
      record_id: BigInt(record),
      position: edge + at,
      edge_start: edge,
      edge_end: edge + length,
      height,
      integral,
      rise_time: at * dt,
      fall_time: (length - 1 - at) * dt,
      dt,
    };
  }),
  { maxLength: 22 },
);

/** The hits in order, which is what the table has. */
export const inOrder = (hits: readonly TestHit[]): TestHit[] =>
  hits.toSorted((a, b) =>
    Number(a.time - b.time) || a.board - b.board || a.channel - b.channel || Number(a.endtime - b.endtime)
  );

/** A table as `hit_threshold` gives it. */
export function hitTable(hits: readonly TestHit[], t0?: bigint): Table {
  const sorted = inOrder(hits), schema = hitThreshold.schemas.hit_threshold!;
  const column = (name: string) =>
    name === "width" ? sorted.map((h) => h.edge_end - h.edge_start) : sorted.map((h) => h[name as "time"]);
  const columns = Object.fromEntries(Object.keys(schema.types).map((name) => [name, column(name)]));
  return Table.from(schema, columns, t0 === undefined ? {} : { t0 });
}
