/**
 * Read the CoMPASS files of a run as tables in time order.
 *
 * Channels are interleaved and out of order within a window, in one file or several. A row is final once every file that
 * has more to give was read beyond its time plus the window; the file that is behind is read next, so that files of very
 * different rates need no more memory than equal ones. Memory is one table, and for each file one reading buffer plus what
 * lies in the window.
 *
 * O(bytes) + O(rows log files); rows out of order cost O(log rows) each.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { openCompass } from "./reader.ts";
 *
 * const file = await Deno.makeTempFile({ suffix: ".BIN" });
 * // No energies, no waveform; two events, the later one first.
 * const event = (channel: number, time: number) => [0, 0, channel, 0, time, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
 * await Deno.writeFile(file, new Uint8Array([0xe0, 0xca, ...event(3, 9), ...event(2, 5)]));
 * for await (const { table, start, end } of openCompass([file], { dt: 2000 })) {
 *   assert.deepEqual([...table.times()], [5n, 9n]);
 *   assert.deepEqual([start, end], [5n, 10n]);
 *   table.release();
 * }
 * await Deno.remove(file);
 * ```
 * @module
 */
import type { Account, BufferPool } from "@millrace/core/buffers";
import type { SourcePlace } from "@millrace/core/plugin";
import type { OpenFiles } from "../merge/file.ts";
import { MAX_SPAN, Run, type RunPiece as CompassPiece } from "../merge/run.ts";
import { Source } from "./_source.ts";
import { DEFAULT_DT, MAX_DT } from "./settings.ts";

export type { RunPiece as CompassPiece } from "../merge/run.ts";
export { rawSchema, type RawTypes } from "./raw_schema.ts";

/** What {@linkcode openCompass} may be told. None but `dt`, `recover` and (for late rows) `reorderWindow` changes a row. */
export interface CompassOptions {
  /** Sampling interval, ps a sample, 1 to 2^28; default: from the settings XML beside each file, else 2000 with a notice. */
  readonly dt?: number;
  /** How far a row may lie behind the latest row before it in its file, ps; default 1e9 (1 ms). */
  readonly reorderWindow?: number;
  /** Keep what lies before damage and report what is lost, instead of failing. Default false. */
  readonly recover?: boolean;
  /** Go on behind the piece that came with this cursor, of the same files. Default: at their start. */
  readonly resume?: SourcePlace | undefined;
  /** Rows a table, as a target: rows at equal times stay together. Default 50 000. */
  readonly maxRows?: number;
  /** Bytes a table, as a target. Default 32 MiB. */
  readonly maxBytes?: number;
  /** Bytes read at once. Default 1 MiB. */
  readonly readBytes?: number;
  /** Where the tables' buffers come from. */
  readonly pool?: BufferPool;
  /** Charged with tables and reading buffers. */
  readonly account?: Account;
  /** Ends the reading. */
  readonly signal?: AbortSignal;
  /** Told after every read up to which byte of all files they are, of how many, and how many of these were passed over. */
  readonly progress?: (done: number, total: number, skipped?: number) => void;
  /** Told about the assumed sampling interval and about losses; default: they are written to standard error. */
  readonly notice?: (text: string) => void;
}

/** Options that have limits, with defaults. */
interface Limits {
  readonly reorderWindow: number;
  readonly maxRows: number;
  readonly maxBytes: number;
  readonly readBytes: number;
}

/**
 * The rows of the CoMPASS files `paths`, merged in time order. The same rows in the same order for any sizes of pieces
 * and reads. Files without events give no pieces.
 *
 * @throws {RangeError} On an option out of range, or a row that is later than the reorder window allows (with file, offset
 * and the window that it needs).
 * @throws {SyntaxError} On a file that is damaged, cut off, empty or no CoMPASS file (with file and byte offset), unless
 * `recover` is set.
 * @throws {TypeError} On a folder, or no paths.
 * @throws {Deno.errors.NotFound} On a missing file. {@linkcode Deno.errors.PermissionDenied} or
 * {@linkcode Deno.errors.NotCapable} on one that may not be read.
 * @throws {MemoryBudgetError} When the account is spent.
 */
export async function* openCompass(
  paths: readonly string[],
  options: CompassOptions = {},
): AsyncGenerator<CompassPiece, void, undefined> {
  const limits = checked(paths, options);
  const notice = options.notice ?? ((text: string) => console.error(text));
  const open: OpenFiles = new Set();
  const sources = paths.map((path, index) =>
    new Source(path, index, {
      dt: options.dt,
      reorderWindow: limits.reorderWindow,
      recover: options.recover ?? false,
      readBytes: limits.readBytes,
      account: options.account,
      notice,
      open,
    })
  );
  const run = new Run(sources, limits, options);
  try {
    await run.begin(options.resume);
    reportInterval(sources, notice);
    for await (const { cursor, ...piece } of run.pieces()) {
      // What comes too late for its place is left out then: that depends on what was before.
      yield options.recover || cursor === undefined ? piece : { ...piece, cursor };
    }
  } finally {
    run.dispose();
  }
}

function checked(paths: readonly string[], options: CompassOptions): Limits {
  if (paths.length === 0) throw new TypeError("Cannot read a run without files: give at least one .BIN file");
  const whole = (name: keyof Limits | "dt", fallback: number, least: number, most: number): number => {
    const value = options[name] ?? fallback;
    if (Number.isInteger(value) && value >= least && value <= most) return value;
    throw new RangeError(
      `Cannot read CoMPASS files with ${name} ${value}: it is a whole number from ${least} to ${most}`,
    );
  };
  whole("dt", DEFAULT_DT, 1, MAX_DT);
  return {
    reorderWindow: whole("reorderWindow", 1e9, 0, Number(MAX_SPAN)),
    maxRows: whole("maxRows", 50_000, 1, 2 ** 31),
    maxBytes: whole("maxBytes", 32 * 2 ** 20, 1, 2 ** 31),
    readBytes: whole("readBytes", 2 ** 20, 1, 2 ** 30),
  };
}

function reportInterval(sources: readonly Source[], notice: (text: string) => void): void {
  const guessed = sources.filter((source) => source.problem !== undefined);
  const [first] = guessed;
  if (!first) return;
  const more = guessed.length > 1 ? ` and ${guessed.length - 1} more` : "";
  notice(
    `The sampling interval of "${first.path}"${more} is assumed to be ${DEFAULT_DT} ps: ${first.problem}; ` +
      "give dt (option raw_files.dt) if it is another",
  );
}
