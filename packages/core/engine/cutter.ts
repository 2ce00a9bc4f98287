// Where a node's inputs are cut: the largest common time that suits the declared boundary, the halo and a target size.
//
// All conditions are terms of one fixed point: the cut is lowered, condition by condition, until none lowers it further.

import { endtimesOf, MAX_CHUNK_PS, NO_COVER, rowAt, timesOf } from "../chunk/chunk.ts";
import type { Boundary, Geometry, Halo } from "../plugin/plugin.ts";
import { CutSet } from "./cut_set.ts";
import { END, type InputBuffer } from "./input_buffer.ts";
import { firstNeeded } from "./region.ts";

/** An input as far as its cuts go. */
export interface CutInput {
  /** Data types that it is known by. */
  readonly types: readonly string[];
  readonly buffer: InputBuffer;
}

/** What decides on cuts beside the rows. */
export interface CutterSpec {
  readonly inputs: readonly CutInput[];
  readonly geometry: Geometry;
  /** Everything is one stretch. */
  readonly whole: boolean;
  /** Target rows of the first input in a stretch; undefined: as they come. */
  readonly chunkSize: number | undefined;
  /** Wait for that many rows; otherwise it only divides what came in larger pieces. */
  readonly waits: boolean;
  /** Where the first stretch starts, if the inputs start earlier. */
  readonly begins?: bigint | undefined;
}

/** Allowed cuts of the rows of some inputs taken together. */
interface Condition {
  readonly cuts: CutSet;
  readonly buffers: readonly InputBuffer[];
  /** Rows before it are in the cut set, or were cut off. */
  scanned: bigint;
}

/** A chunk of fewer bytes is copied sooner than it is computed in two stretches. */
const LARGE = 2 ** 20;
/** Rows are few where a chunk has so many times more. */
const MANY = 16;

/** Finds the cuts of one node, in order. */
export class Cutter {
  readonly #spec: CutterSpec;
  readonly #buffers: readonly InputBuffer[];
  readonly #conditions: readonly Condition[];
  readonly #halo: Required<Halo> | undefined;
  /** Cuts where no row has been for so long are better than later ones, ps. */
  prefersGap: number | undefined;
  /** The last cut: where the next stretch starts. */
  at: bigint | undefined;
  /** The last cut is earlier than it had to be: the stretch behind it can be cut at once. */
  goesOn = false;
  /** So many rows behind the last gap wait for more. */
  #few = 0;
  // Everything up to here was in a stretch already: rows may be handed over again.
  #seen: bigint | undefined;

  constructor(spec: CutterSpec) {
    this.#spec = spec;
    this.#buffers = spec.inputs.map(({ buffer }) => buffer);
    this.#halo = haloOf(spec.geometry);
    this.#conditions = conditionsOf(spec.inputs, spec.geometry.boundary ?? "any");
  }

  /** All rows of all inputs that start before it are known; undefined while an input has not begun. */
  get frontier(): bigint | undefined {
    let least: bigint | undefined = END;
    for (const { known } of this.#buffers) {
      if (known === undefined) return undefined;
      if (known < least) least = known;
    }
    return least;
  }

