// journal.tsv: one line a chunk, only appended to while the result grows. Each line ends with a CRC-32 of what is before it, so that one that
// was torn by a crash is told from a whole one. 64-bit integers are decimal.
//
// append O(1); parse O(chunks), some 1.5 µs a line.
import { crc32 } from "node:zlib";
import { sha256Of, writeAll, writeParts, type Written } from "./_files.ts";
import { CHUNK_FILE } from "./_metadata.ts";
import type { ChunkRecord, InputPlace } from "./types.ts";

/** Name of the journal in a result's folder. */
export const JOURNAL_FILE = "journal.tsv";

/** First line. */
export const JOURNAL_HEAD =
  "file\tsha256\trows\tstart\tend\tcoverEnd\tfirstStart\tlongestRow\tbytes\trestarts\tcrc32\n";

/** A line of the journal: a chunk, and where plugins and sources may start again to go on behind it. */
export interface JournalLine extends ChunkRecord {
  /** By plugin: where, ps, and the name of its state there, if it has one. */
  readonly restarts: Readonly<Record<string, { readonly at: bigint; readonly state?: string }>>;
  /** By source: those that no line before has. */
  readonly places?: Readonly<Record<string, InputPlace>>;
}

/** The text of a line. */
export function journalLine(line: JournalLine): string {
  const sorted = <T>(parts: Readonly<Record<string, T>>) =>
    Object.entries(parts).sort(([a], [b]) => a < b ? -1 : 1);
  const restarts = [
    ...sorted(line.restarts).map(([plugin, { at, state }]) =>
      `${encodeURIComponent(plugin)}=${at}${state === undefined ? "" : `@${state}`}`
    ),
    ...sorted(line.places ?? {}).map(([source, { at, cover, cursor }]) =>
      `${encodeURIComponent(source)}=${at}/${cover}/${encodeURIComponent(cursor)}`
    ),
  ].join(",");
  const text = [
    line.file,
    line.sha256,
    line.rows,
    line.start,
    line.end,
    line.coverEnd,
    line.firstStart ?? "-",
    line.longestRow,
    line.bytes,
    restarts || "-",
  ].join("\t");
  return `${text}\t${sumOf(text)}\n`;
}

/** Bytes of a journal with these lines. */
export function journalBytes(lines: readonly JournalLine[]): number {
  return lines.reduce((sum, line) => sum + journalLine(line).length, JOURNAL_HEAD.length);
}

/** What of a journal can be relied on. */
export interface Journal {
  readonly lines: readonly JournalLine[];
  /** Bytes up to the end of the last good line. */
  readonly goodBytes: number;
  /** Why the rest can't be relied on; absent where there is none. */
  readonly problem?: string;
}

const INTEGER = /^-?\d+$/;
const COUNT = /^\d+$/;
const SHA = /^[0-9a-f]{64}$/;
/** `name=at`, `name=at@state`, or `name=at/cover/cursor`. */
const RESTART = /^([^=/]+)=(-?\d+)(?:@([0-9a-f]{16})|\/(-?\d+)\/([^=/]*))?$/;
const NO_RESTARTS: JournalLine["restarts"] = {};

/**
 * Read a journal up to the first line that is damaged, or does not go on where the one before ended.
 *
 * @param whole Its bytes are known to be right: the lines' own checksums are not looked at.
 */
export function parseJournal(bytes: Uint8Array, whole = false): Journal {
  const text = new TextDecoder("latin1").decode(bytes);
  if (!text.startsWith(JOURNAL_HEAD)) {
    return { lines: [], goodBytes: 0, problem: "its first line is damaged" };
  }
  const lines: JournalLine[] = [];
  let at = JOURNAL_HEAD.length;
  while (at < text.length) {
    const stop = text.indexOf("\n", at);
    const wrong = (what: string): Journal => ({
      lines,
      goodBytes: at,
      problem: `line ${lines.length + 2} ${what}`,
    });
    if (stop < 0) return wrong("is torn: it has no end");
    if (!whole && text.slice(stop - 9, stop) !== `\t${sumOf(bytes.subarray(at, stop - 9))}`) {
      return wrong("is damaged: its checksum is wrong");
    }
    const line = parseLine(text.slice(at, stop - 9));
    if (!line) return wrong("is damaged: it is no line of a journal");
    const last = lines.at(-1);
    if (line.file !== fileName(lines.length) || (last && line.start !== last.end) || line.end <= line.start) {
      return wrong(`is out of place: it is ${line.file} from ${line.start} to ${line.end} ps`);
    }
    lines.push(line);
    at = stop + 1;
  }
  return { lines, goodBytes: at };
}

/** The line of a file with the journal's head and one line; undefined if anything of it is damaged. */
export function parseJournalLine(bytes: Uint8Array): JournalLine | undefined {
  const text = new TextDecoder("latin1").decode(bytes), at = JOURNAL_HEAD.length, stop = text.length - 1;
  if (!text.startsWith(JOURNAL_HEAD) || text.indexOf("\n", at) !== stop) return undefined;
  if (text.slice(stop - 9, stop) !== `\t${sumOf(bytes.subarray(at, stop - 9))}`) return undefined;
  return parseLine(text.slice(at, stop - 9));
}

