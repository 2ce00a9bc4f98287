/**
 * `millrace gc`.
 * @module
 */
import { type Leftover, leftoversOf, removeLeftovers, type StoredSummary } from "@millrace/core/store";
import { formatBytes, parseBytes } from "@millrace/core/units";
import type { Plugin } from "@millrace/core/plugin";
import { loadPlugins, PLUGIN_SETS } from "../catalog.ts";
import { usage, UsageError } from "../errors.ts";
import { installedList, type InstalledSettings } from "../installed_plugins.ts";
import type { Io } from "../io.ts";
import { unknownPlugins } from "./_lineage.ts";
import {
  bytesIn,
  createdOf,
  openStore,
  resultJson,
  resultTable,
  selectResults,
  stateOf,
} from "./_results.ts";

/** Options of `millrace gc`. */
export interface GcSettings extends InstalledSettings {
  /** Results of one run alone. */
  readonly run?: string | undefined;
  /** Results that were finished, or begun, longer ago. */
  readonly olderThan?: string | undefined;
  /** The oldest ones, until what remains takes at most so much. */
  readonly maxSize?: string | undefined;
  /** Results whose plugins are not there, or in another version. */
  readonly unreachable?: true | undefined;
  /** Results of which there is a later one of the same run and data type. */
  readonly superseded?: true | undefined;
  /** Results that are not complete. */
  readonly incomplete?: true | undefined;
  /** Results that cannot be read. */
  readonly unreadable?: true | undefined;
  /** What ended processes left beside results. */
  readonly leftovers?: true | undefined;
  /** Modules with plugins. */
  readonly plugin?: readonly string[] | undefined;
  /** Set of built-in plugins that these are added to. */
  readonly plugins?: string | undefined;
  /** Remove them. */
  readonly yes?: true | undefined;
  /** Only tell, as without `yes`. */
  readonly dryRun?: true | undefined;
  /** As JSON. */
  readonly json?: true | undefined;
}

const UNITS: Readonly<Record<string, number>> = { s: 1e3, min: 6e4, h: 36e5, d: 864e5, w: 6048e5 };

/**
 * Tell which results are no longer needed, by what was asked for, and with `yes` remove them.
 *
 * @throws {UsageError} Without any condition, or on one that says nothing.
 * @throws {Error} On what is not there, cannot be removed, or is being written.
 */
export async function gcAction(
  folder: string,
  settings: GcSettings,
  io: Io,
  now = Date.now(),
): Promise<void> {
  const { olderThan, maxSize, unreachable, superseded, incomplete, unreadable, leftovers, yes, json } =
    settings;
  if (yes && settings.dryRun) {
    throw new UsageError("Cannot both remove and only tell: give --yes or --dry-run");
  }
  if (
    [olderThan, maxSize, unreachable, superseded, incomplete, unreadable, leftovers].every((one) =>
      one === undefined
    )
  ) {
    throw new UsageError(
      "Cannot tell what to remove: give a condition, such as --older-than 30d or --superseded",
    );
  }
  const age = olderThan === undefined ? undefined : ageOf(olderThan);
  const most = maxSize === undefined ? undefined : usage(() => parseBytes(maxSize));
  const store = await openStore(folder);
  const beside = new Map<Leftover, number>();
  for (const one of leftovers ? await leftoversOf(store) : []) {
    if (settings.run === undefined || one.runId === settings.run) {
      beside.set(one, (await bytesIn(one.folder)).bytes);
    }
  }
  // A store may have nothing else.
  const all = beside.size > 0 && (await store.list()).length === 0
    ? []
    : await selectResults(store, settings.run);
  const sets = unreachable ? await pluginSets(settings) : [];
  const installed = unreachable ? await installedList(settings) : [];
  const sizes = new Map<StoredSummary, number>();
  for (const one of all) sizes.set(one, (await bytesIn(one.folder)).bytes);
  const why = new Map<StoredSummary, string>();
  const mark = (one: StoredSummary, reason: string) => why.has(one) || why.set(one, reason);
  for (const one of all) {
    const created = Date.parse(createdOf(one));
    if (age !== undefined && now - created > age) mark(one, `older than ${olderThan}`);
    if (incomplete && one.partial) mark(one, "incomplete");
    if (unreadable && one.problem !== undefined) mark(one, "unreadable");
    const unknown = one.meta
      ? sets.map((plugins) => unknownPlugins(one.meta!.lineage, plugins, installed))
      : [];
    if (unknown.length > 0 && unknown.every(({ length }) => length > 0)) {
      mark(one, `unreachable: ${unknown[0]!.join(", ")}`);
    }
    if (superseded && one.meta && all.some((other) => isLater(other, one))) mark(one, "superseded");
  }
  if (most !== undefined) {
    let left = all.reduce((sum, one) => sum + (why.has(one) ? 0 : sizes.get(one)!), 0);
    for (const one of all.toSorted((a, b) => createdOf(a) < createdOf(b) ? -1 : 1)) {
      if (left <= most) break;
      if (why.has(one)) continue;
      mark(one, `over ${maxSize}`);
      left -= sizes.get(one)!;
    }
  }
  const left: string[] = [];
  for (const one of yes ? [...why.keys()] : []) {
    try {
      await store.remove(one);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      left.push(error.message);
      why.delete(one);
    }
  }
  for (const one of yes ? beside.keys() : []) await removeLeftovers(store, one);
  const chosen = [...why.keys()];
  const bytes = [...chosen.map((one) => sizes.get(one)!), ...beside.values()].reduce((a, b) => a + b, 0);
  tell(chosen, why, sizes, beside, bytes, { yes, json, nothing: left.length === 0 }, io);
  if (left.length > 0) throw new Error(left.join("\n"));
}

