// Whether what a run takes from the store is there, before anything is done.
import { lineageHash } from "@millrace/core/lineage";
import type { Plan } from "@millrace/core/plan";
import {
  checkSizes,
  FolderStore,
  type StorageProblem,
  type StoredResult,
  type StoredSummary,
} from "@millrace/core/store";
import { ancestry } from "./_lineage.ts";
import { byDependency, commandOf, type PluginSettings, problemText } from "./_repair.ts";

/** How many damaged files are told of a result. */
const SHOWN = 5;

interface Damage {
  /** Folder of the store. */
  readonly store: string;
  readonly problems: readonly StorageProblem[];
}

/**
 * Look at the files of all stored results that a plan reads or gives.
 *
 * @param inputs Inputs of the run.
 * @throws {Error} When one is missing or cut: says which, and the commands that repair it, in order.
 */
export async function checkStored(
  plan: Plan,
  inputs: readonly string[],
  settings: PluginSettings & { readonly store: string },
  signal: AbortSignal,
): Promise<void> {
  const needed = new Set([
    ...plan.targets,
    ...plan.steps.flatMap(({ stored, plugin }) => stored ? [] : plugin.dependsOn),
  ]);
  const damaged = new Map<StoredSummary, Damage>();
  for (const { stored, results } of plan.steps) {
    for (const [type, result] of stored ? Object.entries(results) : []) {
      if (needed.has(type)) await look(result, damaged, signal);
    }
  }
  if (damaged.size === 0) return;
  const inOrder = await byDependency([...damaged.keys()], [...damaged.keys()], settings);
  const told: string[] = [], commands: string[] = [];
  for (const summary of inOrder) {
    const { problems } = damaged.get(summary)!;
    told.push(`"${summary.dataType}" in "${summary.folder}"`);
    for (const problem of problems.slice(0, SHOWN)) told.push(`  ${problemText(problem)}`);
    if (problems.length > SHOWN) told.push(`  and ${problems.length - SHOWN} more`);
    commands.push(`  ${await commandOf(summary, inputs, settings)}`);
  }
  const own = new FolderStore(settings.store).root;
  const isShared = [...damaged.values()].some(({ store }) => store !== own);
  throw new Error(
    [
      `Cannot take what is stored of run "${plan.runId}": damaged is`,
      ...told,
      `which is computed anew by${commands.length > 1 ? ", in this order" : ""}`,
      ...commands,
      ...isShared ? [`or into "${settings.store}" with --fresh`] : [],
    ].join("\n"),
  );
}

/** Look at a result, and where it is damaged at what it was made of: that is read to repair it. */
async function look(
  result: StoredResult,
  damaged: Map<StoredSummary, Damage>,
  signal: AbortSignal,
): Promise<void> {
  const { meta, folder = "" } = result;
  if ([...damaged.keys()].some((one) => one.folder === folder)) return;
  const problems = await checkSizes(result, signal);
  if (problems.length === 0) return;
  const store = folder.split("/").slice(0, -2).join("/") || "/";
  const { runId, dataType } = meta;
  const { lineage: made, lineageHash: hash } = meta;
  damaged.set({ runId, dataType, lineage: made, lineageHash: hash, folder, meta }, { store, problems });
  for (const [type, lineage] of ancestry(meta.lineage)) {
    const key = { runId, dataType: type, lineageHash: lineageHash(lineage) };
    const other = type === dataType ? undefined : await new FolderStore(store).open(key);
    if (other) await look(other, damaged, signal);
  }
}
