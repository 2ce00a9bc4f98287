// metadata.json: written for people to read, read with every field checked. 64-bit integers are strings.
import { hasColumn, schema } from "../data/schema.ts";
import type { ColumnTypes } from "../data/schema.ts";
import type { ChunkRecord, Json, ResultMeta } from "./types.ts";

const FORMAT = "millrace-result";
const VERSION = 1;

/** Name of the metadata file in a result's folder. */
export const METADATA_FILE = "metadata.json";
/** Name of a chunk file in a result's folder. */
export const CHUNK_FILE = /^\d{6,}\.arrow$/;

/** The text of `metadata.json`: one line a chunk. */
export function metadataText(meta: ResultMeta, chunks: readonly ChunkRecord[]): string {
  const head = {
    format: FORMAT,
    version: VERSION,
    id: meta.id,
    runId: meta.runId,
    dataType: meta.dataType,
    dataKind: meta.dataKind,
    created: meta.created,
    start: meta.start,
    end: meta.end,
    rows: meta.rows,
    bytes: meta.bytes,
    longestRow: meta.longestRow,
    notices: meta.notices,
    schema: meta.schema.types,
    lineageHash: meta.lineageHash,
    lineage: meta.lineage,
  };
  const exact = (_: string, value: unknown) => typeof value === "bigint" ? String(value) : value;
  const text = JSON.stringify(head, exact, 2);
  const lines = chunks.map((chunk) => `    ${JSON.stringify(chunk, exact)}`);
  return `${text.slice(0, -2)},\n  "chunks": [\n${lines.join(",\n")}\n  ]\n}\n`;
}

/** A JSON object whose fields are read with their type checked. */
class Fields {
  readonly #object: Readonly<Record<string, unknown>>;
  readonly #where: string;

  constructor(value: unknown, where: string) {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw new SyntaxError(`${where || "it"} is no JSON object`);
    }
    this.#object = value as Record<string, unknown>;
    this.#where = where;
  }

  fail(key: string, wanted: string): never {
    const value = JSON.stringify(this.#object[key]) ?? "missing";
    const path = this.#where ? `${this.#where}.${key}` : key;
    throw new SyntaxError(
      `"${path}" is ${value.length > 80 ? `${value.slice(0, 80)}...` : value}, not ${wanted}`,
    );
  }

  raw(key: string): unknown {
    return this.#object[key];
  }

  text(key: string): string {
    const value = this.#object[key];
    return typeof value === "string" ? value : this.fail(key, "a string");
  }

  count(key: string): number {
    const value = this.#object[key];
    return Number.isSafeInteger(value) && (value as number) >= 0
      ? value as number
      : this.fail(key, "a count");
  }

  time(key: string): bigint {
    const value = this.#object[key];
    return typeof value === "string" && /^-?\d+$/.test(value)
      ? BigInt(value)
      : this.fail(key, "an integer in quotes");
  }

  list(key: string): readonly unknown[] {
    const value = this.#object[key];
    return Array.isArray(value) ? value : this.fail(key, "a list");
  }
}

function parseChunk(value: unknown, k: number): ChunkRecord {
  const fields = new Fields(value, `chunks[${k}]`);
  const file = fields.text("file");
  if (!CHUNK_FILE.test(file)) fields.fail("file", `a name such as "000000.arrow"`);
  return {
    file,
    rows: fields.count("rows"),
    start: fields.time("start"),
    end: fields.time("end"),
    coverEnd: fields.time("coverEnd"),
    firstStart: fields.raw("firstStart") === null ? null : fields.time("firstStart"),
    bytes: fields.count("bytes"),
    crc32: fields.text("crc32"),
  };
}

function checkChunks(meta: ResultMeta, chunks: readonly ChunkRecord[]): void {
  if (chunks.length === 0) throw new SyntaxError("it lists no chunk");
  let rows = 0, bytes = 0, at = meta.start;
  chunks.forEach((chunk, k) => {
    rows += chunk.rows;
    bytes += chunk.bytes;
    if (chunk.start !== at || chunk.end <= chunk.start) {
      throw new SyntaxError(`chunk ${k} covers [${chunk.start} .. ${chunk.end}) ps, but ${at} ps is next`);
    }
    at = chunk.end;
  });
  if (at !== meta.end) throw new SyntaxError(`its chunks end at ${at} ps, but it says ${meta.end}`);
  if (rows !== meta.rows) throw new SyntaxError(`its chunks have ${rows} rows, but it says ${meta.rows}`);
  if (bytes !== meta.bytes) {
    throw new SyntaxError(`its chunks have ${bytes} bytes, but it says ${meta.bytes}`);
  }
}

/** The file is another program's. */
class ForeignError extends SyntaxError {}

function parse(text: string): { meta: ResultMeta; chunks: ChunkRecord[] } {
  const fields = new Fields(JSON.parse(text), "");
  if (fields.raw("format") !== FORMAT) {
    try {
      fields.fail("format", `"${FORMAT}"`);
    } catch (cause) {
      throw new ForeignError((cause as Error).message, { cause });
    }
  }
  if (fields.raw("version") !== VERSION) fields.fail("version", `${VERSION}, which this program reads`);
  const types = fields.raw("schema");
  if (typeof types !== "object" || types === null) fields.fail("schema", "a JSON object");
  const parsed = schema(types as ColumnTypes);
  if (!hasColumn(parsed, "time")) fields.fail("schema", `one with a column "time"`);
  const notices = fields.list("notices");
  if (!notices.every((notice) => typeof notice === "string")) fields.fail("notices", "a list of strings");
  const meta: ResultMeta = {
    id: fields.text("id"),
    runId: fields.text("runId"),
    dataType: fields.text("dataType"),
    dataKind: fields.text("dataKind"),
    schema: parsed,
    lineage: fields.raw("lineage") as Json,
    lineageHash: fields.text("lineageHash"),
    notices: notices as string[],
    created: fields.text("created"),
    start: fields.time("start"),
    end: fields.time("end"),
    rows: fields.count("rows"),
    bytes: fields.count("bytes"),
    longestRow: fields.time("longestRow"),
  };
  const chunks = fields.list("chunks").map(parseChunk);
  checkChunks(meta, chunks);
  return { meta, chunks };
}

/**
 * The metadata in a text.
 *
 * @param file Its path, for the message.
 * @throws {SyntaxError} On anything that {@linkcode metadataText} doesn't write: names the file, the field and the remedy.
 */
export function parseMetadata(text: string, file: string): { meta: ResultMeta; chunks: ChunkRecord[] } {
  try {
    return parse(text);
  } catch (cause) {
    const what = cause instanceof Error ? cause.message : String(cause);
    const help = cause instanceof ForeignError
      ? "give the folder of a store, or move this folder out of it"
      : remedy(file);
    throw new SyntaxError(`Cannot read "${file}": ${what}; ${help}`, { cause });
  }
}

/** What to do about a damaged file of a result. */
export function remedy(file: string): string {
  return `remove the folder "${file.replace(/[/\\][^/\\]*$/, "")}" and compute the result again`;
}