function sumOf(bytes: Uint8Array | string): string {
  return crc32(bytes).toString(16).padStart(8, "0");
}

/** Name of the file of chunk `k`. */
export function fileName(k: number): string {
  return `${String(k).padStart(6, "0")}.arrow`;
}

function parseLine(text: string): JournalLine | undefined {
  const parts = text.split("\t");
  if (parts.length !== 10) return undefined;
  const [file, sha256, rows, start, end, coverEnd, firstStart, longestRow, bytes, restarts] =
    parts as string[];
  const fine = CHUNK_FILE.test(file!) && SHA.test(sha256!) && COUNT.test(rows!) && INTEGER.test(start!) &&
    INTEGER.test(end!) && INTEGER.test(coverEnd!) && COUNT.test(longestRow!) && COUNT.test(bytes!) &&
    (firstStart === "-" || INTEGER.test(firstStart!));
  const again = restarts === "-" ? { restarts: NO_RESTARTS } : parseRestarts(restarts!);
  if (!fine || !again) return undefined;
  return {
    file: file!,
    sha256: sha256!,
    rows: Number(rows),
    start: BigInt(start!),
    end: BigInt(end!),
    coverEnd: BigInt(coverEnd!),
    firstStart: firstStart === "-" ? null : BigInt(firstStart!),
    longestRow: BigInt(longestRow!),
    bytes: Number(bytes),
    ...again,
  };
}

/** `undefined` on anything that {@linkcode journalLine} does not write. */
function parseRestarts(text: string): Pick<JournalLine, "restarts" | "places"> | undefined {
  const restarts: [string, JournalLine["restarts"][string]][] = [], places: [string, InputPlace][] = [];
  for (const part of text.split(",")) {
    const [, name, at, state, cover, cursor] = RESTART.exec(part) ?? [];
    if (name === undefined) return undefined;
    try {
      const source = decodeURIComponent(name);
      if (cover === undefined) restarts.push([source, { at: BigInt(at!), ...(state && { state }) }]);
      else {
        places.push([source, { at: BigInt(at!), cover: BigInt(cover), cursor: decodeURIComponent(cursor!) }]);
      }
    } catch (error) {
      if (error instanceof URIError) return undefined;
      throw error;
    }
  }
  return { restarts: Object.fromEntries(restarts), places: Object.fromEntries(places) };
}

/** A journal that is being written. */
export class JournalWriter implements Disposable {
  readonly #file: Deno.FsFile;
  readonly #durable: boolean;
  #bytes: number;

  private constructor(file: Deno.FsFile, bytes: number, durable: boolean) {
    this.#file = file;
    this.#bytes = bytes;
    this.#durable = durable;
  }

  /** Open the journal in `folder` behind its first `goodBytes` bytes, cutting off the rest; 0 begins it. */
  static async open(folder: string, goodBytes: number, durable: boolean): Promise<JournalWriter> {
    const path = `${folder}/${JOURNAL_FILE}`;
    const file = await Deno.open(path, { read: true, write: true, create: true });
    try {
      await file.truncate(goodBytes);
      await file.seek(goodBytes, Deno.SeekMode.Start);
      const journal = new JournalWriter(file, goodBytes, durable);
      if (goodBytes === 0) await journal.#append(JOURNAL_HEAD);
      return journal;
    } catch (error) {
      file.close();
      throw error;
    }
  }

  /** Append lines. When that fails, none of them is left, unless that fails too: then the torn one is told as such. */
  async append(lines: readonly JournalLine[]): Promise<void> {
    await this.#append(lines.map(journalLine).join(""));
  }

  async #append(text: string): Promise<void> {
    const bytes = new TextEncoder().encode(text);
    try {
      await writeAll(this.#file, bytes);
      if (this.#durable) await this.#file.syncData();
      this.#bytes += bytes.length;
    } catch (error) {
      try {
        await this.#file.truncate(this.#bytes);
      } catch (second) {
        throw new AggregateError([error, second], error instanceof Error ? error.message : String(error));
      }
      throw error;
    }
  }

  /**
   * The journal as readers of the complete result find it: without places to start again, of which there may be others after
   * an interruption. O(chunks).
   */
  async seal(folder: string, lines: readonly JournalLine[]): Promise<Written> {
    const path = `${folder}/${JOURNAL_FILE}`;
    if (lines.every(({ restarts, places = {} }) => Object.keys({ ...restarts, ...places }).length === 0)) {
      const bytes = await Deno.readFile(path);
      return { bytes: bytes.length, sha256: sha256Of(bytes) };
    }
    const text = JOURNAL_HEAD +
      lines.map((line) => journalLine({ ...line, restarts: NO_RESTARTS, places: {} })).join("");
    return await writeParts(path, [new TextEncoder().encode(text)], this.#durable);
  }

  [Symbol.dispose](): void {
    this.#file.close();
  }
}