function tell(
  chosen: readonly StoredSummary[],
  why: ReadonlyMap<StoredSummary, string>,
  sizes: ReadonlyMap<StoredSummary, number>,
  beside: ReadonlyMap<Leftover, number>,
  bytes: number,
  { yes, json, nothing }: Pick<GcSettings, "yes" | "json"> & { readonly nothing: boolean },
  io: Io,
): void {
  if (json) {
    const results = chosen.map((one) => ({
      ...resultJson(one),
      onDisk: sizes.get(one),
      reason: why.get(one),
    }));
    const leftovers = [...beside].map(([{ runId, folder }, onDisk]) => ({ runId, folder, onDisk }));
    return io.out(`${JSON.stringify({ removed: yes ?? false, bytes, results, leftovers }, null, 2)}\n`);
  }
  if (chosen.length + beside.size === 0) return nothing ? io.out("Nothing to remove\n") : undefined;
  if (chosen.length > 0) io.out(resultTable(chosen));
  for (const [one, reason] of why) {
    io.out(`${yes ? "Removed" : "Would remove"} ${one.runId}/${one.dataType} (${stateOf(one)}): ${reason}\n`);
  }
  for (const { folder } of beside.keys()) {
    io.out(`${yes ? "Removed" : "Would remove"} ${folder}: left over\n`);
  }
  io.out(`${formatBytes(bytes)} ${yes ? "freed" : "would be freed; nothing was removed: add --yes"}\n`);
}

function ageOf(text: string): number {
  const [, count, unit] = /^(\d+(?:\.\d+)?)\s*(s|min|h|d|w)$/.exec(text.trim()) ?? [];
  if (count === undefined) {
    throw new UsageError(`Cannot use "${text}" as an age: give a number with s, min, h, d or w`);
  }
  return Number(count) * UNITS[unit!]!;
}

/** Whether `other` is a complete result of the same run and data type that was finished later. */
function isLater(other: StoredSummary, { runId, dataType, meta, folder }: StoredSummary): boolean {
  return other.runId === runId && other.dataType === dataType && other.meta !== undefined &&
    other.folder !== folder &&
    (other.meta.created > meta!.created || (other.meta.created === meta!.created && other.folder > folder));
}

/** The plugins that are there, those of the chosen set with the user's first: no set's results are unreachable. */
async function pluginSets({ plugin, plugins = PLUGIN_SETS[0]! }: GcSettings): Promise<(readonly Plugin[])[]> {
  const others = PLUGIN_SETS.filter((set) => set !== plugins);
  return [
    await loadPlugins(plugin, plugins),
    ...await Promise.all(others.map((set) => loadPlugins([], set))),
  ];
}
