// Writes a result: chunk files first, then their lines in the journal, in order; metadata say when it is complete.
import { Chunk, NO_COVER, timesOf } from "../chunk/chunk.ts";
import { BufferPool } from "../data/buffer_pool.ts";
import { sameType, Table } from "../data/table.ts";
import { checkEncodable } from "./_arrow_encode.ts";
import { ifThere, storageError, writeParts } from "./_files.ts";
import { FolderResult } from "./_folder_result.ts";
import type { LockedPlace } from "./_folders.ts";
import { fileName, type JournalLine, JournalWriter } from "./_journal.ts";
import { type BegunMeta, METADATA_FILE, metadataText } from "./_metadata.ts";
import { lastOf, type Prefix } from "./_prefix.ts";
import { Regrouper } from "./_regroup.ts";
import { NO_ROWS, removeRest, restFile, writeRest } from "./_rest.ts";
import { removeStates, States } from "./_states.ts";
import { ChunkRows, rowsOf, type SaveChunk, saveChunk, type SavedChunk } from "./save_chunk.ts";
import type {
  ChunkRecord,
  InputPlace,
  Restart,
  ResultMeta,
  ResultWriter,
  StoredMeta,
  StoredResult,
  Verify,
  WriterOptions,
} from "./types.ts";

/** Rows that wait are copied to these, where that takes less memory. */
const pool = new BufferPool({ maxIdle: 64 * 2 ** 20 });

/** Rows that wait for their chunk are kept so often, ms. */
const KEEP_REST = 1000;
const KEEP = "keep rows that wait for their chunk";

/** What a {@linkcode FolderWriter} writes. */
export interface FolderWriterSpec {
  readonly meta: StoredMeta;
  readonly begun: BegunMeta;
  readonly place: LockedPlace;
  /** Where it writes: the place itself, or a folder that shall take it. */
  readonly folder: string;
  readonly prefix: Prefix;
  readonly durable: boolean;
  readonly verify: Verify;
  readonly options: WriterOptions;
}

/** Rows with their place among the stored chunks. */
interface Reserved {
  readonly index: number;
  readonly rows: ChunkRows;
}

/** {@linkcode ResultWriter} of a folder store. */
export class FolderWriter implements ResultWriter {
  readonly #spec: FolderWriterSpec;
  readonly #saveChunk: SaveChunk;
  readonly #regroup: Regrouper | undefined;
  readonly #journal: JournalWriter;
  /** In order; what is known of a file only when it is written comes then. */
  readonly #lines: (JournalLine | undefined)[];
  /** Ends of chunks and covers, also of those under way. */
  #last: { readonly end: bigint; readonly coverEnd: bigint } | undefined;
  /** Lines in the journal. */
  #kept: number;
  /** Files that are being written. */
  readonly #saving = new Set<Promise<void>>();
  /** Widths of fixed columns; those that the data decide come with the first rows. */
  readonly #widths: Record<string, number>;
  /** Chunks without rows, which wait for the widths. */
  #unsized: Reserved[] = [];
  /** Places that are in the journal, or on their way, by source. */
  readonly #places = new Map<string, bigint>();
  readonly #states: States;
  /** Rows that wait for their chunk, as far as they are kept. */
  #rest: JournalLine | undefined;
  /** When something was kept last, and what is being kept now. */
  #keptAt = performance.now();
  #resting: Promise<void> | undefined;
  /** It is being finished or closed, after which nothing is kept on the way. */
  #ending = false;
  #tail: Promise<void> = Promise.resolve();
  #journaling: Promise<void> = Promise.resolve();
  /** Why nothing more can be written. */
  #done: string | undefined;
  /** It was an error, which whoever wrote was told. */
  #failed = false;

  private constructor(spec: FolderWriterSpec, journal: JournalWriter) {
    const { prefix, begun, options } = spec;
    this.#spec = spec;
    this.#journal = journal;
    this.#saveChunk = options.save ?? saveChunk;
    this.#lines = [...prefix.lines];
    this.#kept = prefix.lines.length;
    this.#widths = { ...prefix.widths };
    this.#last = prefix.lines.at(-1);
    const needed = [prefix.lines.at(-1), prefix.rest?.line].filter((line) => line !== undefined);
    this.#states = new States(spec.folder, spec.durable, needed);
    const { end, coverEnd = NO_COVER } = this.#last ?? {};
    this.#regroup = begun.target && new Regrouper(begun.target, options.pool ?? pool, end, coverEnd);
    if (prefix.rest) this.#takeRest(prefix.rest);
  }

