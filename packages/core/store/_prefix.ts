// What an earlier writer left of a result that is not complete, as far as it can be relied on.
import type { Table } from "../data/table.ts";
import { openArrow } from "./_arrow_decode.ts";
import { ifThere } from "./_files.ts";
import { JOURNAL_FILE, journalBytes, type JournalLine, parseJournal } from "./_journal.ts";
import type { BegunMeta } from "./_metadata.ts";
import { readRest } from "./_rest.ts";
import { readStates } from "./_states.ts";
import type { Restart } from "./types.ts";

/** What an earlier writer left. */
export interface Prefix {
  readonly lines: readonly JournalLine[];
  /** Rows behind them, which waited for their chunk; the writer releases the table. */
  readonly rest?: { readonly line: JournalLine; readonly table: Table } | undefined;
  /** Places of the last of these lines, with states. */
  readonly restarts: Readonly<Record<string, Restart>>;
  /** Bytes of the journal with them. */
  readonly journalBytes: number;
  /** Widths of fixed columns, where rows were written. */
  readonly widths: Readonly<Record<string, number>>;
}

/** Nothing. */
export const NO_PREFIX: Prefix = { lines: [], restarts: {}, journalBytes: 0, widths: {} };

/** The last line, also of rows that waited for their chunk. */
export function lastOf({ rest, lines }: Pick<Prefix, "rest" | "lines">): JournalLine | undefined {
  return rest?.line ?? lines.at(-1);
}

/** What there is in the folder of a result; undefined where its journal was not begun. O(chunks). */
export async function readPrefix(
  folder: string,
  { schema, target }: Pick<BegunMeta, "schema" | "target">,
): Promise<Prefix | undefined> {
  const bytes = await ifThere(Deno.readFile(`${folder}/${JOURNAL_FILE}`));
  const journal = bytes && parseJournal(bytes);
  if (!journal || journal.goodBytes === 0) return undefined;
  const good = await goodPrefix(folder, journal.lines);
  const rest = target && await readRest(folder, good.lines, schema);
  const restarts = await readStates(folder, lastOf({ rest, lines: good.lines }));
  return { ...good, rest, restarts };
}

/** The lines of a journal whose files are there in full size; the others would be found missing when they are read. */
async function goodPrefix(
  folder: string,
  lines: readonly JournalLine[],
): Promise<Pick<Prefix, "lines" | "journalBytes" | "widths">> {
  const names = new Set((await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name));
  const missing = lines.findIndex(({ file }) => !names.has(file));
  const there = missing < 0 ? lines : lines.slice(0, missing);
  // After a loss of power, only the last ones may be short.
  let count = there.length;
  while (
    count > 0 && (await Deno.stat(`${folder}/${there[count - 1]!.file}`)).size !== there[count - 1]!.bytes
  ) count--;
  const good = there.slice(0, count);
  return { lines: good, journalBytes: journalBytes(good), widths: await widthsOf(folder, good) };
}

async function widthsOf(folder: string, lines: readonly JournalLine[]): Promise<Record<string, number>> {
  const widths: Record<string, number> = {};
  const last = lines.findLast(({ rows }) => rows > 0);
  if (!last) return widths;
  const path = `${folder}/${last.file}`;
  using table = (await openArrow(await Deno.readFile(path), { name: path })).table({ from: 0, to: 0 });
  for (const { name, kind } of table.schema.columns) if (kind === "fixed") widths[name] = table.width(name);
  return widths;
}
