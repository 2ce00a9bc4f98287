// A node that computes a stage: it aligns its inputs, cuts them where the first plugin allows it, has the stretches
// computed, and gives the outputs in order.

import { Chunk, endtimesOf, MAX_CHUNK_PS, NO_COVER, rowAt, timesOf } from "../chunk/chunk.ts";
import type { Boundary, Geometry, Halo, Plugin, Reach } from "../plugin/plugin.ts";
import { abortable } from "./abortable.ts";
import { findBreaks } from "./breaks.ts";
import { CutSet } from "./cut_set.ts";
import type { Edge } from "./edge.ts";
import { PipelineError } from "./errors.ts";
import { END, InputBuffer } from "./input_buffer.ts";
import { type GraphServices, Node } from "./node.ts";
import { OutputCarry } from "./output_carry.ts";
import { type Stage, type StageResult, StepError } from "./stage.ts";
import type { Schema } from "../data/schema.ts";

/** One input of a stage: an edge, and the data types that it is known by. */
export interface StageInput {
  readonly types: readonly string[];
  readonly edge: Edge;
  readonly schema: Schema;
  readonly dataKind: string;
}

/** How a stage node works. */
export interface StageNodeSpec {
  readonly stage: Stage;
  readonly inputs: readonly StageInput[];
  /** Geometry of the first plugin. */
  readonly geometry: Geometry;
  /** Whole run at once. */
  readonly whole: boolean;
  /** Target rows a stretch; undefined: as they come. */
  readonly chunkSize: number | undefined;
  /** Schemas by output. */
  readonly schemas: Readonly<Record<string, Schema>>;
  /** Longer stretches without rows reset state; undefined: never. */
  readonly breakThreshold: number | undefined;
}

interface Input extends StageInput {
  readonly buffer: InputBuffer;
  /** Allowed cuts, where the boundary of this input asks for more than `any`. */
  readonly cuts: CutSet | undefined;
}

interface Region {
  readonly start: bigint;
  readonly end: bigint;
  readonly last: boolean;
  readonly chunks: readonly Chunk[];
  readonly own: { readonly from: number; readonly to: number };
}

interface Task {
  readonly region: Region;
  readonly index: number;
  readonly result: Promise<StageResult[]>;
  settled: boolean;
}

const sealed = (boundary: Boundary): { gap: number; maxSpan: number } | undefined =>
  boundary === "any"
    ? undefined
    : boundary === "sealed"
    ? { gap: 0, maxSpan: Infinity }
    : { gap: boundary.gap, maxSpan: boundary.maxSpan ?? Infinity };

/** Computes a stage. */
export class StageNode extends Node {
  readonly #spec: StageNodeSpec;
  readonly #first: Plugin;
  readonly #inputs: readonly Input[];
  readonly #halo: Required<Halo> | undefined;
  readonly #carries = new Map<string, OutputCarry>();
  readonly #reachLeft = new Map<string, bigint>();
  readonly #inOrder: boolean;
  readonly #depth: number;
  #unionCuts: CutSet | undefined;
  #unionNext: { time: bigint } = { time: NO_COVER };
  /** Times of the cut sets are relative to it. */
  #origin: bigint | undefined;
  /** The last cut: where the next stretch starts. */
  #at: bigint | undefined;
  /** Everything up to here was in a stretch already (rows may be handed over again). */
  #seen: bigint | undefined;
  #lastGiven = false;
  #tasks: Task[] = [];
  #index = 0;
  /** Highest endtime of the rows that breaks are looked for in. */
  #segmentCover = NO_COVER;

