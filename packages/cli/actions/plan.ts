/**
 * `millrace plan`.
 * @module
 */
import type { Io } from "../io.ts";
import { openSession, type SessionOptions } from "../session.ts";

/** Options of `millrace plan`. */
export interface PlanSettings extends SessionOptions {
  /** As JSON. */
  readonly json?: true | undefined;
}

/** Print what would be done. @throws {Error} On a request that cannot be planned. */
export async function planAction(inputs: readonly string[], settings: PlanSettings, io: Io): Promise<void> {
  await using session = await openSession(inputs, settings);
  const { plan } = session;
  io.out(settings.json ? `${JSON.stringify(plan, null, 2)}\n` : `${plan}\n`);
}
