// For tests: random rows of basic_features.

import fc from "fast-check";
import { Table } from "@millrace/core/table";
import { basicFeatures } from "./features/basic_features.ts";

/** A row of features as a test states it. */
export interface TestFeature {
  time: bigint;
  board: number;
  channel: number;
  height: number;
  area: number;
}

/** Rows of a few channels, with ties. */
export const randomFeatures: fc.Arbitrary<TestFeature[]> = fc.array(
  fc.record({
    time: fc.bigInt({ min: 0n, max: 50n }),
    board: fc.integer({ min: 0, max: 1 }),
    channel: fc.integer({ min: 0, max: 1 }),
    height: fc.integer({ min: -5, max: 30 }),
    area: fc.oneof({ weight: 9, arbitrary: fc.integer({ min: -20, max: 120 }) }, {
      weight: 1,
      arbitrary: fc.constant(NaN),
    }),
  }),
  { maxLength: 24 },
);

/** The rows in order, which is what the table has. */
export const featuresInOrder = (list: readonly TestFeature[]): TestFeature[] =>
  list.toSorted((a, b) => Number(a.time - b.time) || a.board - b.board || a.channel - b.channel);

/** A table as `basic_features` gives it. */
export function featureTable(list: readonly TestFeature[], t0?: bigint): Table {
  const sorted = featuresInOrder(list);
  return Table.from(basicFeatures.schemas.basic_features!, {
    time: sorted.map(({ time }) => time),
    board: sorted.map(({ board }) => board),
    channel: sorted.map(({ channel }) => channel),
    record_id: sorted.map((_, i) => BigInt(i)),
    height: sorted.map(({ height }) => height),
    amp: sorted.map(({ height }) => height + 1),
    area: sorted.map(({ area }) => area),
    max_abs_diff: sorted.map(() => 3),
  }, t0 === undefined ? {} : { t0 });
}