  constructor(services: GraphServices, spec: StageNodeSpec) {
    super(services);
    this.#spec = spec;
    this.#first = spec.stage.steps[0]!.plugin;
    const { geometry } = spec;
    this.#halo = geometry.halo && { by: "touch", ...geometry.halo };
    const boundary = geometry.boundary ?? "any";
    const union = typeof boundary === "object" && "union" in boundary ? sealed(boundary.union) : undefined;
    if (union) this.#unionCuts = new CutSet(union.gap, union.maxSpan);
    this.#inputs = spec.inputs.map((input) => {
      const own = typeof boundary === "string" || "gap" in boundary
        ? boundary
        : "inputs" in boundary
        ? input.types.map((type) => boundary.inputs[type]).find((b) => b !== undefined) ?? "any"
        : "any";
      const wanted = sealed(own);
      return {
        ...input,
        buffer: new InputBuffer(input.schema),
        cuts: wanted && new CutSet(wanted.gap, wanted.maxSpan),
      };
    });
    const { running } = this.#first;
    this.#inOrder = this.#first.stateful !== undefined || this.#first.carryOver;
    this.#depth = this.#inOrder || running.parallel === false
      ? 1
      : Math.max(1, Math.min(services.executor.concurrency, running.maxWorkers ?? Infinity));
    const kinds = new Set(spec.inputs.map((input) => input.dataKind));
    for (const { plugin } of spec.stage.steps) {
      for (const dataType of plugin.provides) {
        if (!spec.stage.outputs.includes(dataType)) continue;
        const dataKind = plugin.kind === "merge"
          ? spec.inputs[0]!.dataKind
          : plugin.dataKinds[dataType] ?? dataType;
        const sameKind = kinds.has(dataKind);
        this.#carries.set(
          dataType,
          new OutputCarry(
            { runId: services.runId, dataType, dataKind, schema: spec.schemas[dataType]!, sameKind },
            services,
            (chunk) => this.give(plugin.name, chunk),
          ),
        );
        const reach = plugin === this.#first ? reachOf(geometry, dataType) : undefined;
        this.#reachLeft.set(dataType, BigInt(reach?.left ?? 0));
        if (!sameKind) kinds.add(dataKind); // later steps of the chain see it as their input's kind
      }
    }
  }

  get plugins(): readonly string[] {
    return this.#spec.stage.steps.map(({ plugin }) => plugin.name);
  }

  get bytes(): number {
    let bytes = 0;
    for (const { buffer, edge } of this.#inputs) bytes += buffer.bytes + edge.bytes;
    for (const carry of this.#carries.values()) bytes += carry.bytes;
    return bytes;
  }

  waitsFor(): string | undefined {
    const at = this.#at;
    if (at === undefined || this.done) return undefined;
    const frontier = this.#commonFrontier();
    const stretch = `[${at} .. ${frontier === END || frontier === undefined ? "end" : frontier}) ps`;
    const boundary = this.#spec.geometry.boundary ?? "any";
    if (this.#spec.whole) return `"${this.#first.name}" needs the whole run at once; it has ${stretch}`;
    if (boundary !== "any") {
      const text = JSON.stringify(boundary).replaceAll('"', "");
      return `"${this.#first.name}" waits in ${stretch} for a place to cut (${text})`;
    }
    if (this.#halo) return `"${this.#first.name}" waits in ${stretch} for its halo of ${this.#halo.right} ps`;
    const lag = this.#inputs.find(({ buffer }) => buffer.known === frontier);
    return `"${this.#first.name}" waits in ${stretch} for "${lag?.types[0]}"`;
  }

  protected async advance(pull: boolean): Promise<boolean> {
    const before = this.given;
    while (this.#tasks.length < this.#depth && !this.#tasks[0]?.settled) {
      const region = this.#lastGiven ? undefined : this.#nextRegion();
      if (region) {
        this.#submit(region);
        continue;
      }
      if (this.#lastGiven || this.#takeQueued()) {
        if (this.#lastGiven) break;
        continue;
      }
      if (!pull) break;
      await this.#lowest().edge.producer.step();
    }
    const task = this.#tasks.shift();
    if (task) await this.#collect(task);
    else if (this.#lastGiven && !this.done) this.#finish();
    return this.given > before;
  }

  #lowest(): Input {
    let lowest: Input | undefined;
    for (const input of this.#inputs) {
      if (input.buffer.ended) continue;
      const { frontier } = input.buffer;
      if (frontier === undefined) return input;
      if (!lowest || frontier < lowest.buffer.frontier!) lowest = input;
    }
    return lowest!;
  }

  /** Take in one chunk (or the end) of the input that is furthest behind; false if there is nothing to take. */
  #takeQueued(): boolean {
    if (this.#inputs.every(({ buffer }) => buffer.ended)) {
      this.#lastGiven = true; // nothing ever came
      return true;
    }
    const input = this.#lowest();
    const chunk = input.edge.take();
    if (!chunk) {
      if (!input.edge.ended) return false;
      input.buffer.ended = true;
      return true;
    }
    const { table } = chunk;
    const rows = chunk.length;
    input.buffer.append(chunk);
    if (input.cuts && rows > 0) this.#scan(input.cuts, table.t0, timesOf(table), endtimesOf(table));
    return true;
  }

  // Cut sets count from the origin; before the first cut that is the start of the first chunk seen.
  #scan(
    cuts: CutSet,
    t0: bigint,
    times: Float64Array,
    ends: Float64Array,
    from = 0,
    to: number = times.length,
  ): void {
    this.#origin ??= this.#inputs.find(({ buffer }) => buffer.start !== undefined)!.buffer.start!;
    const shift = Number(t0 - this.#origin);
    if (from < to && !Number.isSafeInteger(shift + times[to - 1]!)) {
      throw this.#fail(
        new RangeError(
          "More than 2^53 ps (2.5 h) of rows wait for a place to cut, which is more than one chunk holds",
        ),
        this.#at,
        undefined,
      );
    }
    for (let i = from; i < to; i++) cuts.add(times[i]! + shift, ends[i]! + shift);
  }

  #commonFrontier(): bigint | undefined {
    let least: bigint | undefined = END;
    for (const { buffer } of this.#inputs) {
      const { known } = buffer;
      if (known === undefined) return undefined;
      if (known < least) least = known;
    }
    return least;
  }

  /** Rows of all inputs in time order, up to the common frontier, into the union's cut set. */
  #scanUnion(frontier: bigint): void {
    const cuts = this.#unionCuts!;
    const from = this.#unionNext.time;
    const parts: { t0: bigint; times: Float64Array; ends: Float64Array; next: number; to: number }[] = [];
    for (const { buffer } of this.#inputs) {
      for (const piece of buffer.pieces) {
        const next = rowAt(piece, from), to = rowAt(piece, frontier);
        if (next < to) parts.push({ t0: piece.t0, times: timesOf(piece), ends: endtimesOf(piece), next, to });
      }
    }
    this.#origin ??= this.#at!;
    const shifts = parts.map((part) => Number(part.t0 - this.#origin!));
    while (true) {
      let best = -1, time = Infinity;
      for (let k = 0; k < parts.length; k++) {
        const part = parts[k]!;
        if (part.next >= part.to) continue;
        const t = part.times[part.next]! + shifts[k]!;
        if (t < time) {
          time = t;
          best = k;
        }
      }
      if (best < 0) break;
      const part = parts[best]!;
      cuts.add(time, part.ends[part.next]! + shifts[best]!);
      part.next++;
    }
    this.#unionNext = { time: frontier };
  }

  /** The next cut, `END` for the rest, undefined if more input is needed. */
  #nextCut(): bigint | undefined {
    const frontier = this.#commonFrontier();
    if (frontier === undefined) return undefined;
    this.#at ??= this.#inputs.reduce<bigint | undefined>(
      (least, { buffer }) =>
        buffer.start !== undefined && (least === undefined || buffer.start < least) ? buffer.start : least,
      undefined,
    );
    if (this.#at === undefined) return undefined; // no input had anything
    this.#seen ??= this.#at;
    if (this.#unionCuts && frontier > this.#unionNext.time) this.#scanUnion(frontier);
    if (this.#spec.whole) return frontier === END ? END : undefined;
    const longest = this.#at + MAX_CHUNK_PS;
    const far = frontier === END ? this.#lastEnd(this.#at) > longest : frontier > longest;
    const limit = far ? longest : frontier;
    const target = this.#target(limit);
    if (target === undefined && !far && frontier !== END && !this.#enough()) return undefined;
    const cut = (target === undefined ? undefined : this.#lower(target, frontier)) ??
      (frontier === END && !far ? END : this.#lower(limit, frontier));
    if (cut === undefined && far) {
      throw this.#fail(
        new RangeError(
          `There is no place to cut in 2^53 ps (2.5 h), which is the longest chunk: ${this.waitsFor()}`,
        ),
        this.#at,
        undefined,
      );
    }
    return cut;
  }

  /** Whether the first input has as many rows waiting as a chunk shall have. */
  #enough(): boolean {
    const { chunkSize } = this.#spec;
    if (chunkSize === undefined) return true;
    const { buffer } = this.#inputs[0]!;
    return buffer.rows - buffer.rowAt(this.#at!) >= chunkSize;
  }

  /** A time before `limit` at which the first input has as many rows as a chunk shall have. */
  #target(limit: bigint): bigint | undefined {
    const { chunkSize } = this.#spec;
    if (chunkSize === undefined) return undefined;
    const { buffer } = this.#inputs[0]!;
    const from = buffer.rowAt(this.#seen! > this.#at! ? this.#seen! : this.#at!);
    const row = from + chunkSize;
    if (row >= buffer.rows) return undefined;
    let time = buffer.timeOf(row);
    if (time <= this.#seen!) time = this.#seen! + 1n;
    return time < limit ? time : undefined;
  }

  /** The largest cut at or before `time` that suits all inputs and the halo. */
  #lower(time: bigint, frontier: bigint): bigint | undefined {
    const origin = this.#origin;
    let cut = time;
    for (let before: bigint | undefined; before !== cut;) {
      before = cut;
      if (this.#halo) {
        const lowered = this.#lowerForHalo(cut, frontier);
        if (lowered === undefined) return undefined;
        cut = lowered;
      }
      if (origin !== undefined) {
        for (const { cuts, buffer } of this.#inputs) {
          if (cuts) cut = lowerTo(cuts, cut, buffer.known!, origin);
        }
        if (this.#unionCuts) cut = lowerTo(this.#unionCuts, cut, frontier, origin);
      }
      if (cut <= this.#seen!) return undefined;
    }
    return cut;
  }

  #lowerForHalo(cut: bigint, frontier: bigint): bigint | undefined {
    if (frontier === END) return cut;
    const limit = frontier - BigInt(this.#halo!.right);
    if (cut > limit) cut = limit;
    if (cut <= this.#seen!) return undefined;
    if (this.#halo!.by === "start") return cut;
    // The halo reaches beyond the end of the longest own row.
    const { buffer } = this.#inputs[0]!;
    const row = buffer.firstEndingAfter(limit, buffer.rowAt(this.#at!), cut);
    return row < 0 ? cut : buffer.timeOf(row);
  }

  #nextRegion(): Region | undefined {
    if (this.#inOrder && this.#tasks.length > 0) return undefined; // where it starts is not known yet
    const cut = this.#nextCut();
    if (cut === undefined) return undefined;
    const start = this.#at!;
    const last = cut === END;
    const end = last ? this.#lastEnd(start) : cut;
    // At the end of the input there may be nothing left; a halo plugin still gives what starts later, a stateful one
    // what it held back.
    if (last && end <= start && !this.#halo && !this.#first.stateful) {
      this.#lastGiven = true;
      return undefined;
    }
    const region = this.#gather(start, end > start ? end : start + 1n, last);
    this.#seen = region.end;
    if (last) this.#lastGiven = true;
    if (!this.#inOrder) this.#moveTo(region.end);
    return region;
  }

  #lastEnd(start: bigint): bigint {
    let end = start;
    for (const { buffer } of this.#inputs) {
      if (buffer.frontier !== undefined && buffer.frontier > end) end = buffer.frontier;
    }
    return end;
  }

  #gather(start: bigint, end: bigint, last: boolean): Region {
    const { runId } = this.services;
    const base = this.#inputs[0]!.buffer;
    const halo = this.#halo;
    let from = start, to = end;
    if (halo) {
      from = start - BigInt(halo.left);
      if (halo.by === "touch") to = base.coverEnd(base.rowAt(start), base.rowAt(end), end);
      to += BigInt(halo.right);
    }
    const own = { from: 0, to: 0 };
    const chunks: Chunk[] = [];
    try {
      this.#inputs.forEach(({ buffer, types, dataKind }, k) => {
        const first = halo
          ? halo.by === "touch" ? buffer.firstTouching(from) : buffer.rowAt(from)
          : buffer.rowAt(start);
        const stop = last ? buffer.rows : buffer.rowAt(to);
        const table = buffer.gather(first, stop, start, this.services);
        if (k === 0) {
          own.from = buffer.rowAt(start) - first;
          own.to = (last ? buffer.rows : buffer.rowAt(end)) - first;
        }
        // A halo's rows are no part of the stream's cover.
        const coverEnd = halo ? NO_COVER : buffer.coverAt(end);
        const withHalo = halo !== undefined;
        chunks.push(
          new Chunk(table, { start, end, coverEnd, withHalo, runId, dataType: types[0]!, dataKind }),
        );
      });
    } catch (cause) {
      for (const chunk of chunks) chunk.release();
      throw this.#fail(cause, start, end);
    }
    return { start, end, last, chunks, own };
  }

  /** The next stretch starts at `time`: rows that are no longer needed are let go. */
  #moveTo(time: bigint): void {
    const halo = this.#halo;
    for (const { buffer, cuts } of this.#inputs) {
      if (buffer.frontier === undefined) continue;
      if (halo) {
        const from = time - BigInt(halo.left);
        buffer.drop(halo.by === "touch" ? buffer.firstTouching(from) : buffer.rowAt(from));
      } else {
        buffer.forget(time);
        buffer.drop(buffer.rowAt(time));
      }
      if (cuts && this.#origin !== undefined) shiftTo(cuts, this.#origin, time);
    }
    if (this.#unionCuts && this.#origin !== undefined) shiftTo(this.#unionCuts, this.#origin, time);
    if (this.#origin !== undefined) this.#origin = time;
    this.#at = time;
  }

  #submit(region: Region): void {
    const result = this.#compute(region);
    const task: Task = { region, index: this.#index++, result, settled: false };
    // A failure is reported in its turn, when the task is collected.
    const settle = () => {
      task.settled = true;
    };
    result.then(settle, settle);
    this.#tasks.push(task);
  }

  async #compute(region: Region): Promise<StageResult[]> {
    const { executor, signal } = this.services;
    const { stage } = this.#spec;
    const affinity = this.#inOrder ? `${this.services.runId}/${stage.id}` : undefined;
    const submit = async (
      chunks: readonly Chunk[],
      interval: { start: bigint; end: bigint; own: Region["own"]; last: boolean; call: "compute" | "flush" },
    ): Promise<StageResult> => {
      const inputs: Record<string, Chunk> = {};
      let bytes = 0;
      chunks.forEach((chunk, k) => {
        for (const type of this.#inputs[k]!.types) inputs[type] = chunk;
        bytes += chunk.table.nbytes;
      });
      const options = { signal, affinity, bytes, environment: this.#environment };
      const result = executor.submit(stage, inputs, interval, options);
      return result instanceof Promise ? await abortable(result, signal) : result;
    };
    const { start, end, last, own, chunks } = region;
    if (!this.#first.stateful) {
      try {
        return [await submit(chunks, { start, end, own, last, call: "compute" })];
      } finally {
        for (const chunk of chunks) chunk.release();
      }
    }
    return await this.#computeSegments(region, submit);
  }

  /** A stateful plugin's stretch, divided at breaks; state starts anew after each. */
  async #computeSegments(
    region: Region,
    submit: (
      chunks: readonly Chunk[],
      interval: { start: bigint; end: bigint; own: Region["own"]; last: boolean; call: "compute" | "flush" },
    ) => Promise<StageResult>,
  ): Promise<StageResult[]> {
    const results: StageResult[] = [];
    const breaks = this.#breaks(region);
    const starts = [region.start, ...breaks];
    try {
      for (let k = 0; k < starts.length; k++) {
        const start = starts[k]!, end = starts[k + 1] ?? region.end;
        const ends = k + 1 < starts.length || region.last;
        const parts = breaks.length === 0
          ? region.chunks
          : region.chunks.map((chunk) => part(chunk, start, end));
        const own = { from: 0, to: parts[0]!.length };
        try {
          // A break may lie at the very start of the stretch: nothing is before it then but the end of a segment.
          if (start < end) {
            results.push(await submit(parts, { start, end, own, last: ends, call: "compute" }));
          }
          if (ends) {
            results.push(
              await submit(parts, {
                start,
                end: end > start ? end : start + 1n,
                own,
                last: true,
                call: "flush",
              }),
            );
          }
        } finally {
          if (parts !== region.chunks) { for (const chunk of parts) chunk.release(); }
        }
      }
      return results;
    } catch (error) {
      for (const { outputs } of results) for (const table of Object.values(outputs)) table?.release();
      throw error;
    } finally {
      for (const chunk of region.chunks) chunk.release();
    }
  }

  #breaks(region: Region): bigint[] {
    const { breakThreshold } = this.#spec;
    if (breakThreshold === undefined) return [];
    const wanted = this.#first.stateful!.breakInput;
    const chunks = wanted === undefined
      ? region.chunks
      : region.chunks.filter((_, k) => this.#inputs[k]!.types.includes(wanted));
    const breaks = findBreaks(chunks, this.#segmentCover, breakThreshold);
    for (const chunk of chunks) if (chunk.coverEnd > this.#segmentCover) this.#segmentCover = chunk.coverEnd;
    return breaks;
  }

  readonly #environment = {
    runId: this.services.runId,
    pool: this.services.pool,
    account: this.services.account,
    notice: (plugin: string, text: string): void => this.services.event({ type: "notice", plugin, text }),
  };

  async #collect(task: Task): Promise<void> {
    const { region, index } = task;
    let results: StageResult[];
    try {
      results = await task.result;
    } catch (cause) {
      throw this.#fail(cause, region.start, region.end, index);
    }
    let consumed = region.end, hold = END;
    for (const result of results) {
      if (result.consumedUntil !== undefined && result.consumedUntil < consumed) {
        consumed = result.consumedUntil;
      }
      hold = result.hold ?? END;
      for (const [plugin, ms] of Object.entries(result.busy)) this.metricsOf(plugin).busyMs += ms;
    }
    if (this.done) {
      for (const { outputs } of results) for (const table of Object.values(outputs)) table?.release();
      return;
    }
    try {
      if (consumed < region.start || (region.last && consumed < region.end)) {
        throw new RangeError(
          `consumedUntil is ${consumed} ps in the stretch [${region.start} .. ${region.end}) ps` +
            (region.last ? ", the last one: everything must be consumed there" : ""),
        );
      }
      this.#give(region, results, consumed < hold ? consumed : hold);
    } catch (cause) {
      throw this.#fail(cause, region.start, region.end, index);
    }
    if (this.done) return;
    if (this.#inOrder) this.#moveTo(consumed);
    if (region.last) this.#finish();
  }

  #give(region: Region, results: readonly StageResult[], until: bigint): void {
    const first = [...this.#carries.values()].every((carry) => carry.watermark === undefined);
    // All outputs are in before the first is given: giving may end this node.
    for (const [type, carry] of this.#carries) {
      const reach = this.#reachLeft.get(type)!;
      if (!first || !this.#halo) carry.start(region.start - reach);
      // With a halo, the neighbours make what starts outside; before the first and after the last there is none.
      const from = this.#halo && !first ? region.start : undefined;
      const to = this.#halo && !region.last ? region.end : undefined;
      for (const { outputs } of results) {
        const table = outputs[type];
        if (table) carry.add(table, from, to);
      }
      const { firstTime } = carry;
      carry.start(firstTime !== undefined && firstTime < region.start ? firstTime : region.start);
    }
    for (const [type, carry] of this.#carries) {
      if (this.done) return;
      const before = this.#inOrder ? until : region.end;
      if (!region.last || this.#carries.size === 0) carry.advance(before - this.#reachLeft.get(type)!);
    }
  }

  #finish(): void {
    let end: bigint | undefined;
    for (const { buffer } of this.#inputs) {
      if (buffer.frontier !== undefined && (end === undefined || buffer.frontier > end)) {
        end = buffer.frontier;
      }
    }
    if (end !== undefined) {
      for (const carry of this.#carries.values()) {
        if (this.done) return;
        carry.finish(end);
      }
    }
    this.end();
  }

  #fail(cause: unknown, start: bigint | undefined, end: bigint | undefined, index = this.#index): unknown {
    const { signal, runId } = this.services;
    if (signal.aborted && cause === signal.reason) return cause;
    if (cause instanceof PipelineError) return cause;
    const { plugin, error } = cause instanceof StepError
      ? { plugin: cause.plugin, error: cause.cause }
      : { plugin: this.#first, error: cause };
    return new PipelineError(
      { plugin: plugin.name, module: plugin.module, runId, chunkIndex: index, start, end },
      error,
    );
  }

  protected clear(): void {
    for (const { buffer, edge } of this.#inputs) {
      buffer.clear();
      edge.abandon();
    }
    for (const carry of this.#carries.values()) carry.clear();
    this.services.executor.forget(this.#spec.stage);
    for (const task of this.#tasks) {
      task.result.then((results) => {
        for (const { outputs } of results) for (const table of Object.values(outputs)) table?.release();
      }, () => {}); // the run has ended: nobody is left to be told
    }
    this.#tasks = [];
  }
}

function reachOf(geometry: Geometry, dataType: string): Reach | undefined {
  const { reach } = geometry;
  if (!reach) return undefined;
  return (reach as Readonly<Record<string, Reach>>)[dataType];
}

function lowerTo(cuts: CutSet, cut: bigint, frontier: bigint, origin: bigint): bigint {
  const limit = cut === END ? Infinity : Number(cut - origin);
  const known = frontier === END ? Infinity : Number(frontier - origin);
  const lowered = cuts.largestAtMost(limit, known);
  return lowered === limit ? cut : lowered === -Infinity ? NO_COVER : origin + BigInt(lowered);
}

function shiftTo(cuts: CutSet, origin: bigint, time: bigint): void {
  const delta = Number(time - origin);
  cuts.shift(delta, delta);
}

/** The rows of a chunk that start in `[start, end)`, as a view. */
function part(chunk: Chunk, start: bigint, end: bigint): Chunk {
  const { runId, dataType, dataKind } = chunk;
  const table = chunk.table.slice(rowAt(chunk.table, start), rowAt(chunk.table, end));
  return new Chunk(table, {
    start,
    end: end > start ? end : start + 1n,
    coverEnd: NO_COVER,
    runId,
    dataType,
    dataKind,
  });
}
