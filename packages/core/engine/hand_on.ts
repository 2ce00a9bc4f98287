// What a stage does for the stage behind it, whose stretches are computed together with its own: it hands on those results, and an empty
// chunk in the place of the rows between the two.

import type { Chunk } from "../chunk/chunk.ts";
import type { Schema } from "../data/schema.ts";
import { Table } from "../data/table.ts";
import { type Computation, releaseAll } from "./computation.ts";
import { type Ahead, type Follower, letGoAhead, parted, rowsAgain } from "./follower.ts";
import type { GraphServices } from "./node.ts";
import { type Region, releaseRegion, sameRegion } from "./region.ts";
import type { Stage, StageResult } from "./stage.ts";
import type { StageOutputs } from "./stage_outputs.ts";
import { stretchText } from "./_time_text.ts";

/** A stage that may be computed together with the one behind it. */
export class HandingOn {
  /** The stage behind. */
  readonly follower: Follower;
  readonly #stage: Stage;
  readonly #schemas: Readonly<Record<string, Schema>>;
  readonly #computation: Computation;
  readonly #outputs: StageOutputs;
  readonly #services: GraphServices;
  /** The stretch under way, if its rows went to the stage behind already. */
  #passed: Region | undefined;

  constructor(
    follower: Follower,
    { stage, schemas }: { readonly stage: Stage; readonly schemas: Readonly<Record<string, Schema>> },
    computation: Computation,
    outputs: StageOutputs,
    services: GraphServices,
  ) {
    this.follower = follower;
    this.#stage = stage;
    this.#schemas = schemas;
    this.#computation = computation;
    this.#outputs = outputs;
    this.#services = services;
  }

  /** The result without what belongs to the stage behind, which gets that. */
  async handOn(region: Region, result: StageResult): Promise<StageResult> {
    const { type, take, second } = this.follower;
    const [own, theirs] = parted(result, second);
    if (!theirs) {
      releaseRegion(region);
      return own;
    }
    const isThere = own.outputs[type] !== undefined;
    const ahead: Ahead = {
      result: theirs,
      end: region.end,
      again: isThere ? undefined : () => this.#again(region, type),
      release: () => releaseRegion(region),
    };
    if (!this.#outputs.isAt(type, region.start)) {
      // Rows of an earlier stretch are in the same chunk.
      if (isThere) {
        letGoAhead(ahead);
        return own;
      }
      const { [this.#stage.steps.at(-1)!.plugin.name]: _, ...passed } = own.passed;
      try {
        const outputs = { ...own.outputs, [type]: await rowsAgain(ahead) };
        return { ...own, outputs, passed, ahead: undefined };
      } catch (cause) {
        releaseAll([own]);
        throw cause;
      }
    }
    if (!isThere) {
      this.#passed = region;
      this.#outputs.pass(type, result.ahead!);
    }
    take(region.start, ahead);
    return own;
  }

  /** Rows that went to the stage behind, once more. */
  async #again(region: Region, type: string): Promise<Table> {
    const { results } = await this.#computation.run(sameRegion(region));
    const { [type]: table, ...others } = results[0]!.outputs;
    for (const other of Object.values(others)) other?.release();
    if (table) return table;
    return Table.allocate(this.#schemas[type]!, 0, { ...this.#services, t0: region.start });
  }

  /** Whether a chunk is the empty one of a stretch whose rows went to the stage behind already. */
  hasPassed(chunk: Chunk): boolean {
    if (!this.#passed || chunk.dataType !== this.follower.type) return false;
    const { start, end } = this.#passed;
    if (chunk.start !== start || chunk.end !== end || chunk.length > 0) {
      throw new Error(`${chunk} is not the stretch ${stretchText(start, end)}, whose rows were handed on`);
    }
    return true;
  }

  /** The outputs of the stretch under way were given. */
  given(): void {
    this.#passed = undefined;
  }
}
