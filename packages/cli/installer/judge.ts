/**
 * What the user must agree to before a proposal is installed: {@linkcode judge}.
 * @module
 */
import { type PublicKey, VerificationError } from "@millrace/registry-server/verify";
import { DEFAULT_LIMITS, type Grants, type SandboxLimits } from "@millrace/executor/sandbox";
import { compareVersions } from "@millrace/registry-server/client";
import { grantsBeyond } from "./grants.ts";
import type { Lock, LockedPlugin } from "./lock_file.ts";
import type { PackageFiles } from "./package_files.ts";
import type { Proposal } from "./propose.ts";

/** What the user allowed beforehand. */
export interface Allowed {
  /** Take packages that no trusted publisher signed. */
  readonly unverified?: boolean;
  /** Take an older version than the one that is installed. */
  readonly downgrade?: boolean;
}

/** What is to be agreed to. */
export interface Judgement {
  /** Keys of publishers that are new, by scope: to be trusted from now on. */
  readonly newKeys: Readonly<Record<string, readonly PublicKey[]>>;
  /** What it would be granted beyond what it is granted now. */
  readonly added: Grants;
  /** Limits that it wants raised beyond what it has now, as `export: name=value`. */
  readonly raised: readonly string[];
  /** What it is granted now and wants no more. */
  readonly removed: Grants;
  /** Whether it is not installed yet, from there. */
  readonly isNew: boolean;
}

/**
 * Compare a proposal with what is installed and trusted.
 *
 * @throws {VerificationError} When it is not signed by whom the user trusts, and nothing may be asked about that.
 * @throws {RangeError} On an older version than is installed.
 */
export function judge(proposal: Proposal, lock: Lock, allowed: Allowed): Judgement {
  const { plugin, before } = proposal;
  const newKeys: Record<string, PublicKey[]> = {};
  for (const each of proposal.packages) {
    const key = newKeyOf(each, lock, allowed);
    if (!key) continue;
    const keys = newKeys[each.scope!] ??= [];
    if (!keys.some(({ id }) => id === key.id)) keys.push(key);
  }
  if ((plugin.kind === "url" || plugin.kind === "npm") && !allowed.unverified) {
    const place = plugin.kind === "url" ? "what is at a plain URL" : "packages of npm";
    throw new VerificationError(
      `Cannot install ${proposal.name}: nobody signs ${place}; take it all the same with --allow-unverified`,
    );
  }
  if (
    before && before.kind === plugin.kind && isOlder(plugin.version, before.version) && !allowed.downgrade
  ) {
    throw new RangeError(
      `Cannot install ${proposal.name} ${plugin.version}: ${before.version} is installed, which is newer${
        proposal.withdrawn === undefined ? "" : ` (and ${proposal.withdrawn})`
      }; go back with --allow-downgrade`,
    );
  }
  const same = before && before.kind === plugin.kind &&
    (plugin.kind !== "registry" || before.from === plugin.from);
  const granted = same ? before.granted : {};
  return {
    newKeys,
    added: grantsBeyond(plugin.wanted, granted),
    raised: raisedLimits(plugin.plugins, same ? before.plugins : {}),
    removed: grantsBeyond(granted, plugin.wanted),
    isNew: !same,
  };
}

/** Limits above the usual ones and above those of before, as `export: name=value`. */
export function raisedLimits(
  plugins: LockedPlugin["plugins"],
  before: LockedPlugin["plugins"] = {},
): string[] {
  return Object.entries(plugins).flatMap(([exported, { limits }]) =>
    Object.entries(limits).flatMap(([name, value]) => {
      const limit = name as keyof SandboxLimits;
      const now = Math.max(DEFAULT_LIMITS[limit], before[exported]?.limits[limit] ?? 0);
      return value > now ? [`${exported}: ${name}=${value}`] : [];
    })
  );
}

function newKeyOf(each: PackageFiles, lock: Lock, allowed: Allowed): PublicKey | undefined {
  if (each.trust !== "unverified") return undefined;
  const { id, scope, offered, strange } = each;
  const trusted = lock.publishers[scope!] ?? [];
  if (trusted.length > 0) {
    const by = strange === undefined ? "no publisher signed it" : `it is signed with the key ${strange}`;
    throw new VerificationError(
      `Cannot trust ${id}: ${by}, and of @${scope} only ${
        trusted.map(({ id }) => id).join(", ")
      } is trusted. If its ` +
        `publisher says that this is right: millrace plugin trust @${scope} PUBLIC_KEY`,
    );
  }
  if (offered) return offered;
  if (allowed.unverified) return undefined;
  const why = strange === undefined
    ? "the registry alone vouches for it, no publisher signed it"
    : `it is signed with the key ${strange}, which the registry does not have`;
  throw new VerificationError(
    `Cannot trust ${id}: it is unverified: ${why}. Ask its publisher to sign it (millrace registry sign), or take it all ` +
      "the same with --allow-unverified",
  );
}

/** The packages of a plugin as they are locked: what is signed with a key that was agreed to is verified. */
export function agreedPackages(
  { plugin, packages }: Pick<Proposal, "plugin" | "packages">,
  keys: Judgement["newKeys"],
): LockedPlugin["packages"] {
  const isAgreed = ({ scope, offered }: PackageFiles) =>
    offered !== undefined && keys[scope!]?.some(({ id }) => id === offered.id);
  return Object.fromEntries(
    packages.map((each) => {
      const locked = plugin.packages[each.id]!;
      return [each.id, isAgreed(each) ? { ...locked, trust: "verified", publisher: each.publisher } : locked];
    }),
  );
}

/** Whether a version is older than another one; what is no semantic version is never. */
export function isOlder(version: string, other: string): boolean {
  const isVersion = (text: string) => /^\d+\.\d+\.\d+/.test(text);
  if (!isVersion(version) || !isVersion(other) || version === other) return false;
  return compareVersions(version, other) < 0;
}
