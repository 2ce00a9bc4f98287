// What commands have in common.

import { audit } from "../access/audit.ts";
import { Refusal } from "../http/refusal.ts";
import { openRegistry, type Registry } from "../registry.ts";

/** Run a command on a registry's folder, and write into its audit what it changed. */
export async function onRegistry<T>(
  data: string,
  action: string,
  target: string,
  work: (registry: Registry) => T | Promise<T>,
): Promise<T> {
  using registry = await openRegistry({ data });
  const row = { actor: null, token_id: null, address: "command line", action, target };
  try {
    const result = await work(registry);
    audit(registry, { ...row, status: 200, message: null });
    return result;
  } catch (error) {
    if (error instanceof Refusal) audit(registry, { ...row, status: error.status, message: error.message });
    throw error;
  }
}

/** Look something up. */
export async function inRegistry<T>(data: string, work: (registry: Registry) => T | Promise<T>): Promise<T> {
  using registry = await openRegistry({ data });
  return await work(registry);
}

/** Write a line for the user. */
export function print(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}

/** The option that all commands have. */
export const DATA = "--data <folder>";

/** ... and what it is. */
export const FOLDER = "the registry's folder";

/** Read `@scope/name@version`. @throws {SyntaxError} When it is not that. */
export function parseVersion(text: string): [scope: string, name: string, version: string] {
  const match = /^@([^/@]+)\/([^/@]+)@(.+)$/.exec(text);
  if (!match) throw new SyntaxError(`Cannot read "${text}": write @scope/name@version`);
  return [match[1]!, match[2]!, match[3]!];
}

/** Read a time from now, like `90d`. @throws {SyntaxError} When it is not that. */
export function parseExpiry(text: string, now: Date): Date {
  const match = /^(\d+)([hd])$/.exec(text);
  if (!match) {
    throw new SyntaxError(`Cannot read "${text}": write a number of hours or days, like 12h or 90d`);
  }
  return new Date(now.getTime() + Number(match[1]) * (match[2] === "h" ? 3600_000 : 86_400_000));
}
