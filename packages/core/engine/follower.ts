// A stage whose stretches may be computed together with those of the stage before, where these start and end in gaps: the rows between
// the two then go nowhere, and half of the tasks are saved.
//
// It is tried where the input of the stage before has such gaps. Whether the rows between have them is seen when they are made (the
// end of each stretch) and when their turn comes (its start); where they have not, the rows are made once more and go the long way.

import type { Table } from "../data/table.ts";
import { releaseAll } from "./computation.ts";
import type { Stage, StageResult } from "./stage.ts";

/** Results of a stretch that came before their turn. */
export interface Ahead {
  readonly result: StageResult;
  /** Where the stretch ends, ps. */
  readonly end: bigint;
  /** Makes the rows that they were made of; undefined where those are in the chunk. */
  readonly again: (() => Promise<Table>) | undefined;
  /** Let go of what `again` needs. */
  release(): void;
}

/** The results are not needed. */
export function letGoAhead(ahead: Ahead): void {
  releaseAll([ahead.result]);
  ahead.release();
}

/** The rows that results were made of, once more. The results are let go first: there may be no room for both. */
export async function rowsAgain({ result, again, release }: Ahead): Promise<Table> {
  try {
    releaseAll([result]);
    return await again!();
  } finally {
    release();
  }
}

/** A stage that follows another one. */
export interface Follower {
  /** Data type between the two. */
  readonly type: string;
  /** The gap that its stretches need, ps. */
  readonly gap: number;
  /** That stage. */
  readonly second: Stage;
  /** Both stages as one. */
  readonly stage: Stage;
  /** Take the results of the stretch from `start` on; its chunk follows at once. */
  take(start: bigint, ahead: Ahead): void;
}

/** Two stages as one: outputs of the first beside `type` are its own, as is `type` where others want it. */
export function joined(first: Stage, second: Stage, type: string, gap: number, isShared: boolean): Stage {
  return {
    id: `${first.id}>${second.id}`,
    steps: [...first.steps, ...second.steps],
    outputs: [...first.outputs.filter((output) => output !== type || isShared), ...second.outputs],
    inside: [...first.inside ?? [], ...second.inside ?? []],
    lent: [...first.lent ?? [], ...second.lent ?? []],
    ahead: { step: first.steps.length, gap },
  };
}

/** The parts of both stages' result: of the second's only where it was computed. */
export function parted(
  { outputs, busy, passed, ahead, notices, ...marks }: StageResult,
  second: Stage,
): [first: StageResult, second: StageResult | undefined] {
  if (ahead === undefined) return [{ outputs, busy, passed, ...marks }, undefined];
  const names = new Set(second.steps.map(({ plugin }) => plugin.name));
  const part = <T>(of: Readonly<Record<string, T>>, isIn: (key: string) => boolean) =>
    Object.fromEntries(Object.entries(of).filter(([key]) => isIn(key)));
  const both = (isSecond: boolean): StageResult => ({
    ...marks,
    outputs: part(outputs, (type) => second.outputs.includes(type) === isSecond),
    busy: part(busy, (name) => names.has(name) === isSecond),
    passed: part(passed, (name) => names.has(name) === isSecond),
  });
  return [{ ...both(false), ahead }, { ...both(true), notices }];
}
