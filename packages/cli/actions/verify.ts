/**
 * `millrace verify`.
 * @module
 */
import { type StorageProblem, type StoredSummary, verifyResult } from "@millrace/core/store";
import { formatBytes, formatTime } from "@millrace/core/units";
import { UsageError } from "../errors.ts";
import { interruptible } from "../interrupt.ts";
import type { Io } from "../io.ts";
import { openSession, type SessionOptions } from "../session.ts";
import { openStore, selectResults, SHOWN_HASH } from "./_results.ts";

/** Options of `millrace verify`. */
export interface VerifySettings extends Omit<SessionOptions, "store" | "type" | "runId"> {
  /** Compute anew what is damaged. */
  readonly repair?: true | undefined;
  /** Inputs of the run, for that. */
  readonly input?: readonly string[] | undefined;
  /** As JSON. */
  readonly json?: true | undefined;
}

/**
 * Read all files of results and compare checksums; with `repair`, compute damaged chunks anew.
 *
 * @throws {UsageError} On a repair without a data type or inputs.
 * @throws {Error} When something is damaged and was not repaired: after telling what.
 */
export async function verifyAction(
  folder: string,
  runId: string | undefined,
  type: string | undefined,
  settings: VerifySettings,
  io: Io,
): Promise<void> {
  const { repair, input = [], json } = settings;
  if (repair && (runId === undefined || type === undefined || input.length === 0)) {
    throw new UsageError(
      "Cannot repair without knowing of what: give store, run, type and the input with --input",
    );
  }
  const store = await openStore(folder);
  const damaged: string[] = [];
  const told: Record<string, unknown>[] = [];
  await interruptible(io, async (signal) => {
    for (const summary of await selectResults(store, runId, type)) {
      if (summary.partial) { // the next run looks at it
        io.err(`${summary.runId}/${summary.dataType} is not complete and was left out\n`);
        continue;
      }
      const { files, bytes, problems } = await verifyResult(summary, signal);
      const name = `${summary.runId}/${summary.dataType}`;
      if (problems.length > 0) damaged.push(name);
      told.push({ ...nameOf(summary), files, bytes, problems: problems.map(plain) });
      if (json) continue;
      const hash = summary.lineageHash?.slice(0, SHOWN_HASH) ?? "?";
      const verdict = problems.length === 0 ? "intact" : `${problems.length} damaged`;
      io.out(`${name} (${hash}): ${verdict}, ${files} files, ${formatBytes(bytes)}\n`);
      for (const problem of problems) io.out(`  ${problemText(problem)}\n`);
    }
    if (repair && damaged.length > 0) {
      const [dataType] = type!.split("@");
      const options: SessionOptions = { ...settings, store: folder, type: dataType, runId };
      await using session = await openSession(input, options, signal, false);
      const repaired = await session.context.repair(runId!, dataType!, {
        ...session.executors.settings,
        signal,
      });
      if (!json) io.out(`${runId}/${dataType}: ${repaired.length} repaired\n`);
      told.push({ ...nameOf({ runId: runId!, dataType: dataType! }), repaired: repaired.map(plain) });
    }
  });
  if (json) io.out(`${JSON.stringify(told, null, 2)}\n`);
  if (damaged.length > 0 && !repair) {
    throw new Error(
      `Damaged: ${damaged.join(", ")}; millrace verify --repair --input FILES computes that anew`,
    );
  }
}

const nameOf = (
  { runId, dataType, lineageHash = null as never }: Pick<StoredSummary, "runId" | "dataType" | "lineageHash">,
) => ({
  runId,
  dataType,
  lineageHash,
});

function plain({ start, end, ...problem }: StorageProblem): Record<string, unknown> {
  return { ...problem, ...(start === undefined ? {} : { start: String(start), end: String(end) }) };
}

function problemText({ file, chunk, start, end, message }: StorageProblem): string {
  if (chunk === undefined) return `${file}: ${message}`;
  return `${file}, chunk ${chunk} [${formatTime(start!)} .. ${formatTime(end!)}): ${message}`;
}
