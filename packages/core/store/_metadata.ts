// metadata.json: written for people to read, read with every field checked. 64-bit integers are strings; the last field is
// the SHA-256 of the text before it.
import { hasColumn, schema } from "../data/schema.ts";
import type { ColumnTypes } from "../data/schema.ts";
import { type CodecName, codecNames } from "./codecs/codec.ts";
import { sha256Of, type Written } from "./_files.ts";
import { repairCommand } from "./repair_command.ts";
import type { ChunkTarget, Json, ResultMeta } from "./types.ts";

const FORMAT = "millrace-result";
const VERSION = 2;

/** Name of the metadata file in a result's folder. */
export const METADATA_FILE = "metadata.json";
/** Name of a chunk file in a result's folder. */
export const CHUNK_FILE = /^\d{6,}\.arrow$/;

/** What is known of a result before it is complete. */
export type BegunMeta = Pick<
  ResultMeta,
  | "id"
  | "runId"
  | "dataType"
  | "dataKind"
  | "schema"
  | "lineage"
  | "lineageHash"
  | "target"
  | "codec"
  | "created"
>;

/** What `metadata.json` says: of a result under way, or of a complete one with its journal. */
export type Metadata =
  | { readonly state: "writing"; readonly meta: BegunMeta }
  | {
    readonly state: "complete";
    readonly meta: ResultMeta;
    readonly chunks: number;
    readonly journal: Written;
  };

/** The text of `metadata.json`. */
export function metadataText(metadata: Metadata): string {
  const { state, meta } = metadata;
  const { target } = meta;
  const whole = metadata.state === "complete" ? metadata : undefined;
  const exact = (_: string, value: unknown) => typeof value === "bigint" ? String(value) : value;
  const head = {
    format: FORMAT,
    version: VERSION,
    state,
    id: meta.id,
    runId: meta.runId,
    dataType: meta.dataType,
    dataKind: meta.dataKind,
    created: meta.created,
    ...(whole && {
      start: whole.meta.start,
      end: whole.meta.end,
      rows: whole.meta.rows,
      bytes: whole.meta.bytes,
      chunks: whole.chunks,
      longestRow: whole.meta.longestRow,
      notices: whole.meta.notices,
    }),
    target: target ?? null,
    codec: meta.codec,
    schema: meta.schema.types,
    lineageHash: meta.lineageHash,
    lineage: meta.lineage,
    ...(whole && { journal: whole.journal }),
  };
  const text = JSON.stringify(head, exact, 2).slice(0, -2);
  return `${text},\n  "sha256": "${sha256Of(text)}"\n}\n`;
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

/** The file is another program's. */
class ForeignError extends SyntaxError {}

const TAIL = /^([^]*),\n {2}"sha256": "([0-9a-f]{64})"\n}\n$/;

function parse(text: string): Metadata {
  const fields = new Fields(JSON.parse(text), "");
  if (fields.raw("format") !== FORMAT) {
    try {
      fields.fail("format", `"${FORMAT}"`);
    } catch (cause) {
      throw new ForeignError((cause as Error).message, { cause });
    }
  }
  if (fields.raw("version") === 1) {
    throw new SyntaxError(
      "it was written by an older version of Millrace, whose results cannot be read any more",
    );
  }
  if (fields.raw("version") !== VERSION) fields.fail("version", `${VERSION}, which this program reads`);
  const [, body, sum] = TAIL.exec(text) ?? [];
  if (body === undefined || sha256Of(body) !== sum) {
    throw new SyntaxError("it was changed: its text is not the one of its SHA-256");
  }
  const types = fields.raw("schema");
  if (typeof types !== "object" || types === null) fields.fail("schema", "a JSON object");
  const parsed = schema(types as ColumnTypes);
  if (!hasColumn(parsed, "time")) fields.fail("schema", `one with a column "time"`);
  const begun: BegunMeta = {
    id: fields.text("id"),
    runId: fields.text("runId"),
    dataType: fields.text("dataType"),
    dataKind: fields.text("dataKind"),
    schema: parsed,
    lineage: fields.raw("lineage") as Json,
    lineageHash: fields.text("lineageHash"),
    target: fields.raw("target") === null ? undefined : targetOf(fields),
    codec: codecIn(fields),
    created: fields.text("created"),
  };
  if (fields.text("state") === "writing") return { state: "writing", meta: begun };
  if (fields.raw("state") !== "complete") fields.fail("state", `"writing" or "complete"`);
  const notices = fields.list("notices");
  if (!notices.every((notice) => typeof notice === "string")) fields.fail("notices", "a list of strings");
  const journal = new Fields(fields.raw("journal"), "journal");
  const meta: ResultMeta = {
    ...begun,
    notices: notices as string[],
    start: fields.time("start"),
    end: fields.time("end"),
    rows: fields.count("rows"),
    bytes: fields.count("bytes"),
    longestRow: fields.time("longestRow"),
  };
  return {
    state: "complete",
    meta,
    chunks: fields.count("chunks"),
    journal: { bytes: journal.count("bytes"), sha256: journal.text("sha256") },
  };
}

function codecIn(fields: Fields): CodecName {
  const name = fields.text("codec");
  return codecNames().find((each) => each === name) ??
    fields.fail("codec", `one of ${codecNames().join(", ")}`);
}

function targetOf(fields: Fields): ChunkTarget {
  const target = new Fields(fields.raw("target"), "target");
  return { bytes: target.count("bytes"), spanPs: target.time("spanPs") };
}

/**
 * The metadata in a text.
 *
 * @param file Its path, for the message.
 * @throws {SyntaxError} On anything that {@linkcode metadataText} doesn't write: names the file, the field and the remedy.
 */
export function parseMetadata(text: string, file: string): Metadata {
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
  const folder = file.replace(/[/\\][^/\\]*$/, ""), command = repairCommand(folder);
  const removal = `remove the folder "${folder}" and compute the result again`;
  return command === undefined
    ? removal
    : `what is damaged is computed anew by: ${command} (FILES: its input); or ${removal}`;
}
