// A node that gives chunks that exist already: those of a stored result.

import type { Chunk } from "../chunk/chunk.ts";
import { type LoadChunk, loadChunk, type LoadMemory } from "../store/load_chunk.ts";
import type { ReadOptions } from "../store/types.ts";
import { kernelsOr } from "../data/kernel_memory.ts";
import { abortable, closeIterator } from "./abortable.ts";
import { PipelineError } from "./errors.ts";
import { type GraphServices, Node } from "./node.ts";
import { clock, type Ran } from "./task_event.ts";

type HowToRead = Required<Pick<ReadOptions, "load" | "ahead">>;

/** Chunks ahead where they are read on this thread: files come while it computes. */
const AHEAD_HERE = 2;
/** Most chunks ahead where an executor reads them, unless it takes more at once. */
const MOST_AHEAD = 32;
/** Bytes of a table a byte of its file, until one is known. */
const FIRST_GUESS = 4;

/** Gives the chunks of an iterable. */
export class StoredNode extends Node {
  readonly #type: string;
  readonly #isInside: boolean;
  readonly #open: (how: HowToRead) => AsyncIterable<Chunk>;
  #iterator: AsyncIterator<Chunk> | undefined;
  #count = 0;
  #at: bigint | undefined;
  /** Chunks that are being read, or were and are not given yet. */
  #underWay = 0;
  /** When and where chunks that are not given yet were read, by start. */
  readonly #reads = new Map<bigint, { readonly submitted: number; readonly ran: Ran }>();
  /** Most bytes of one so far, with its file. */
  #most = 0;
  /** Settles when the reader has cleaned up. */
  closing: Promise<void> | undefined;

  /** @param isInside Only the engine and plugins see the chunks. */
  constructor(
    services: GraphServices,
    type: string,
    isInside: boolean,
    open: (how: HowToRead) => AsyncIterable<Chunk>,
  ) {
    super(services);
    this.#type = type;
    this.#isInside = isInside;
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
    if (this.#underWay === 0) await this.makeRoom(this.#type); // what was read ahead is charged already
    if (this.done) return false;
    const submitted = clock();
    try {
      this.#iterator ??= this.#open(this.#how)[Symbol.asyncIterator]();
      const late = ({ value, done }: IteratorResult<Chunk>) => done || value.release();
      const { value, done } = await abortable(this.#iterator.next(), this.services.signal, late);
      if (this.#underWay > 0) this.#underWay--;
      if (!done) this.#tell(value, submitted);
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
          stored: true,
        },
        cause,
      );
    }
  }

  /** How its chunks are read: in the executor's threads, as many ahead as keep these busy, or here. */
  get #how(): HowToRead {
    const { executor, account, signal } = this.services;
    const { concurrency } = executor;
    const depth = executor.loadChunk
      ? Math.max(concurrency, Math.min(2 * concurrency, MOST_AHEAD))
      : AHEAD_HERE;
    const load: LoadChunk = async (given, memory) => {
      const request = { ...given, isInside: this.#isInside };
      this.#most = Math.max(this.#most, FIRST_GUESS * request.bytes);
      const submitted = clock();
      let ran: Ran | undefined;
      const loaded = executor.loadChunk
        ? await executor.loadChunk(request, signal, (told) => ran = told)
        : await loadChunk(request, this.#memoryFor(memory));
      const { table } = loaded;
      this.#most = Math.max(this.#most, table.heldBytes + request.bytes);
      ran ??= { worker: "main", began: submitted, ended: clock() };
      this.#reads.set(request.start, { submitted, ran });
      return loaded;
    };
    const ahead = (underWay: number) => {
      this.#underWay = underWay;
      return underWay < depth && account.used + (underWay + 1) * this.#most <= account.limit / 2;
    };
    return { load, ahead };
  }

  /** The kernels' memory, for what only plugins on this thread see. */
  #memoryFor(memory: LoadMemory): LoadMemory {
    const { pool, account } = this.services;
    return this.#isInside ? { ...memory, pool: kernelsOr(pool, account.limit / 4) } : memory;
  }

  #tell({ start, end, length: rows, table: { nbytes: bytes } }: Chunk, asked: number): void {
    const { submitted, ran } = this.#reads.get(start) ??
      { submitted: asked, ran: { worker: "main", began: asked, ended: clock() } };
    this.#reads.delete(start);
    const metrics = this.metricsOf(this.#type);
    metrics.busyMs += ran.ended - ran.began;
    metrics.waitMs += Math.max(0, ran.began - submitted);
    const what = { type: "task", task: "read", plugins: [this.#type], busy: undefined } as const;
    this.services.task?.({ ...what, ...ran, submitted, start, end, rows, bytes });
  }

  protected clear(): void {
    const iterator = this.#iterator;
    this.#iterator = undefined;
    if (!iterator) return;
    this.closing = closeIterator(iterator, { name: this.#type, module: undefined }, this.services.runId);
    this.closing.catch(() => {}); // reported where it is waited for
  }
}
