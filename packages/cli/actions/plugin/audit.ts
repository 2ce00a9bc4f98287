/**
 * `millrace plugin audit`.
 * @module
 */
import { auditInstalled } from "../../installer/audit.ts";
import type { Io } from "../../io.ts";
import { printable } from "../../render/table.ts";
import { installerOf, type LockSettings, tell } from "./install.ts";

/** Check what is installed with the registries. @throws {Error} When something must not be used any more. */
export async function auditAction(settings: LockSettings, io: Io): Promise<void> {
  const installer = installerOf(settings);
  const { packages, problems, warnings } = await auditInstalled(await installer.lockPath());
  for (const warning of warnings) io.err(`millrace: ${printable(warning)}\n`);
  const text = `${packages} ${
    packages === 1 ? "package is" : "packages are"
  } in the logs of their registries\n`;
  if (settings.json || problems.length === 0) tell({ packages, problems, warnings }, text, settings, io);
  if (problems.length > 0) throw new Error(problems.map(printable).join("\n"));
}
