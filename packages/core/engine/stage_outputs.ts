// The outputs of a stage: which rows of a stretch are kept, and how far each output may be given.

import type { Chunk } from "../chunk/chunk.ts";
import type { Schema } from "../data/schema.ts";
import type { Table } from "../data/table.ts";
import type { Geometry, Plugin, Reach } from "../plugin/plugin.ts";
import type { GraphServices } from "./node.ts";
import { OutputCarry } from "./output_carry.ts";
import type { Region } from "./region.ts";
import type { SavedState } from "../store/types.ts";
import { type Stage, type StageResult, StepError } from "./stage.ts";

/** What decides on the outputs. */
export interface StageOutputsSpec {
  readonly stage: Stage;
  /** Geometry of the first plugin. */
  readonly geometry: Geometry;
  /** Kinds of the inputs. */
  readonly inputKinds: readonly string[];
  /** Schemas by output. */
  readonly schemas: Readonly<Record<string, Schema>>;
  /** State of an earlier run, of which rows may still come that start before the input. */
  readonly saved?: SavedState | undefined;
}

interface Output {
  readonly plugin: Plugin;
  readonly carry: OutputCarry;
  readonly reachLeft: bigint;
  /** Undefined where it is not known. */
  readonly reachRight: bigint | undefined;
  /** Only rows that start in their stretch are kept: the neighbours make the others. */
  readonly inStretch: boolean;
}

/** Rows in, stretch by stretch; chunks out. */
export class StageOutputs {
  readonly #outputs = new Map<string, Output>();
  /** Rows may come from there on, though the first stretch starts later. */
  readonly #hold: bigint | undefined;
  #started = false;

  /** @param give Takes the chunks, with the name of the plugin that made them. It may call {@linkcode StageOutputs.clear}. */
  constructor(spec: StageOutputsSpec, services: GraphServices, give: (plugin: string, chunk: Chunk) => void) {
    const { stage, geometry, inputKinds, schemas, saved } = spec;
    this.#hold = saved?.hold;
    const { runId } = services;
    const kinds = new Set(inputKinds);
    stage.steps.forEach(({ plugin, options }, k) => {
      const own = k === 0 ? geometry : plugin.geometry(options);
      const before = new Set(kinds); // two outputs of one new kind are both put in its order
      for (const dataType of plugin.provides) {
        const dataKind = plugin.kind === "merge" ? inputKinds[0]! : plugin.dataKinds[dataType] ?? dataType;
        if (stage.outputs.includes(dataType)) {
          const info = {
            runId,
            dataType,
            dataKind,
            schema: schemas[dataType]!,
            sameKind: before.has(dataKind),
            advice: adviceFor(plugin),
          };
          const { left = 0, right } = reachOf(own, dataType) ?? {};
          this.#outputs.set(dataType, {
            plugin,
            carry: new OutputCarry(info, services, (chunk) => give(plugin.name, chunk)),
            reachLeft: BigInt(left),
            reachRight: right === undefined ? undefined : BigInt(right),
            // What later plugins of a chain make may start behind the stretch.
            inStretch: k === 0 && geometry.halo !== undefined,
          });
        }
        kinds.add(dataKind); // later steps of the chain see it as their input's kind
      }
    });
  }

  /** Bytes of buffers that pending rows keep alive. */
  get bytes(): number {
    let bytes = 0;
    for (const { carry } of this.#outputs.values()) bytes += carry.bytes;
    return bytes;
  }

  /**
   * The rows of a stretch; `until` is how far the plugin is done, apart from its reach.
   *
   * @throws {StepError} On a row that starts earlier or later than its plugin's reach lets it. O(1) a table: what is earlier or
   *   later than the whole stretch lets it is seen, so that more is seen with smaller stretches.
   */
  add(region: Region, results: readonly StageResult[], until: bigint): void {
    const isFirst = !this.#started;
    this.#started = true;
    // All outputs are in before the first is given: giving may end the node.
    const tables = results.flatMap(({ outputs }) => Object.entries(outputs));
    while (tables.length > 0) {
      const [type, table] = tables.shift()!;
      if (!table) continue;
      try {
        this.#addTable(this.#outputs.get(type)!, table, region, isFirst);
      } catch (error) {
        for (const [, left] of tables) left?.release();
        throw error;
      }
    }
    for (const { carry, reachLeft, inStretch } of this.#outputs.values()) {
      if (inStretch) {
        const { firstTime } = carry;
        carry.start(firstTime !== undefined && firstTime < region.start ? firstTime : region.start);
      } else carry.start(this.#startOf(region) - reachLeft);
    }
    if (region.last) return;
    for (const { carry, reachLeft } of this.#outputs.values()) {
      // What comes of the next stretch would have to be put in order with the few rows that reach into it.
      if (!(region.goesOn && carry.reachesTo(region.end))) carry.advance(until - reachLeft);
    }
  }

  #addTable(output: Output, table: Table, region: Region, isFirst: boolean): void {
    const { plugin, carry, reachLeft, reachRight, inStretch } = output;
    if (!inStretch) carry.start(this.#startOf(region) - reachLeft);
    // With a halo, the neighbours make what starts outside; before the first and after the last there is none.
    const from = inStretch && !isFirst ? region.start : undefined;
    const to = inStretch && !region.last ? region.end : undefined;
    try {
      carry.add(table, from, to);
      if (reachRight !== undefined) carry.checkLast(region.end, reachRight);
    } catch (error) {
      throw new StepError(plugin, error);
    }
  }

  /** Earliest start of a row that is made of a first stretch, apart from reach. */
  #startOf({ start }: Region): bigint {
    return this.#hold !== undefined && this.#hold < start ? this.#hold : start;
  }

  /** Whether the next chunk of an output starts at `time` and has no rows so far. */
  isAt(type: string, time: bigint): boolean {
    const { isEmpty, watermark = time } = this.#outputs.get(type)!.carry;
    return isEmpty && watermark === time;
  }

  /** Rows of an output that end by `cover` went elsewhere. */
  pass(type: string, cover: bigint): void {
    this.#outputs.get(type)!.carry.pass(cover);
  }

  /** The streams end, not before `end`. */
  finish(end: bigint): void {
    for (const { carry } of this.#outputs.values()) carry.finish(end);
  }

  /** Let go of everything. */
  clear(): void {
    for (const { carry } of this.#outputs.values()) carry.clear();
  }
}

function adviceFor({ stateful, carryOver }: Plugin): string {
  if (stateful) return "call hold with the earliest start that may still come, or declare reach.left";
  if (carryOver) {
    return "call consumedUntil with the earliest start that may still come, or declare reach.left";
  }
  return "declare how far before its input row an output may start (reach.left)";
}

function reachOf({ reach }: Geometry, dataType: string): Reach | undefined {
  return (reach as Readonly<Record<string, Reach>> | undefined)?.[dataType];
}
