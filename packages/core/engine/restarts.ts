// Places where the input of a plugin may start although nobody knows how far back its outputs depend on it: where a segment, a
// cluster or what is handed over again begins, and wherever all outputs of what was before start earlier than what is wanted.
// A run that was interrupted goes on from the last one.
//
// add O(rows made); before O(log places); memory: at most MOST places.

import { NO_COVER, timesOf } from "../chunk/chunk.ts";
import { isOrdered } from "../data/_ordered.ts";
import type { Geometry, Plugin } from "../plugin/plugin.ts";
import type { Break } from "./computation.ts";
import type { Restart, SavedState } from "../store/types.ts";
import type { StageResult } from "./stage.ts";

/** Of more places than this, or of more bytes of state, every second one is forgotten. */
const MOST = 1024, MOST_BYTES = 2 ** 24;

/** Where a plugin's stretches may start: anywhere (its own rows and a halo), at breaks, or nowhere but at the run's start. */
type RestartKind = "stretch" | "halo" | "break" | "none";

/** What kind of places there are for a plugin. */
function restartKind(
  { kind, stateful, carryOver }: Plugin,
  { boundary = "any", halo }: Geometry,
): RestartKind {
  if (kind === "static") return "none";
  // Where a stretch of a halo starts need not be where its input starts: that may lie in no gap and before a break.
  if (halo) return stateful || boundary !== "any" ? "none" : "halo";
  // At a break of one input, there need be no gap in the others.
  if (stateful) return stateful.breakInput !== undefined && boundary !== "any" ? "none" : "break";
  // What is handed over again begins at no gap.
  return carryOver && boundary !== "any" ? "none" : "stretch";
}

interface Place extends Restart {
  /** Where the input of the stretch starts, ps: earlier than the stretch where that has a halo. */
  readonly input: bigint;
  /** Latest start of an output of what was before. */
  readonly last: bigint;
}

/** The places of one plugin. */
export class Restarts {
  readonly #kind: RestartKind;
  #places: Place[] = [];
  #last = NO_COVER;
  /** Bytes of state. */
  #bytes = 0;

  /** Whether the input may start where a state is. */
  readonly takesStates: boolean;

  constructor(plugin: Plugin, geometry: Geometry) {
    this.#kind = restartKind(plugin, geometry);
    const handsOver = plugin.carryOver && (geometry.boundary ?? "any") !== "any";
    this.takesStates = this.#kind === "break" && !handsOver;
  }

  /**
   * A stretch whose input starts at `input` was computed; the results are looked at, not taken.
   *
   * @param saved State where it starts, of an earlier run.
   */
  add(
    start: bigint,
    input: bigint,
    results: readonly StageResult[],
    breaks: readonly Break[],
    saved?: SavedState,
  ): void {
    if (this.#kind === "none" && this.#places.length > 0) return; // there will be no other place
    const isNoted = this.#kind !== "halo" && this.#places.at(-1)?.at === start;
    if (!isNoted && (this.#kind === "stretch" || this.#kind === "halo" || this.#places.length === 0)) {
      this.#note(start, input, saved);
    }
    results.forEach(({ outputs, ahead }, k) => {
      for (const place of breaks) if (place.results === k) this.#note(place.at, place.at);
      // Rows that went elsewhere start before they end.
      if (ahead !== undefined && ahead > this.#last) this.#last = ahead;
      for (const table of Object.values(outputs)) {
        if (!table || table.length === 0) continue;
        const times = timesOf(table);
        let last = isOrdered(table) ? times[times.length - 1]! : -Infinity;
        if (last === -Infinity) {
          for (let i = 0; i < times.length; i++) if (times[i]! > last) last = times[i]!;
        }
        if (!Number.isSafeInteger(last)) continue; // told where the rows are checked
        const time = table.t0 + BigInt(last);
        if (time > this.#last) this.#last = time;
      }
    });
    for (const place of breaks) if (place.results === results.length) this.#note(place.at, place.at);
  }

  /** The next stretch starts at `start`, with that state if it is known. */
  next(start: bigint, saved: SavedState | undefined): void {
    if (this.#kind === "stretch" || saved) this.#note(start, start, saved);
  }

  #note(at: bigint, input: bigint, saved?: SavedState): void {
    this.#places.push({ at, input, last: this.#last, saved });
    this.#bytes += saved?.bytes.length ?? 0;
    if (this.#places.length <= MOST && this.#bytes <= MOST_BYTES) return;
    // The last one stays.
    const count = this.#places.length;
    this.#places = this.#places.filter((_, k) => k === 0 || (count - k) % 2 === 1);
    this.#bytes = this.#places.reduce((sum, place) => sum + (place.saved?.bytes.length ?? 0), 0);
  }

  /**
   * Where the input of a plugin may start for all of its outputs that start at or after `from`: the last such place.
   *
   * @param isFirst Only those of the stage's first plugin: with a halo, each starts in its stretch.
   */
  before(from: bigint, isFirst: boolean): Restart | undefined {
    const inStretch = isFirst && this.#kind === "halo";
    let low = 0, high = this.#places.length;
    while (low < high) {
      const mid = (low + high) >>> 1;
      const { at, last } = this.#places[mid]!;
      if (at <= from && (inStretch || last < from)) low = mid + 1;
      else high = mid;
    }
    const place = this.#places[low - 1];
    return place && (isFirst ? { at: place.input, saved: place.saved } : { at: place.at });
  }
}
