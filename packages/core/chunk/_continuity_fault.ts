// What keeps a chunk from following another one.

import type { Chunk } from "./chunk.ts";

/** What is remembered of the chunk before. */
export type Seen = Pick<Chunk, "schema" | "runId" | "dataType" | "end" | "coverEnd" | "toString">;

/** The error that says why `next` does not follow `last`, or `undefined` where it does. */
export function continuityFault(last: Seen, next: Chunk): Error | undefined {
  const action = `Cannot continue the stream after ${last}`;
  if (last.schema.text !== next.schema.text) {
    return new TypeError(`${action}: the schemas differ: ${last.schema.text} and ${next.schema.text}`);
  }
  if (last.runId !== next.runId) {
    return new TypeError(`${action}: it is of run "${last.runId}" and ${next} of run "${next.runId}"`);
  }
  if (last.dataType !== next.dataType) return new TypeError(`${action}: ${next} is of another data type`);
  if (next.start !== last.end) {
    const ps = next.start - last.end;
    const fault = ps > 0n ? `${ps} ps are missing` : `${-ps} ps overlap`;
    return new RangeError(`${action}: ${fault} before ${next}; give empty chunks where there are no rows`);
  }
  if (next.coverEnd < last.coverEnd) {
    return new RangeError(
      `${action}: coverEnd falls from ${last.coverEnd} to ${next.coverEnd} ps at ${next}; ` +
        "give the earlier chunk's coverEnd as coverBefore",
    );
  }
  return undefined;
}
