// A node that gives chunks that exist already: those of a stored result.

import type { Chunk } from "../chunk/chunk.ts";
import { abortable, closeIterator } from "./abortable.ts";
import { PipelineError } from "./errors.ts";
import { type GraphServices, Node } from "./node.ts";
import { clock } from "./task_event.ts";

/** Gives the chunks of an iterable. */
export class StoredNode extends Node {
  readonly #type: string;
  readonly #open: () => AsyncIterable<Chunk>;
  #iterator: AsyncIterator<Chunk> | undefined;
  #count = 0;
  #at: bigint | undefined;
  /** Settles when the reader has cleaned up. */
  closing: Promise<void> | undefined;

  constructor(services: GraphServices, type: string, open: () => AsyncIterable<Chunk>) {
    super(services);
    this.#type = type;
    this.#open = open;
  }

  get plugins(): readonly string[] {
    return [this.#type];
  }

  get bytes(): number {
    return 0;
  }

  protected async advance(pull: boolean): Promise<boolean> {
    if (!pull) return false;
    await this.makeRoom(this.#type);
    if (this.done) return false;
    const submitted = clock();
    try {
      this.#iterator ??= this.#open()[Symbol.asyncIterator]();
      const late = ({ value, done }: IteratorResult<Chunk>) => done || value.release();
      const { value, done } = await abortable(this.#iterator.next(), this.services.signal, late);
      const ended = clock();
      this.metricsOf(this.#type).busyMs += ended - submitted;
      if (!done) this.#tell(value, submitted, ended);
      if (done) {
        this.#iterator = undefined;
        this.end();
        return false;
      }
      this.#count++;
      this.#at = value.end;
      this.give(this.#type, value);
      return true;
    } catch (cause) {
      if (this.services.signal.aborted) throw this.services.signal.reason;
      const { runId } = this.services;
      throw new PipelineError(
        {
          plugin: this.#type,
          module: undefined,
          runId,
          chunkIndex: this.#count,
          start: this.#at,
          end: undefined,
        },
        cause,
      );
    }
  }

  #tell(
    { start, end, length: rows, table: { nbytes: bytes } }: Chunk,
    submitted: number,
    ended: number,
  ): void {
    const what = { type: "task", task: "read", plugins: [this.#type], busy: undefined } as const;
    this.services.task?.({
      ...what,
      worker: "main",
      submitted,
      began: submitted,
      ended,
      start,
      end,
      rows,
      bytes,
    });
  }

  protected clear(): void {
    const iterator = this.#iterator;
    this.#iterator = undefined;
    if (!iterator) return;
    this.closing = closeIterator(iterator, { name: this.#type, module: undefined }, this.services.runId);
    this.closing.catch(() => {}); // reported where it is waited for
  }
}
