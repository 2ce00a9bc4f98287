/**
 * What an update would be allowed beyond what is allowed now: {@linkcode permissionDiff}.
 * @module
 */
import type { PluginDeclaration, PluginPermission } from "./section.ts";

/** Permissions of a package, each once. */
export interface PermissionDiff {
  /** Wanted now and not before. */
  readonly added: readonly PluginPermission[];
  /** Wanted before and not now. */
  readonly removed: readonly PluginPermission[];
  /** Wanted before and now. */
  readonly kept: readonly PluginPermission[];
}

const key = ({ name, value }: PluginPermission) => `${name}=${value}`;

function all(plugins: Readonly<Record<string, PluginDeclaration>>): Map<string, PluginPermission> {
  return new Map(
    Object.values(plugins).flatMap(({ permissions }) => permissions.map((each) => [key(each), each])),
  );
}

/**
 * Compare the permissions of two versions by name and value; a reason may change.
 *
 * ```ts
 * import { permissionDiff } from "./permission_diff.ts";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(permissionDiff({}, {}), { added: [], removed: [], kept: [] });
 * ```
 */
export function permissionDiff(
  before: Readonly<Record<string, PluginDeclaration>>,
  after: Readonly<Record<string, PluginDeclaration>>,
): PermissionDiff {
  const [old, now] = [all(before), all(after)];
  return {
    added: [...now].filter(([each]) => !old.has(each)).map(([, permission]) => permission),
    removed: [...old].filter(([each]) => !now.has(each)).map(([, permission]) => permission),
    kept: [...now].filter(([each]) => old.has(each)).map(([, permission]) => permission),
  };
}
