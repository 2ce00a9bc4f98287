/**
 * `millrace plan`.
 * @module
 */
import type { Plan } from "@millrace/core/plan";
import { FolderStore, type PartialResult } from "@millrace/core/store";
import { formatTime } from "@millrace/core/units";
import type { Io } from "../io.ts";
import { formatCount } from "../render/numbers.ts";
import { openSession, type SessionOptions, tellUnused } from "../session.ts";

/** Options of `millrace plan`. */
export interface PlanSettings extends SessionOptions {
  /** As JSON. */
  readonly json?: true | undefined;
}

/** Print what would be done. @throws {Error} On a request that cannot be planned. */
export async function planAction(inputs: readonly string[], settings: PlanSettings, io: Io): Promise<void> {
  await using session = await openSession(inputs, settings);
  const { plan } = session;
  tellUnused(session, io);
  const { store, fresh, json } = settings;
  const kept = store === undefined || fresh ? [] : await keptOf(plan, store);
  if (json) {
    const partial = kept.map(({ dataType, partial: { end, rows } }) => ({
      dataType,
      end: String(end),
      rows,
    }));
    return io.out(`${JSON.stringify({ ...plan.toJSON() as object, partial }, null, 2)}\n`);
  }
  io.out(`${plan}\n`);
  for (const { dataType, partial: { end, rows } } of kept) {
    const what = `${dataType} up to ${formatTime(end!)}, ${formatCount(rows)} rows`;
    io.out(`Kept of an interrupted run: ${what}; millrace run goes on from there\n`);
  }
}

/** What an interrupted run left of the wanted types, with the same lineage. */
async function keptOf(plan: Plan, folder: string): Promise<{ dataType: string; partial: PartialResult }[]> {
  const all = await new FolderStore(folder).list();
  return plan.targets.flatMap((dataType) => {
    const { stored, hashes } = plan.step(dataType);
    const found = all.find(({ runId, dataType: type, lineageHash, partial }) =>
      runId === plan.runId && type === dataType && lineageHash === hashes[dataType] &&
      partial?.end !== undefined
    );
    return stored || !found ? [] : [{ dataType, partial: found.partial! }];
  });
}
