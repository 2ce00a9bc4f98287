/**
 * `millrace verify`.
 * @module
 */
import {
  type Json,
  quoted,
  SHOWN_HASH,
  type StorageProblem,
  type StoredSummary,
  verifyResult,
} from "@millrace/core/store";
import { formatBytes } from "@millrace/core/units";
import { loadPlugins, PLUGIN_SETS } from "../catalog.ts";
import { UsageError } from "../errors.ts";
import { installedList } from "../installed_plugins.ts";
import { interruptible } from "../interrupt.ts";
import type { Io } from "../io.ts";
import { openSession, type SessionOptions } from "../session.ts";
import { optionsSet, unknownPlugins } from "./_lineage.ts";
import { byDependency, commandOf, problemText, repairNotes } from "./_repair.ts";
import { hashOf, openStore, selectResults } from "./_results.ts";

/** Options of `millrace verify`. */
export interface VerifySettings extends Omit<SessionOptions, "store" | "type" | "runId"> {
  /** Compute anew what is damaged. */
  readonly repair?: true | undefined;
  /** Inputs of the run, for that, and for the commands that are told. */
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
      "Cannot repair without knowing of what: give store, run, type and the input with --input; " +
        `millrace verify ${quoted(folder)} tells what is damaged, and the commands that repair it`,
    );
  }
  const store = await openStore(folder);
  const damaged: StoredSummary[] = [];
  const told: Record<string, unknown>[] = [];
  await interruptible(io, async (signal) => {
    for (const summary of await selectResults(store, runId, type)) {
      if (summary.partial) { // the next run looks at it
        io.err(`${summary.runId}/${summary.dataType} is not complete and was left out\n`);
        continue;
      }
      const { files, bytes, problems } = await verifyResult(summary, signal);
      const name = `${summary.runId}/${summary.dataType}`;
      if (problems.length > 0) damaged.push(summary);
      told.push({ ...nameOf(summary), files, bytes, problems: problems.map(plain) });
      if (json) continue;
      const hash = hashOf(summary)?.slice(0, SHOWN_HASH) ?? "?";
      const verdict = problems.length === 0 ? "intact" : `${problems.length} damaged`;
      io.out(`${name} (${hash}): ${verdict}, ${files} files, ${formatBytes(bytes)}\n`);
      for (const problem of problems) io.out(`  ${problemText(problem)}\n`);
    }
    for (const summary of repair ? damaged : []) {
      const repaired = await repairOne(folder, summary, settings, input, signal);
      const name = `${summary.runId}/${summary.dataType}`;
      if (!json) io.out(`${name}: ${repaired.length} repaired\n`);
      told.push({ ...nameOf(summary), repaired: repaired.map(plain) });
    }
  });
  if (json) io.out(`${JSON.stringify(told, null, 2)}\n`);
  if (damaged.length > 0 && !repair) {
    const inOrder = await byDependency(damaged, await store.list(), settings);
    const commands: string[] = [];
    for (const one of inOrder) commands.push(`  ${await commandOf(one, input, settings)}`);
    throw new Error(
      `Damaged: ${
        inOrder.map(({ runId, dataType }) => `${runId}/${dataType}`).join(", ")
      }; what is damaged is ` +
        `computed anew, with the options that are stored, by${inOrder.length > 1 ? ", in this order" : ""}\n${
          commands.join("\n")
        }${repairNotes(inOrder)}`,
    );
  }
}

/** Compute what is damaged of a result anew: with the options that it was made with, unless others are set. */
async function repairOne(
  folder: string,
  summary: StoredSummary,
  settings: VerifySettings,
  input: readonly string[],
  signal: AbortSignal,
): Promise<readonly StorageProblem[]> {
  const { runId, dataType, lineage } = summary;
  const made = lineage === undefined ? undefined : await madeWith(summary, lineage, settings);
  const options: SessionOptions = { ...settings, ...made, store: folder, type: dataType, runId };
  await using session = await openSession(input, options, signal, false);
  const repaired = await session.context.repair(runId, dataType, { ...session.executors.settings, signal });
  const after = (await openStore(folder).then((store) => store.list())).find((one) =>
    one.folder === summary.folder
  );
  // Options that were set may have meant another result.
  if (after && (await verifyResult(after, signal)).problems.length === 0) return repaired;
  throw new Error(
    `Cannot repair ${runId}/${dataType} in "${summary.folder}": it was not made with what was set; leave --set out`,
  );
}

/** The plugin set and the options that a result was made with. @throws {Error} When its plugins are not there. */
async function madeWith(
  { runId, dataType }: StoredSummary,
  lineage: Json,
  settings: VerifySettings,
): Promise<Pick<SessionOptions, "plugins" | "made">> {
  const { plugin = [], plugins: named } = settings;
  const installed = await installedList(settings);
  // With modules, only the set that they are added to.
  const sets = named !== undefined || plugin.length > 0 ? [named ?? PLUGIN_SETS[0]!] : PLUGIN_SETS;
  const missing: string[][] = [];
  for (const set of sets) {
    const plugins = await loadPlugins(plugin, set);
    const unknown = unknownPlugins(lineage, plugins, installed);
    if (unknown.length === 0) return { plugins: set, made: optionsSet(lineage, plugins) };
    missing.push(unknown);
  }
  throw new Error(
    `Cannot repair ${runId}/${dataType}: it was made by ${
      missing[0]!.join(", ")
    }, not by a plugin that is here; give ` +
      "--plugin or --plugins as it was made, or compute it again with what is here: millrace run",
  );
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
