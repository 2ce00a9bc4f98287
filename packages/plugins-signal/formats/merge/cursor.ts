// What a pass over files needs to go on where another one was, as text: `records;cover;place;place...`, a place being
// `offset`, or `offset:latestHi:latestLo`.
import type { Place, RunSource } from "./source.ts";

/** Where a pass is. */
export interface RunPlace {
  /** Rows taken so far. */
  readonly records: number;
  /** Their highest endtime, ps; -1 without any. */
  readonly cover: bigint;
  /** By source. */
  readonly places: readonly Place[];
}

/** The text of where a pass is; `undefined` where a source cannot go on anywhere but at its start. O(rows not taken). */
export function cursorOf(records: number, cover: bigint, sources: readonly RunSource[]): string | undefined {
  const parts: (string | bigint | number)[] = [records, cover];
  for (const source of sources) {
    if (!source.place || !source.goTo) return undefined;
    const { offset, latestHi, latestLo } = source.place();
    parts.push(latestHi < 0 ? offset : `${offset}:${latestHi}:${latestLo}`);
  }
  return parts.join(";");
}

/** What {@linkcode cursorOf} wrote. @throws {SyntaxError} On anything else, or of another number of sources. */
export function runPlace(cursor: string, sources: number): RunPlace {
  const [records, cover, ...places] = cursor.split(";");
  const fine = /^\d+;-?\d+(;\d+(:\d+:\d+)?)*$/.test(cursor) && places.length === sources;
  if (!fine) {
    throw new SyntaxError(
      `Cannot go on at "${
        cursor.slice(0, 80)
      }": it is no place in ${sources} files; compute the result anew (--fresh)`,
    );
  }
  return {
    records: Number(records),
    cover: BigInt(cover!),
    places: places.map((place) => {
      const [offset, latestHi = -1, latestLo = 0] = place.split(":").map(Number);
      return { offset: offset!, latestHi, latestLo };
    }),
  };
}
