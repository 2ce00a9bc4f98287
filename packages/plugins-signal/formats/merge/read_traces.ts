// What a format with its own times does with its readers: merge their rows in time order.
import type { FormatOptions, FormatPiece } from "../format.ts";
import type { OpenFiles } from "./file.ts";
import { RowStore } from "./row_store.ts";
import { Run } from "./run.ts";
import { type TraceReader, TraceSource } from "./trace_source.ts";

/** The rows of all readers, merged in the order (time, board, channel, order of the readers). */
export async function* readTraces(
  readers: readonly TraceReader[],
  options: FormatOptions,
): AsyncGenerator<FormatPiece, void, undefined> {
  const notice = options.notice ?? ((text: string) => console.error(text));
  const sources = readers.map((reader, index) => new TraceSource(reader, index, notice));
  const { maxRows, maxBytes, pool, account, signal, progress, recover } = options;
  const run = new Run(sources, { maxRows, maxBytes }, { pool, account, signal, progress });
  try {
    await run.begin(options.resume);
    for await (const { table, end, cursor } of run.pieces()) {
      // What comes too late for its place is left out then: that depends on what was before.
      yield recover || cursor === undefined ? { table, end } : { table, end, cursor };
    }
  } finally {
    run.dispose();
  }
}

/** Where a file's rows go, counted in `unit`. `window` is the reorder window, if not that of the options. */
export function rowStore(name: string, unit: string, options: FormatOptions, window?: number): RowStore {
  const { reorderWindow, recover, account } = options;
  return new RowStore({ name, unit, reorderWindow: window ?? reorderWindow, recover, account });
}

/** No file is open yet. */
export function noFiles(): OpenFiles {
  return new Set();
}

/**
 * Refuse options that a format has no use for.
 *
 * @throws {TypeError} On the first that is given, naming it.
 */
export function refuse(
  path: string,
  format: string,
  options: FormatOptions,
  names: readonly ("dt" | "t0" | "channelBy" | "recordLength")[],
): void {
  const given = names.find((name) => options[name] !== undefined);
  if (given === undefined) return;
  throw new TypeError(
    `Cannot read "${path}" with raw_files.${given}: ${format} files say that themselves; leave it out`,
  );
}