  /** Rows that waited for their chunk wait for it again. */
  #takeRest({ line, table }: NonNullable<Prefix["rest"]>): void {
    const { runId, dataType, dataKind, schema } = this.#spec.begun;
    const { start, end, coverEnd } = line;
    using chunk = new Chunk(table, { start, end, coverEnd, runId, dataType, dataKind });
    for (const { name, kind } of table.length > 0 ? schema.columns : []) {
      if (kind === "fixed") this.#widths[name] = table.width(name);
    }
    const [complete] = this.#regroup!.add(chunk);
    if (complete) throw new Error(`${nameOf(complete)} waited for its chunk, which is complete`);
    this.#rest = line;
  }

  /** Begin, or go on behind a prefix. */
  static async open(spec: FolderWriterSpec): Promise<FolderWriter> {
    const { folder, prefix, durable, begun } = spec;
    if (prefix.journalBytes === 0) {
      // First of all files: with any other one alone, the folder would look damaged to readers.
      const text = metadataText({ state: "writing", meta: begun });
      await writeParts(`${folder}/${METADATA_FILE}`, [new TextEncoder().encode(text)], durable);
    }
    return new FolderWriter(spec, await JournalWriter.open(folder, prefix.journalBytes, durable));
  }

  get resumesAt(): bigint | undefined {
    return lastOf(this.#spec.prefix)?.end;
  }

  get restarts(): Readonly<Record<string, Restart>> {
    return this.#spec.prefix.restarts;
  }

  get replaces(): boolean {
    const { folder, place } = this.#spec;
    return folder !== place.path && this.#done !== "finished";
  }

  placeBefore(source: string, time: bigint): InputPlace | undefined {
    const { rest, lines } = this.#spec.prefix;
    const isBefore = ({ places }: JournalLine) => places?.[source] !== undefined && places[source].at <= time;
    const line = rest && isBefore(rest.line) ? rest.line : lines.findLast(isBefore);
    return line?.places?.[source];
  }

  get kept(): readonly ChunkRecord[] {
    if (this.replaces) return [];
    const lines = this.#lines.slice(0, this.#kept) as JournalLine[], rest = this.#rest;
    return rest && rest.start === (lines.at(-1)?.end ?? rest.start) ? [...lines, rest] : lines;
  }

  get #name(): string {
    return `${this.#spec.begun.runId}/${this.#spec.begun.dataType}`;
  }

  /** Run after everything that was asked for before. */
  #next<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#tail.then(work);
    this.#tail = result.then(() => {}, () => {}); // whoever asked has the error; what comes next runs all the same
    return result;
  }

  #checkUsable(action: string): void {
    if (this.#done !== undefined) {
      throw new TypeError(`Cannot ${action} result ${this.#name}: it was ${this.#done}`);
    }
  }

  /** Do file work; when it fails, close. */
  async #guarded<T>(action: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (cause) {
      const error = storageError(action, this.#spec.folder, cause);
      if (this.#done !== undefined) throw error; // another file failed before
      this.#failed = true;
      this.#done = "closed after an error";
      this.#ending = true;
      try {
        await this.#end();
      } catch (second) {
        throw new AggregateError([error, second], `${error.message}; it could not be closed either`);
      }
      throw error;
    }
  }

  async write(chunk: Chunk): Promise<void> {
    const { runId, dataType, dataKind } = this.#spec.begun;
    this.#checkNames(chunk);
    const { start, end, coverEnd } = chunk;
    // Shared before the first wait, so that the caller may release the chunk.
    using held = new Chunk(chunk.table.share(), { start, end, coverEnd, runId, dataType, dataKind });
    // Places are given in order; the files are written at the same time.
    const stored = await this.#next(() => {
      this.#checkUsable("write to");
      this.#check(held);
      const chunks = this.#regroup ? this.#regroup.add(held) : [rowsOf(held)];
      return Promise.resolve(chunks.map((rows) => this.#reserve(rows)));
    });
    await this.#storeAll(stored);
    const { keepRestMs = KEEP_REST, resume } = this.#spec.options;
    if (!resume || this.#ending || this.#resting || performance.now() - this.#keptAt < keepRestMs) return;
    const keeping = this.#keepRest(this.#saveChunk);
    this.#resting = keeping.then(() => {}, () => {}).finally(() => this.#resting = undefined);
    await this.#guarded(KEEP, () => keeping);
  }

  /** Keep the rows that wait for their chunk, if there are others than those that are kept. */
  async #keepRest(save: SaveChunk): Promise<void> {
    using rows = this.#regroup?.rest();
    this.#keptAt = performance.now();
    if (!rows) return;
    const { folder, meta, begun: { codec }, durable, options } = this.#spec;
    const { info: { start, end, coverEnd }, length, tables: [table] } = rows;
    if (this.#rest?.start === start && this.#rest.end === end) return;
    const firstStart = length > 0 ? table!.t0 + BigInt(timesOf(table!)[0]!) : null;
    const asked = options.restartsAt?.(end) ?? {}, places = options.placesAt?.(end) ?? {};
    const before = this.#lines.length, path = `${folder}/${restFile(end)}`, file = fileName(before);
    // Without the lines of the chunks before, what is kept now would be of no use, and what was kept last would be lost.
    await Promise.all(this.#saving);
    await this.#keep();
    if (this.#kept < before) return;
    const restarts = await this.#states.write(asked);
    const { bytes, sha256, longestRow } = length > 0
      ? await save(rows, { path, schema: meta.schema.text, durable, codec })
      : NO_ROWS;
    const times = { start, end, coverEnd, firstStart, longestRow };
    const line = { file, sha256, rows: length, ...times, bytes, restarts, places };
    await writeRest(folder, line, durable);
    const last = this.#rest;
    this.#rest = line;
    if (last) await this.#states.release([last]);
  }

  async #storeAll(stored: readonly Reserved[]): Promise<void> {
    await Promise.all(stored.map(async ({ index, rows }) => {
      const sized = rows.length > 0 || !this.#open;
      if (!sized) {
        this.#unsized.push({ index, rows });
        return;
      }
      try {
        await this.#guarded(`write chunk ${nameOf(rows)}`, () => this.#store(index, rows));
      } finally {
        rows.release();
      }
    }));
    if (this.#unsized.length > 0 && !this.#open) {
      const waiting = this.#unsized;
      this.#unsized = [];
      await this.#storeAll(waiting);
    }
  }

  /** Whether the width of a column is not known yet. */
  get #open(): boolean {
    return this.#spec.meta.schema.columns.some(({ name, kind }) =>
      kind === "fixed" && this.#widths[name] === undefined
    );
  }

  #checkNames(chunk: Chunk): void {
    const { runId, dataType } = this.#spec.begun;
    if (
      (chunk.runId === "" || chunk.runId === runId) && (chunk.dataType === "" || chunk.dataType === dataType)
    ) {
      return;
    }
    throw new TypeError(`Cannot write chunk ${chunk} of run "${chunk.runId}" to result ${this.#name}`);
  }

  #check(chunk: Chunk): void {
    const fail = (what: string): never => {
      throw new RangeError(`Cannot write chunk ${chunk} to result ${this.#name}: ${what}`);
    };
    const end = this.#regroup?.frontier ?? this.#last?.end;
    if (end !== undefined && chunk.start !== end) fail(`the chunk before ends at ${end} ps`);
    const before = this.#last?.coverEnd ?? NO_COVER;
    if (!this.#regroup && chunk.coverEnd < before) {
      fail(`its coverEnd ${chunk.coverEnd} is below the ${before} of the chunk before`);
    }
    const { columns, text } = this.#spec.meta.schema;
    const given = chunk.schema.columns;
    const same = given.length === columns.length &&
      columns.every(({ name, type }, k) => given[k]!.name === name && sameType(given[k]!, type));
    if (!same) {
      throw new TypeError(
        `Cannot write chunk ${chunk} to result ${this.#name}: its columns are ${chunk.schema.text}, not ${text}`,
      );
    }
    for (const { name, kind } of chunk.length > 0 ? columns : []) {
      if (kind !== "fixed") continue;
      const width = chunk.table.width(name), known = this.#widths[name] ?? width;
      if (width !== known) fail(`column "${name}" is ${width} wide, in the chunks before ${known}`);
    }
    for (const { name, kind } of chunk.length > 0 ? columns : []) {
      if (kind === "fixed") this.#widths[name] = chunk.table.width(name);
    }
    checkEncodable(chunk.table);
  }

  /** A chunk's place among the others. */
  #reserve(rows: ChunkRows): Reserved {
    const index = this.#lines.length;
    this.#lines.push(undefined);
    this.#last = rows.info;
    return { index, rows };
  }

  async #store(index: number, chunk: ChunkRows): Promise<void> {
    const { info: { start, end, coverEnd }, length: rows, tables: [table] } = chunk;
    const firstStart = rows > 0 ? table!.t0 + BigInt(timesOf(table!)[0]!) : null;
    const places = this.#newPlaces(end);
    const saving = Promise.all([
      rows > 0 ? this.#save(index, chunk) : this.#saveEmpty(index, chunk),
      this.#states.write(this.#spec.options.restartsAt?.(end) ?? {}),
    ]);
    const settled = saving.then(([{ longestRow, bytes, sha256 }, restarts]) => {
      const file = fileName(index);
      const times = { start, end, coverEnd, firstStart, longestRow };
      this.#lines[index] = { file, sha256, rows, ...times, bytes, restarts, places };
    }, () => {}); // whoever asked has the error
    this.#saving.add(settled);
    try {
      await saving;
      await settled;
      await this.#keep();
    } finally {
      this.#saving.delete(settled);
    }
  }

  /** Where sources may go on behind a chunk, if that is elsewhere than behind the one before. */
  #newPlaces(end: bigint): Readonly<Record<string, InputPlace>> {
    const places: Record<string, InputPlace> = {};
    for (const [source, place] of Object.entries(this.#spec.options.placesAt?.(end) ?? {})) {
      if (this.#places.get(source) === place.at) continue;
      this.#places.set(source, place.at);
      places[source] = place;
    }
    return places;
  }

  #save(index: number, rows: ChunkRows): Promise<SavedChunk> {
    const { folder, meta, begun: { codec }, durable } = this.#spec;
    return this.#saveChunk(rows, {
      path: `${folder}/${fileName(index)}`,
      schema: meta.schema.text,
      durable,
      codec,
    });
  }

  /** The file of a chunk without rows, as wide as those with rows. */
  async #saveEmpty(index: number, { info }: ChunkRows): Promise<SavedChunk> {
    const { runId, dataType, dataKind, schema } = this.#spec.begun;
    const table = Table.allocate(schema, 0, { t0: info.start, widths: this.#widths });
    using rows = new ChunkRows([table], { ...info, runId, dataType, dataKind });
    return await this.#save(index, rows);
  }

  /** Put the chunks into the journal whose files, and all before them, are written. */
  #keep(): Promise<void> {
    const work = this.#journaling.then(async () => {
      const ready: JournalLine[] = [];
      for (let line = this.#lines[this.#kept]; line; line = this.#lines[this.#kept + ready.length]) {
        ready.push(line);
      }
      if (ready.length === 0) return;
      await this.#journal.append(ready);
      const before = this.#lines.slice(Math.max(0, this.#kept - 1), this.#kept) as JournalLine[];
      this.#kept += ready.length;
      await this.#states.release([...before, ...ready.slice(0, -1)]);
      this.#keptAt = performance.now();
    });
    this.#journaling = work.then(() => {}, () => {}); // whoever asked has the error
    return work;
  }

  async finish(options: { readonly notices?: readonly string[] } = {}): Promise<StoredResult> {
    this.#ending = true;
    await this.#next(() => Promise.resolve());
    await Promise.all(this.#saving);
    await this.#resting;
    return await this.#next(async () => {
      this.#checkUsable("finish");
      const last = this.#regroup?.finish();
      if (last) await this.#storeAll([this.#reserve(last)]);
      const unsized = this.#unsized;
      this.#unsized = [];
      // No row has fixed the widths, so none will.
      for (const { index, rows } of unsized) {
        using empty = rows;
        await this.#guarded(`write chunk ${nameOf(empty)}`, () => this.#store(index, empty));
      }
      if (this.#lines.length === 0) {
        throw new RangeError(
          `Cannot finish result ${this.#name} without chunks: write one without rows for an empty stretch`,
        );
      }
      return await this.#guarded(`finish result ${this.#name}`, () => this.#finish(options.notices ?? []));
    });
  }

  async #finish(notices: readonly string[]): Promise<StoredResult> {
    const { folder, place, begun, durable, verify } = this.#spec;
    const chunks = this.#lines as JournalLine[];
    await this.#keep(); // the files are written, their lines may be on their way
    if (this.#kept !== chunks.length) {
      throw new Error(`The journal has ${this.#kept} chunks of ${chunks.length}`);
    }
    const total = (of: (line: JournalLine) => number) => chunks.reduce((sum, line) => sum + of(line), 0);
    const meta: ResultMeta = {
      ...begun,
      id: crypto.randomUUID(),
      notices: [...this.#spec.meta.notices ?? [], ...notices],
      created: this.#spec.meta.created ?? new Date().toISOString(),
      start: chunks[0]!.start,
      end: chunks.at(-1)!.end,
      rows: total(({ rows }) => rows),
      bytes: total(({ bytes }) => bytes),
      longestRow: chunks.reduce((most, { longestRow }) => longestRow > most ? longestRow : most, 0n),
    };
    await removeRest(folder);
    await removeStates(folder);
    const journal = await this.#journal.seal(folder, chunks);
    const text = metadataText({ state: "complete", meta, chunks: chunks.length, journal });
    await writeParts(`${folder}/${METADATA_FILE}`, [new TextEncoder().encode(text)], durable);
    if (folder !== place.path) await place.exchange();
    if (durable) await syncFolder(place.path);
    this.#done = "finished";
    this.#clear();
    await place.release();
    return new FolderResult(place.path, meta, chunks, verify);
  }

  close({ keepRest = false }: { readonly keepRest?: boolean } = {}): Promise<void> {
    return this.#next(async () => {
      if (this.#done !== undefined) return;
      this.#done = "closed";
      this.#ending = true;
      await this.#end(keepRest);
    });
  }

  #clear(): void {
    this.#journal[Symbol.dispose]();
    this.#regroup?.clear();
    for (const { rows } of this.#unsized) rows.release();
    this.#unsized = [];
  }

  /** Keep what is complete, or remove it, and let the next writer in. */
  async #end(keepRest = false): Promise<void> {
    const { folder, place, options: { resume } } = this.#spec;
    await Promise.all(this.#saving);
    await this.#resting;
    try {
      await this.#journaling;
      // A full disk may have kept a line out for which there is room again; if not, its chunk is computed again.
      if (this.#failed) await this.#keep().catch(() => {});
      let problem: { readonly cause: unknown } | undefined;
      try {
        // Here: whatever else writes files may have ended with the run.
        if (keepRest && resume && !this.#failed) await this.#keepRest(saveChunk);
      } catch (cause) {
        problem = { cause };
      }
      this.#clear();
      if (folder !== place.path) await place.discardNew();
      else if (this.kept.length === 0) await place.remove();
      else await this.#removeUnlisted();
      if (problem) throw storageError(KEEP, folder, problem.cause);
    } finally {
      await place.abandon();
    }
  }

  /** Remove chunk files that are not in the journal. */
  async #removeUnlisted(): Promise<void> {
    const { folder } = this.#spec;
    for (const { name } of await ifThere(Array.fromAsync(Deno.readDir(folder))) ?? []) {
      if (/^\d{6,}\.arrow(\.tmp)?$/.test(name) && parseInt(name) >= this.#kept) {
        await Deno.remove(`${folder}/${name}`);
      }
    }
    const last = this.kept.at(-1);
    const rest = last === this.#rest ? this.#rest : undefined;
    await removeRest(folder, rest);
    const whole = this.#lines[this.#kept - 1];
    await removeStates(folder, [whole, rest].filter((line) => line !== undefined));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** As a chunk is called. */
function nameOf({ info: { dataType, start, end }, length }: ChunkRows): string {
  return `${dataType}[${start} .. ${end}) ps, ${length} rows`;
}

/** Wait until the names in a folder are on the disk. */
async function syncFolder(path: string): Promise<void> {
  if (Deno.build.os === "windows") return; // folders cannot be opened there
  using folder = await Deno.open(path);
  await folder.sync();
}
