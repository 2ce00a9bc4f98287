/**
 * Who may do what: {@linkcode authorize}.
 * @module
 */
import { isMember } from "../catalog/scopes.ts";
import { Refusal } from "../http/refusal.ts";
import type { Registry } from "../registry.ts";
import type { Action, Identity, Permission } from "./tokens.ts";

/** What a request wants to change. */
export interface Target {
  readonly action: Action;
  readonly scope: string;
  readonly package?: string;
  readonly version?: string;
  readonly archive?: string;
}

/** Whether a permission covers a target; what the permission names, the target must name too. */
export function covers(permission: Permission, target: Target): boolean {
  return (["action", "scope", "package", "version", "archive"] as const)
    .every((field) => permission[field] === undefined || permission[field] === target[field]);
}

/**
 * Let a request go on if the user belongs to the scope (or is an administrator) and the token allows it.
 *
 * @param target May lack the archive while that is not known; ask again when it is.
 * @throws {Refusal} When not.
 */
export function authorize(
  registry: Pick<Registry, "db">,
  { user, permissions }: Identity,
  target: Target,
): void {
  const name = `@${target.scope}${target.package ? `/${target.package}` : ""}${
    target.version ? `@${target.version}` : ""
  }`;
  if (!permissions.some((permission) => covers(permission, target))) {
    throw new Refusal(
      403,
      "tokenTooNarrow",
      `The token does not allow to ${target.action} ${name}; make one that does`,
    );
  }
  if (!user.admin && !isMember(registry, target.scope, user.id)) {
    throw new Refusal(
      403,
      "notMember",
      `The user "${user.name}" may not ${target.action} ${name}; ask a member of @${target.scope} to add you`,
    );
  }
}

/** Whether a request comes from an administrator, with a token that has no limits. */
export function isAdmin({ user, permissions }: Identity): boolean {
  return user.admin &&
    permissions.some((permission) => Object.values(permission).every((value) => value === undefined));
}

/** Let a request of an administrator go on. @throws {Refusal} When it is none. */
export function authorizeAdmin(identity: Identity): void {
  if (isAdmin(identity)) return;
  throw new Refusal(403, "notAdmin", "Only an administrator may do this, with a token that has no limits");
}
