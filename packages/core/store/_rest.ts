// Rows that wait for their chunk, kept beside the chunks of a growing result: an interrupted run goes on behind them.
//
//   rest.tsv         a line as of the journal, of the chunk as far as it has come
//   rest-END.arrow   its rows, if there are any
import type { Schema } from "../data/schema.ts";
import { Table } from "../data/table.ts";
import { openArrow } from "./_arrow_decode.ts";
import { ifThere, sha256Of, writeParts } from "./_files.ts";
import { fileName, JOURNAL_HEAD, type JournalLine, journalLine, parseJournalLine } from "./_journal.ts";

const FILE = "rest.tsv";
const OURS = /^rest(-(-?\d+)\.arrow|\.tsv)(\.tmp)?$/;

/** What is written in place of a file where there are no rows. */
export const NO_ROWS = { bytes: 0, sha256: sha256Of(""), longestRow: 0n };

/** The file of the rows of a chunk that reaches to `end` so far. */
export function restFile(end: bigint): string {
  return `rest-${end}.arrow`;
}

/** Tell where the rows are, which are written. What was kept before is removed. */
export async function writeRest(folder: string, line: JournalLine, durable: boolean): Promise<void> {
  const text = JOURNAL_HEAD + journalLine(line);
  await writeParts(`${folder}/${FILE}`, [new TextEncoder().encode(text)], durable);
  await removeRest(folder, line);
}

/** What is kept behind the lines of a journal; undefined where nothing is, or what belongs elsewhere. */
export async function restLine(
  folder: string,
  lines: readonly JournalLine[],
): Promise<JournalLine | undefined> {
  const bytes = await ifThere(Deno.readFile(`${folder}/${FILE}`));
  const line = bytes && parseJournalLine(bytes);
  const last = lines.at(-1);
  // Of a journal that lost lines, the place tells: its first line may be lost too.
  return line?.file === fileName(lines.length) && (!last || line.start === last.end) ? line : undefined;
}

/** The same with its rows, if those are whole: the caller releases the table. */
export async function readRest(
  folder: string,
  lines: readonly JournalLine[],
  schema: Schema,
): Promise<{ readonly line: JournalLine; readonly table: Table } | undefined> {
  const line = await restLine(folder, lines);
  if (!line) return undefined;
  if (line.rows === 0) return { line, table: Table.empty(schema) };
  const path = `${folder}/${restFile(line.end)}`;
  const bytes = await ifThere(Deno.readFile(path));
  if (!bytes || sha256Of(bytes) !== line.sha256) return undefined; // torn by a loss of power: made again
  const file = await openArrow(bytes, { name: path, schema });
  return file.rows === line.rows ? { line, table: file.table() } : undefined;
}

/** Remove what is kept, but for what a line tells of. */
export async function removeRest(folder: string, line?: JournalLine): Promise<void> {
  const keep = line && [FILE, ...line.rows > 0 ? [restFile(line.end)] : []];
  for (const { name } of await ifThere(Array.fromAsync(Deno.readDir(folder))) ?? []) {
    if (OURS.test(name) && !keep?.includes(name)) await Deno.remove(`${folder}/${name}`);
  }
}