  /** Where the last input ends so far, at least `start`. */
  lastEnd(start: bigint): bigint {
    let end = start;
    for (const { frontier } of this.#buffers) if (frontier !== undefined && frontier > end) end = frontier;
    return end;
  }

  /**
   * The next cut, `END` for the rest, undefined if more input is needed.
   *
   * @param eager Take what there is instead of waiting for the target size.
   * @throws {RangeError} When no cut is allowed in the longest chunk that there can be.
   */
  next(eager: boolean): bigint | undefined {
    const { frontier } = this;
    this.goesOn = false;
    if (frontier === undefined) return undefined;
    this.at ??= this.#begin();
    if (this.at === undefined) return undefined; // no input had anything
    this.#seen ??= this.at;
    if (this.#spec.whole) return frontier === END ? END : undefined;
    const longest = this.at + MAX_CHUNK_PS;
    const far = frontier === END ? this.lastEnd(this.at) > longest : frontier > longest;
    const limit = far ? longest : frontier;
    if (!far && this.#isGap(frontier)) return frontier;
    for (const condition of this.#conditions) scan(condition, this.at);
    const target = this.#target(limit);
    if (target === undefined && !far && frontier !== END && !eager && !this.#enough()) return undefined;
    const cut = (target === undefined ? undefined : this.#lower(target, frontier)) ??
      (frontier === END && !far ? END : this.#lower(limit, frontier));
    if (cut === undefined && far) {
      throw new RangeError(
        `There is no place to cut in 2^53 ps (2.5 h), which is the longest chunk: it waits for ${this.missing}`,
      );
    }
    if (cut === undefined) return undefined;
    const end = this.#behindRest(cut, frontier);
    return this.prefersGap === undefined || end === END ? end : this.#atGap(end, this.prefersGap, eager);
  }

  /** Where the first stretch starts. */
  #begin(): bigint | undefined {
    const start = leastStart(this.#buffers), { begins } = this.#spec;
    return start === undefined || begins === undefined || start > begins ? start : begins;
  }

  /**
   * The cut, or the last place before it where so long no row of the only input has been, if few rows are behind that: those wait for
   * more. Costs a look at each row.
   */
  #atGap(cut: bigint, gap: number, eager: boolean): bigint | undefined {
    const [buffer] = this.#buffers, at = this.at!, { pieces } = buffer!;
    if (this.#buffers.length !== 1 || this.#conditions.length > 0 || this.#spec.chunkSize !== undefined) {
      return cut;
    }
    // Where a chunk ends, its cover is known.
    if (cut === buffer!.frontier && cut - buffer!.coverAt(cut) >= BigInt(gap)) return cut;
    const from = buffer!.rowAt(at), to = buffer!.rowAt(cut);
    // Behind a rest, the next stretch must need nothing of it; else few rows are left for it.
    const least = this.goesOn ? buffer!.rows - pieces.at(-1)!.length : to - Math.ceil((to - from) / MANY);
    let cover = Number(buffer!.coverAt(at) - at), last = 0, row = 0, found = -1;
    for (const piece of pieces) {
      const times = timesOf(piece), ends = endtimesOf(piece), shift = Number(piece.t0 - at);
      const stop = Math.min(piece.length, to - row);
      for (let i = Math.max(0, from - row); i < stop; i++) {
        const time = times[i]! + shift, end = ends[i]! + shift;
        if (time - cover >= gap && time > last && row + i >= least) found = time;
        if (end > cover) cover = end;
        last = time;
      }
      row += piece.length;
    }
    const isGap = Number(cut - at) - cover >= gap && Number(cut - at) > last;
    const time = isGap ? cut : at + BigInt(found), few = this.#few;
    this.#few = 0;
    if (!isGap && (found < 0 || time <= this.#seen!)) {
      if (eager || this.frontier === END || to - from > few) return cut;
      this.#few = few;
      return undefined;
    }
    if (this.goesOn && firstNeeded(buffer!, this.#halo, time) < least) return cut;
    this.goesOn = false; // nothing of this stretch belongs to the next one
    if (!isGap) this.#few = Math.ceil((to - from) / MANY);
    return time;
  }

  /**
   * The cut, or an earlier one: where few rows are left of earlier chunks and the last one is large, a stretch ends soon behind those
   * rows. It is copied, what follows is a part of one chunk and is not.
   */
  #behindRest(cut: bigint, frontier: bigint): bigint {
    const [buffer] = this.#buffers, { pieces } = buffer!, large = pieces.at(-1);
    if (this.#buffers.length !== 1 || this.#spec.chunkSize !== undefined) return cut;
    if (pieces.length < 2 || large!.nbytes < LARGE) return cut;
    const rest = buffer!.rows - large!.length;
    if (rest * MANY > large!.length) return cut;
    const soon = this.#lower(buffer!.timeOf(rest + Math.floor(large!.length / MANY)), frontier);
    if (soon === undefined || soon >= cut) return cut;
    // The next stretch must need nothing of the rest.
    this.goesOn = firstNeeded(buffer!, this.#halo, soon) >= rest;
    return this.goesOn ? soon : cut;
  }

  /**
   * Whether the only input can be cut where it ends so far, and nothing asks for another place: its rows need not be looked at then.
   */
  #isGap(frontier: bigint): boolean {
    const [condition] = this.#conditions, [buffer] = this.#buffers;
    if (this.#conditions.length !== 1 || this.#buffers.length !== 1 || this.#halo) return false;
    if (this.#spec.chunkSize !== undefined || frontier === END || frontier <= this.#seen!) return false;
    const at = this.at!, piece = buffer!.pieces.at(-1);
    const last = piece ? Number(piece.t0 - at) + timesOf(piece).at(-1)! : -Infinity;
    const cover = Number(buffer!.coverAt(frontier) - at);
    if (!condition!.cuts.pass(Number(frontier - at), last, cover)) return false;
    condition!.scanned = frontier;
    return true;
  }

  /** Whether a stretch of its own may start at `time`, where no rows wait. */
  mayStartAt(time: bigint): boolean {
    return this.at === undefined || this.at === time && (this.#seen === undefined || this.#seen === time);
  }

  /** The stretch `[start, end)` was computed elsewhere: its rows end by `cover`, and it ends in a gap. */
  skip(start: bigint, end: bigint, cover: bigint): void {
    this.at ??= start;
    const length = Number(end - start);
    for (const condition of this.#conditions) {
      if (!condition.cuts.pass(length, length - 1, Number(cover - start))) {
        throw new RangeError(`There is no gap at ${end} ps behind rows that end at ${cover} ps`);
      }
      condition.scanned = end;
    }
    this.take(end);
  }

  /** The stretch up to `time` was taken. */
  take(time: bigint): void {
    this.#seen = time;
  }

  /** The next stretch starts at `time`. */
  moveTo(time: bigint): void {
    const delta = Number(time - this.at!);
    for (const { cuts } of this.#conditions) cuts.shift(delta, delta);
    this.at = time;
  }

  /** Whether rows are known that could be cut if the plugin's own condition were met. */
  get blocked(): boolean {
    const { frontier, at } = this;
    return at !== undefined && frontier !== undefined && frontier > at;
  }

  /** What must come before the next cut, in words. */
  get missing(): string {
    const { frontier } = this;
    const { geometry, inputs, whole } = this.#spec;
    if (whole) return "the end of the run";
    const boundary = geometry.boundary ?? "any";
    if (this.blocked && boundary !== "any") {
      return `a place to cut (boundary ${JSON.stringify(boundary).replaceAll('"', "")})`;
    }
    if (this.blocked && this.#halo) return `its halo of ${this.#halo.right} ps`;
    const lag = inputs.find(({ buffer }) => buffer.known === undefined || buffer.known === frontier);
    return `"${lag?.types[0]}"`;
  }

  /** Whether the first input has as many rows waiting as a chunk shall have. */
  #enough(): boolean {
    const { chunkSize, waits } = this.#spec;
    if (chunkSize === undefined || !waits) return true;
    const buffer = this.#buffers[0]!;
    return buffer.rows - buffer.rowAt(this.at!) >= chunkSize;
  }

  /** A time before `limit` at which the first input has as many rows as a chunk shall have. */
  #target(limit: bigint): bigint | undefined {
    const { chunkSize } = this.#spec;
    if (chunkSize === undefined) return undefined;
    const buffer = this.#buffers[0]!, seen = this.#seen!;
    const row = buffer.rowAt(seen > this.at! ? seen : this.at!) + chunkSize;
    if (row >= buffer.rows) return undefined;
    let time = buffer.timeOf(row);
    if (time <= seen) time = seen + 1n;
    return time < limit ? time : undefined;
  }

  /** The largest cut at or before `time` that suits all inputs and the halo. */
  #lower(time: bigint, frontier: bigint): bigint | undefined {
    let cut = time;
    while (true) {
      const before = cut;
      if (this.#halo) {
        const lowered = this.#lowerForHalo(cut, frontier);
        if (lowered === undefined) return undefined;
        cut = lowered;
      }
      for (const condition of this.#conditions) cut = lowerTo(condition, cut, this.at!);
      if (cut <= this.#seen!) return undefined;
      if (cut === before) return cut;
    }
  }

  #lowerForHalo(cut: bigint, frontier: bigint): bigint | undefined {
    if (frontier === END) return cut;
    const limit = frontier - BigInt(this.#halo!.right);
    if (cut > limit) cut = limit;
    if (cut <= this.#seen!) return undefined;
    if (this.#halo!.by === "start") return cut;
    // The halo reaches beyond the end of the longest own row.
    const buffer = this.#buffers[0]!;
    const row = buffer.firstEndingAfter(limit, buffer.rowAt(this.at!), cut);
    return row < 0 ? cut : buffer.timeOf(row);
  }
}

/** The halo with its default. */
export function haloOf({ halo }: Geometry): Required<Halo> | undefined {
  return halo && { by: "touch", ...halo };
}

function leastStart(buffers: readonly InputBuffer[]): bigint | undefined {
  let least: bigint | undefined;
  for (const { start } of buffers) {
    if (start !== undefined && (least === undefined || start < least)) least = start;
  }
  return least;
}

function conditionsOf(inputs: readonly CutInput[], boundary: NonNullable<Geometry["boundary"]>): Condition[] {
  const condition = (wanted: Boundary, ...buffers: InputBuffer[]): Condition[] => {
    if (wanted === "any") return [];
    const { gap, maxSpan = Infinity } = wanted === "sealed" ? { gap: 0 } : wanted;
    return [{ cuts: new CutSet(gap, maxSpan), buffers, scanned: NO_COVER }];
  };
  if (typeof boundary === "object" && "union" in boundary) {
    return condition(boundary.union, ...inputs.map(({ buffer }) => buffer));
  }
  // Types of one kind are one input: each may have a boundary of its own.
  if (typeof boundary === "object" && "inputs" in boundary) {
    return inputs.flatMap(({ types, buffer }) =>
      types.flatMap((type) => condition(boundary.inputs[type] ?? "any", buffer))
    );
  }
  return inputs.flatMap(({ buffer }) => condition(boundary, buffer));
}

/** Up to where all rows of a condition's inputs are known, but not beyond the longest chunk from `at` on. */
function knownOf({ buffers }: Condition, at: bigint): bigint {
  const limit = at + MAX_CHUNK_PS;
  let least = END, last = at;
  for (const { known, frontier } of buffers) {
    if (known === undefined) return at;
    if (known < least) least = known;
    if (frontier !== undefined && frontier > last) last = frontier;
  }
  return least > limit && last > limit ? limit : least;
}

/** Add the rows that have become known, in time order, to the cut set. Times there count from `at`. */
function scan(condition: Condition, at: bigint): void {
  const to = knownOf(condition, at);
  if (to <= condition.scanned) return;
  const parts: { times: Float64Array; ends: Float64Array; shift: number; next: number; stop: number }[] = [];
  for (const { pieces } of condition.buffers) {
    for (const piece of pieces) {
      const next = rowAt(piece, condition.scanned), stop = rowAt(piece, to);
      if (next >= stop) continue;
      parts.push({
        times: timesOf(piece),
        ends: endtimesOf(piece),
        shift: Number(piece.t0 - at),
        next,
        stop,
      });
    }
  }
  condition.scanned = to;
  if (condition.buffers.length === 1) {
    for (const { times, ends, shift, next, stop } of parts) {
      condition.cuts.addRows(times, ends, next, stop, shift);
    }
    return;
  }
  while (true) {
    let best = -1, time = Infinity;
    for (let k = 0; k < parts.length; k++) {
      const part = parts[k]!;
      if (part.next >= part.stop) continue;
      const t = part.times[part.next]! + part.shift;
      if (t < time) {
        time = t;
        best = k;
      }
    }
    if (best < 0) return;
    const part = parts[best]!;
    condition.cuts.add(time, part.ends[part.next++]! + part.shift);
  }
}

function lowerTo(condition: Condition, cut: bigint, at: bigint): bigint {
  const known = knownOf(condition, at);
  const frontier = known === END ? Infinity : Number(known - at);
  const limit = Number(cut - at);
  const lowered = condition.cuts.largestAtMost(limit, frontier);
  return lowered === limit ? cut : lowered === -Infinity ? NO_COVER : at + BigInt(lowered);
}
