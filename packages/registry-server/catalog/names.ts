/**
 * What scopes, packages and versions may be called.
 * @module
 */
import { Refusal } from "../http/refusal.ts";
import { valid } from "../_semver.ts";

/** @throws {Refusal} When a scope may not be called that. */
export function checkScopeName(name: string): void {
  if (/^[a-z0-9](?:[a-z0-9-]{0,18}[a-z0-9])?$/.test(name) && name.length >= 2) return;
  throw new Refusal(
    400,
    "badScope",
    `Cannot use "${name}" as a scope; write 2 to 20 small letters, digits and hyphens, no hyphen at an end`,
  );
}

/** @throws {Refusal} When a package may not be called that. */
export function checkPackageName(name: string): void {
  if (/^[a-z0-9](?:[a-z0-9-]{0,56}[a-z0-9])?$/.test(name) && name.length >= 2) return;
  throw new Refusal(
    400,
    "badPackage",
    `Cannot use "${name}" as a package; write 2 to 58 small letters, digits and hyphens, no hyphen at an end`,
  );
}

/** @throws {Refusal} When it is no exact version. */
export function checkVersion(version: string): void {
  if (valid(version) === version) return;
  throw new Refusal(
    400,
    "badVersion",
    `Cannot use "${version}" as a version; write it as semver.org says, like "1.0.0" or "1.0.0-beta.1"`,
  );
}
